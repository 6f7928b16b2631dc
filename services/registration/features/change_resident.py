"""Correct what is written down of a resident."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registration.domain.people import Need, Sex
from services.registration.features import Command, problems
from services.registration.features.access_log import note
from services.registration.features.finding import make_findable
from services.registration.features.mobile import Landline, Mobile
from services.registration.features.person import Neighbourhood, PersonName, Street, identity
from services.registration.features.register_resident import flush_unless_taken, phone_mark_of, refuse_taken
from services.registration.tables import Resident
from shared.auth import Principal
from shared.clock import SHANGHAI
from shared.contracts.registration import ResidentChanged
from shared.unit import Unit
from shared.web import phrase

UNKNOWN = phrase("没有找到这位居民，请核对。")


class Corrections(Command):
    """What is true of a resident from now on. What is left out stays; empty takes away, except name and street."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"phone": "13800138000", "neighbourhood": "小桃园居委", "needs": ["call_not_text"]}}
    )

    name: PersonName | None = None
    phone: Mobile | None = None
    landline: Landline | None = None
    id_number: str | None = None
    street: Street | None = None
    neighbourhood: Neighbourhood | None = None
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    sex: Sex | None = None
    needs: frozenset[Need] | None = None


class ChangeResident(Corrections):
    """These corrections are made of the resident's record."""

    resident_id: UUID
    by: Principal


def change_resident(command: ChangeResident, unit: Unit) -> Resident:
    """Write the change down, make the resident findable by it, and tell notify how they are reached now."""
    resident = lock_resident(command.resident_id, unit)
    keys, given = unit.keys, command.model_fields_set
    id_text = keys.decrypt(resident.id_number, "resident.id_number") if resident.id_number else ""
    known = identity(
        id_text if command.id_number is None else command.id_number,
        birth_year=command.birth_year,
        sex=command.sex,
        today=unit.now.astimezone(SHANGHAI).date(),
    )
    id_mark = keys.fingerprint(known.text, "resident.id_number") if known else None
    phone_mark = resident.phone_mark if command.phone is None else phone_mark_of(command.phone, unit)
    refuse_taken(phone_mark, id_mark, unit, but=resident.id)
    if command.name is not None:
        resident.name = keys.encrypt(command.name, "resident.name")
    if command.phone is not None and phone_mark != resident.phone_mark:
        resident.phone, resident.phone_mark = keys.encrypt(command.phone, "resident.phone") if command.phone else "", phone_mark
    if command.landline is not None:
        resident.landline = keys.encrypt(command.landline, "resident.landline") if command.landline else ""
    if id_mark != resident.id_mark:
        resident.id_number, resident.id_mark = keys.encrypt(known.text, "resident.id_number") if known else "", id_mark
    resident.street = command.street or resident.street
    resident.neighbourhood = resident.neighbourhood if command.neighbourhood is None else command.neighbourhood
    resident.needs = resident.needs if command.needs is None else sorted(command.needs)
    if known is not None:
        resident.birth_year, resident.sex = known.born_on.year, known.sex
    else:
        resident.birth_year = command.birth_year if "birth_year" in given else resident.birth_year
        resident.sex = command.sex if "sex" in given else resident.sex
    flush_unless_taken(unit)
    make_findable(resident, unit)
    note(unit, who=command.by, resident_id=resident.id, action="changed")
    unit.emit(changed(resident, unit))
    return resident


def lock_resident(resident_id: UUID, unit: Unit) -> Resident:
    """The resident, locked; refused when unknown, or merged into somebody else."""
    resident = unit.session.get(Resident, resident_id, with_for_update=True, populate_existing=True)
    if resident is None:
        raise problems.UnknownResident(UNKNOWN)
    if resident.merged_into is not None:
        raise problems.MergedAway(phrase("这份资料已经并到另一份里了，请在那一份上办。"), kept=str(resident.merged_into))
    return resident


def changed(resident: Resident, unit: Unit) -> ResidentChanged:
    """How the resident is reached now."""

    def sealed(kept: str, field: str) -> str:
        return unit.keys.seal("notify", unit.keys.decrypt(kept, field)) if kept else ""

    return ResidentChanged(
        resident_id=resident.id,
        street=resident.street,
        phone=sealed(resident.phone, "resident.phone"),
        name=sealed(resident.name, "resident.name"),
        landline=sealed(resident.landline, "resident.landline"),
        calls="call_not_text" in resident.needs,
        neighbourhood=unit.keys.seal("notify", resident.neighbourhood) if resident.neighbourhood else "",
    )
