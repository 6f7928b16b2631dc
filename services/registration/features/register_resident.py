"""Write down a resident who wants to take part, with what they agree to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.registration.domain.people import Channel, Need, Purpose, Sex
from services.registration.features import Command, problems
from services.registration.features.finding import make_findable
from services.registration.features.mobile import Landline, Mobile
from services.registration.features.person import Neighbourhood, PersonName, Street, identity
from services.registration.features.wordings import wording_of
from services.registration.tables import Consent, Resident
from shared.clock import SHANGHAI
from shared.contracts.registration import ResidentRegistered
from shared.unit import Unit
from shared.web import phrase

TAKEN = phrase("这个手机号已经登记过了，不用再登记，直接报名就行；要是号码换了主人，请到居委会改一下。")
ID_TAKEN = phrase("这个身份证号已经登记过了，请在居民里查一查，不用再登记。")


class RegisterResident(Command):
    """A person: name, mobile (empty: none), the street they belong to, and the purposes they consent to.

    Birth year and sex are read from the identity number when it is given. `given_by` is who wrote it down.
    """

    name: PersonName
    phone: Mobile = ""
    landline: Landline = ""
    id_number: str = ""
    street: Street
    neighbourhood: Neighbourhood = ""
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    sex: Sex | None = None
    needs: frozenset[Need] = frozenset()
    consents: frozenset[Purpose] = frozenset()
    channel: Channel = "staff"
    given_by: UUID | None = None


def register_resident(command: RegisterResident, unit: Unit) -> Resident:
    """Keep what is theirs alone encrypted; refuse a phone or an identity number that somebody has."""
    known = identity(
        command.id_number, birth_year=command.birth_year, sex=command.sex, today=unit.now.astimezone(SHANGHAI).date()
    )
    phone_mark = phone_mark_of(command.phone, unit)
    id_mark = unit.keys.fingerprint(known.text, "resident.id_number") if known else None
    refuse_taken(phone_mark, id_mark, unit)
    resident = Resident(
        name=unit.keys.encrypt(command.name, "resident.name"),
        phone=unit.keys.encrypt(command.phone, "resident.phone") if command.phone else "",
        phone_mark=phone_mark,
        landline=unit.keys.encrypt(command.landline, "resident.landline") if command.landline else "",
        id_number=unit.keys.encrypt(known.text, "resident.id_number") if known else "",
        id_mark=id_mark,
        street=command.street,
        neighbourhood=command.neighbourhood,
        birth_year=known.born_on.year if known else command.birth_year,
        sex=known.sex if known else command.sex,
        needs=sorted(command.needs),
        registered_at=unit.now,
    )
    unit.add(resident)
    flush_unless_taken(unit)
    make_findable(resident, unit)
    for purpose in sorted(command.consents):
        wording = wording_of(purpose)
        unit.add(
            Consent(
                resident_id=resident.id,
                purpose=purpose,
                text_version=wording.version,
                wording=wording.mark,
                channel=command.channel,
                given_at=unit.now,
                given_by=command.given_by or resident.id,
            )
        )
    unit.emit(
        ResidentRegistered(
            resident_id=resident.id,
            street=resident.street,
            phone=unit.keys.seal("notify", command.phone),
            consents=tuple(sorted(command.consents)),
            name=unit.keys.seal("notify", command.name),
            landline=unit.keys.seal("notify", command.landline),
            calls="call_not_text" in command.needs,
            neighbourhood=unit.keys.seal("notify", command.neighbourhood) if command.neighbourhood else "",
        )
    )
    return resident


def phone_mark_of(phone: str, unit: Unit) -> str | None:
    """The keyed hash of a mobile number; None for none."""
    return unit.keys.fingerprint(phone, "resident.phone") if phone else None


def refuse_taken(phone_mark: str | None, id_mark: str | None, unit: Unit, *, but: UUID | None = None) -> None:
    """Refuse numbers that somebody has, unless it is the resident with the id `but`."""
    for mark, column, refusal in (
        (phone_mark, Resident.phone_mark, problems.PhoneTaken(TAKEN)),
        (id_mark, Resident.id_mark, problems.IdNumberTaken(ID_TAKEN)),
    ):
        if mark and unit.session.exec(select(Resident.id).where(col(column) == mark)).one_or_none() not in (None, but):
            raise refusal


def flush_unless_taken(unit: Unit) -> None:
    """Write residents out; refuse when somebody took the same number in the same moment."""
    try:
        unit.session.flush()
    except IntegrityError as error:
        if "resident_has_own_id_number" in str(error.orig):
            raise problems.IdNumberTaken(ID_TAKEN) from None
        raise problems.PhoneTaken(TAKEN) from None


def resident_with_phone(mark: str, unit: Unit) -> Resident | None:
    """Who has the phone with this keyed hash: of two merged records, the one that stays."""
    found = unit.session.exec(select(Resident).where(col(Resident.phone_mark) == mark)).one_or_none()
    return survivor(found, unit) if found is not None else None


def records_of(resident_id: UUID, unit: Unit) -> list[UUID]:
    """The person's record, and those that were merged into it, also one by one."""
    found = [resident_id]
    for record in found:
        merged = select(Resident.id).where(col(Resident.merged_into) == record).order_by(col(Resident.id))
        found.extend(unit.session.exec(merged))
    return found


def survivor(resident: Resident, unit: Unit) -> Resident:
    """The record that stands for this person now."""
    while resident.merged_into is not None:
        resident = unit.get(Resident, resident.merged_into)
    return resident
