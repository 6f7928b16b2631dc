"""Forget a person: their pseudonym leads nowhere any more, so that visits and readings stay counted and are nobody's."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, or_, update
from sqlmodel import col

from services.stations.tables import Person, Referral, SamePerson
from shared.contracts.stations import ReadingsErased
from shared.erasure import forget
from shared.unit import Unit


class ErasePerson(BaseModel):
    """The person whose `records` (resident ids) these are is to be forgotten; `erasure_id` is what registration calls it."""

    model_config = ConfigDict(frozen=True)

    erasure_id: UUID
    records: tuple[UUID, ...]


def erase_person(command: ErasePerson, unit: Unit) -> None:
    """Cut what led from the resident to the pseudonym and to referrals, and say that it is done."""
    for resident_id in command.records:
        forget(unit.cursor(), resident_id, unit.now)
    unit.session.exec(delete(Person).where(col(Person.resident_id).in_(command.records)))
    links = or_(col(SamePerson.merged).in_(command.records), col(SamePerson.kept).in_(command.records))
    unit.session.exec(delete(SamePerson).where(links))
    unit.session.exec(update(Referral).where(col(Referral.resident_id).in_(command.records)).values(resident_id=None))
    unit.emit(ReadingsErased(erasure_id=command.erasure_id))
