"""Write down a resident who wants to take part, with what they agree to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.registration.domain.people import CONSENT_VERSION, Channel, Purpose
from services.registration.features import Command, problems
from services.registration.features.mobile import Mobile
from services.registration.tables import Consent, Resident
from shared.contracts.registration import ResidentRegistered
from shared.unit import Unit
from shared.web import phrase

TAKEN = phrase("这个手机号已经登记过了，不用再登记，直接报名就行；要是号码换了主人，请到居委会改一下。")

PersonName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f<>]+$")]
Street = Annotated[str, StringConstraints(pattern=r"^\d{9}$")]


class RegisterResident(Command):
    """A person: name, mobile (empty: none), the street they belong to, and the purposes they consent to."""

    name: PersonName
    phone: Mobile = ""
    street: Street
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    consents: frozenset[Purpose] = frozenset()
    channel: Channel = "staff"


def register_resident(command: RegisterResident, unit: Unit) -> Resident:
    """Keep name and phone encrypted; refuse a number that somebody has."""
    mark = unit.keys.fingerprint(command.phone, "resident.phone") if command.phone else None
    if mark and resident_with_phone(mark, unit) is not None:
        raise problems.PhoneTaken(TAKEN)
    resident = Resident(
        name=unit.keys.encrypt(command.name, "resident.name"),
        phone=unit.keys.encrypt(command.phone, "resident.phone") if command.phone else "",
        phone_mark=mark,
        street=command.street,
        birth_year=command.birth_year,
        registered_at=unit.now,
    )
    unit.add(resident)
    try:
        unit.session.flush()
    except IntegrityError:
        raise problems.PhoneTaken(TAKEN) from None
    for purpose in sorted(command.consents):
        unit.add(
            Consent(
                resident_id=resident.id, purpose=purpose, text_version=CONSENT_VERSION, channel=command.channel, given_at=unit.now
            )
        )
    unit.emit(
        ResidentRegistered(
            resident_id=resident.id,
            street=resident.street,
            phone=unit.keys.seal("notify", command.phone),
            consents=tuple(sorted(command.consents)),
        )
    )
    return resident


def resident_with_phone(mark: str, unit: Unit) -> Resident | None:
    """Who has the phone with this keyed hash."""
    return unit.session.exec(select(Resident).where(col(Resident.phone_mark) == mark)).one_or_none()
