"""Who acts for whom, who lives together, and who looked at a record, as pages and interface show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, or_, select

from services.registration.domain.people import Ground, Relation, masked_name
from services.registration.features.access_log import WHY
from services.registration.projections.people import name_of
from services.registration.tables import AccessNote, Authority, Resident
from shared.unit import Unit

NOTES = 200


class Carer(NamedTuple):
    """An authority in force, with the person at its other end; what is left with merged records is nobody's any more."""

    authority_id: UUID
    resident_id: UUID
    name: str
    relation: Relation
    ground: Ground
    given_at: datetime


class Looked(NamedTuple):
    """A line of the access log, in the person's own words: who, when, what, why."""

    kind: str
    role: str
    name: str
    action: str
    why: str
    at: datetime


def carers_of(resident_id: UUID, unit: Unit) -> list[Carer]:
    """Who acts for the resident."""
    return _in_force(resident_id, unit, mine=Authority.elder_id, other=Authority.carer_id)


def elders_of(resident_id: UUID, unit: Unit) -> list[Carer]:
    """Whom the resident acts for."""
    return _in_force(resident_id, unit, mine=Authority.carer_id, other=Authority.elder_id)


def _in_force(resident_id: UUID, unit: Unit, *, mine: Any, other: Any) -> list[Carer]:
    found = (
        select(Authority, Resident)
        .join(Resident, col(Resident.id) == other)
        .where(mine == resident_id, col(Authority.ended_at).is_(None), col(Resident.merged_into).is_(None))
        .order_by(col(Authority.given_at))
    )
    return [
        Carer(given.id, person.id, name_of(person, unit), given.relation, given.ground, given.given_at)
        for given, person in unit.session.exec(found)
    ]


def lives_with(resident: Resident, unit: Unit) -> list[tuple[UUID, str]]:
    """The others of the resident's household, id and name."""
    if resident.household_id is None:
        return []
    found = select(Resident).where(
        col(Resident.household_id) == resident.household_id,
        col(Resident.id) != resident.id,
        col(Resident.merged_into).is_(None),
    )
    return [(other.id, name_of(other, unit)) for other in unit.session.exec(found.order_by(col(Resident.id)))]


def access_log(resident_id: UUID, unit: Unit) -> list[Looked]:
    """Who looked at or changed the record, and those merged into it; the newest first. Staff by role, other residents by name."""
    merged = select(Resident.id).where(col(Resident.merged_into) == resident_id)
    found = (
        select(AccessNote)
        .where(or_(col(AccessNote.resident_id) == resident_id, col(AccessNote.resident_id).in_(merged)))
        .order_by(col(AccessNote.id).desc())
        .limit(NOTES)
    )
    return [
        Looked(
            kind=line.who_kind,
            role=line.role,
            name=_who(line, unit),
            action=line.action,
            why=unit.keys.decrypt(line.why, WHY) if line.why else "",
            at=line.at,
        )
        for line in unit.session.exec(found)
    ]


def _who(line: AccessNote, unit: Unit) -> str:
    person = unit.find(Resident, line.who_id) if line.who_kind == "resident" else None
    return masked_name(name_of(person, unit)) if person else ""
