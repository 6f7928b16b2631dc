"""Residents as pages and interface show them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from services.registration.domain.finding import Search, understand
from services.registration.domain.id_numbers import masked_id_number
from services.registration.domain.people import PURPOSES, Need, Sex, masked_name, masked_phone
from services.registration.features.finding import mark_of
from services.registration.features.mobile import as_mobile
from services.registration.tables import Consent, Erasure, Resident, ResidentMarks
from shared.auth import Principal
from shared.limits import within
from shared.unit import Unit

PAGE = 50
MOST = 2_000
"""Beyond so many, a search has to be narrowed before its results can be sorted."""


class Person(NamedTuple):
    """A resident as staff see them in lists."""

    id: UUID
    name: str
    phone: str
    id_number: str
    birth_year: int | None
    sex: Sex | None
    street: str
    neighbourhood: str
    needs: tuple[Need, ...]
    registered_at: datetime

    @classmethod
    def of(cls, resident: Resident, unit: Unit) -> Person:
        """Masked."""
        return cls(
            id=resident.id,
            name=masked_name(name_of(resident, unit)),
            phone=masked_phone(phone_of(resident, unit) or landline_of(resident, unit)),
            id_number=masked_id_number(id_number_of(resident, unit)),
            birth_year=resident.birth_year,
            sex=resident.sex,
            street=resident.street,
            neighbourhood=resident.neighbourhood,
            needs=tuple(resident.needs),
            registered_at=resident.registered_at,
        )


class Found(NamedTuple):
    """A page of what a search found, and how many it found; `too_many`: more than can be sorted."""

    people: list[Person]
    total: int
    too_many: bool


def consents_of(resident_id: UUID, unit: Unit) -> dict[str, bool]:
    """Each purpose, and whether the resident consents to it now."""
    given = select(Consent.purpose).where(col(Consent.resident_id) == resident_id, col(Consent.withdrawn_at).is_(None))
    in_force = set(unit.session.exec(given).all())
    return {purpose: purpose in in_force for purpose in PURPOSES}


def consent_history(resident_id: UUID, unit: Unit) -> list[Consent]:
    """Every consent ever given, the newest first."""
    found = select(Consent).where(col(Consent.resident_id) == resident_id).order_by(col(Consent.given_at).desc(), col(Consent.id))
    return list(unit.session.exec(found))


def people(unit: Unit, staff: Principal, *, before: UUID | None = None) -> list[Person]:
    """A page of the residents whom `staff` may see, the newest first, after the one with id `before`."""
    forgotten = select(Erasure.resident_id).where(col(Erasure.started_at).is_not(None))
    shown = (col(Resident.merged_into).is_(None), col(Resident.id).not_in(forgotten), within(staff, street=Resident.street))
    found = select(Resident).where(*shown).order_by(col(Resident.id).desc()).limit(PAGE)
    if before is not None:
        found = found.where(col(Resident.id) < before)
    return [Person.of(resident, unit) for resident in unit.session.exec(found)]


def find_people(typed: str, unit: Unit, staff: Principal, *, page: int = 0) -> Found:
    """Of those whom `staff` may see, who fits what was typed, sorted by pinyin; `domain.finding` says what can be typed."""
    ids = [id for _, id in sorted(_matching(understand(typed), staff, unit))]
    wanted = ids[page * PAGE : (page + 1) * PAGE]
    rows = unit.session.exec(select(Resident).where(col(Resident.id).in_(wanted))).all()
    residents = {resident.id: resident for resident in rows}
    return Found([Person.of(residents[id], unit) for id in wanted], len(ids), len(ids) > MOST)


def _matching(search: Search | None, staff: Principal, unit: Unit) -> list[tuple[str, UUID]]:
    """The sorting key and id of everybody who fits; people merged into others are found under those, and where those live."""
    if search is None:
        return []
    found = select(Resident.id, Resident.pinyin, Resident.merged_into)
    if staff.limits:
        present = aliased(Resident)
        same = col(present.id) == func.coalesce(Resident.merged_into, Resident.id)
        found = found.join(present, same).where(within(staff, street=present.street))
    match search.kind:
        case "phone":
            found = found.where(col(Resident.phone_mark) == unit.keys.fingerprint(_e164(search.word), "resident.phone"))
        case "id_number":
            found = found.where(col(Resident.id_mark) == unit.keys.fingerprint(search.word, "resident.id_number"))
        case kind:
            found = found.join(ResidentMarks, col(ResidentMarks.resident_id) == col(Resident.id)).where(
                col(ResidentMarks.marks).contains([mark_of(kind, search.word, unit.keys)])
            )
    return list(
        dict.fromkeys(
            (unit.keys.decrypt(pinyin, "resident.pinyin") if pinyin else "", merged_into or id)
            for id, pinyin, merged_into in unit.session.exec(found.limit(MOST + 1))
        )
    )


def _e164(digits: str) -> str:
    try:
        return as_mobile(digits)
    except ValueError:
        return ""


def how_many_residents(unit: Unit, staff: Principal) -> int:
    """All residents whom `staff` may see; merged records count once."""
    seen = (col(Resident.merged_into).is_(None), within(staff, street=Resident.street))
    return unit.session.exec(select(func.count()).select_from(Resident).where(*seen)).one()


def name_of(resident: Resident, unit: Unit) -> str:
    """The resident's name."""
    return unit.keys.decrypt(resident.name, "resident.name")


def phone_of(resident: Resident, unit: Unit) -> str:
    """The resident's phone in E.164; empty when there is none."""
    return unit.keys.decrypt(resident.phone, "resident.phone") if resident.phone else ""


def landline_of(resident: Resident, unit: Unit) -> str:
    """The resident's landline in E.164; empty when there is none."""
    return unit.keys.decrypt(resident.landline, "resident.landline") if resident.landline else ""


def id_number_of(resident: Resident, unit: Unit) -> str:
    """The resident's identity number; empty when it is not known."""
    return unit.keys.decrypt(resident.id_number, "resident.id_number") if resident.id_number else ""
