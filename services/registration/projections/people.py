"""Residents as pages and interface show them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from services.registration.domain.people import PURPOSES, masked_name, masked_phone
from services.registration.tables import Consent, Resident
from shared.unit import Unit

PAGE = 50


class Person(NamedTuple):
    """A resident as staff see them in lists."""

    id: UUID
    name: str
    phone: str
    birth_year: int | None
    street: str
    registered_at: datetime


def consents_of(resident_id: UUID, unit: Unit) -> dict[str, bool]:
    """Each purpose, and whether the resident consents to it now."""
    given = select(Consent.purpose).where(col(Consent.resident_id) == resident_id, col(Consent.withdrawn_at).is_(None))
    in_force = set(unit.session.exec(given).all())
    return {purpose: purpose in in_force for purpose in PURPOSES}


def people(unit: Unit, *, before: UUID | None = None, phone: str = "") -> list[Person]:
    """A page of residents, the newest first, after the one with id `before`; or the one who has `phone` (E.164)."""
    found = select(Resident).order_by(col(Resident.id).desc()).limit(PAGE)
    if before is not None:
        found = found.where(col(Resident.id) < before)
    if phone:
        found = found.where(col(Resident.phone_mark) == unit.keys.fingerprint(phone, "resident.phone"))
    return [
        Person(
            resident.id,
            masked_name(name_of(resident, unit)),
            masked_phone(phone_of(resident, unit)),
            resident.birth_year,
            resident.street,
            resident.registered_at,
        )
        for resident in unit.session.exec(found)
    ]


def how_many_residents(unit: Unit) -> int:
    """All residents."""
    return unit.session.exec(select(func.count()).select_from(Resident)).one()


def name_of(resident: Resident, unit: Unit) -> str:
    """The resident's name."""
    return unit.keys.decrypt(resident.name, "resident.name")


def phone_of(resident: Resident, unit: Unit) -> str:
    """The resident's phone in E.164; empty when there is none."""
    return unit.keys.decrypt(resident.phone, "resident.phone") if resident.phone else ""
