"""Follow registration when two records turn out to be one person's, so that the person is counted once (人数).

From the merge on, visits with either record's card are kept, and told, under the kept record's pseudonym, if that record
consents. What was measured before keeps the pseudonym that it was told with: months already counted and reported stay as they
were, here and in reports alike, and taking the merge back has nothing to divide. The merged record's pseudonym waits for that.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select

from services.stations.tables import SamePerson
from shared.unit import Unit


class LinkRecords(BaseModel):
    """`merged` is the same person as `kept`; both are resident ids."""

    model_config = ConfigDict(frozen=True)

    merged: UUID
    kept: UUID


class UnlinkRecords(BaseModel):
    """`merged` stands for itself again."""

    model_config = ConfigDict(frozen=True)

    merged: UUID


def link_records(command: LinkRecords, unit: Unit) -> None:
    """Write the link down; the latest word counts."""
    unit.session.merge(SamePerson(merged=command.merged, kept=command.kept))


def unlink_records(command: UnlinkRecords, unit: Unit) -> None:
    """Take it out."""
    link = unit.find(SamePerson, command.merged)
    if link is not None:
        unit.session.delete(link)


def records_of(resident_id: UUID, unit: Unit) -> list[UUID]:
    """The record itself, and all that were merged into it."""
    found = [resident_id]
    for record in found:
        merged = select(SamePerson.merged).where(col(SamePerson.kept) == record).order_by(col(SamePerson.merged))
        found.extend(each for each in unit.session.exec(merged) if each not in found)
    return found
