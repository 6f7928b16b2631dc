"""Find whom a scan means: by ticket, roster, person, digits, a row of a sheet or the code on the wall."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.places import GONE
from services.registration.domain.presence import Verdict, by_last_four, row_of
from services.registration.features.door_codes import is_on_the_wall, read_ticket, was_at_the_wall
from services.registration.features.places import active
from services.registration.tables import Registration, Resident, Session, Sheet
from shared.unit import Unit


class Shown(NamedTuple):
    """What somebody shows; one of these."""

    registration_id: UUID | None = None
    resident_id: UUID | None = None
    ticket: str | None = None
    digits: str | None = None
    row: str | None = None
    sheet_id: UUID | None = None
    wall: str | None = None


class Wanted(NamedTuple):
    """Who is meant; `verdict` when that alone settles the scan, `candidates` when several are meant."""

    verdict: Verdict | None = None
    registration: Registration | None = None
    resident_id: UUID | None = None
    candidates: tuple[Registration, ...] = ()


def wanted(shown: Shown, session: Session, unit: Unit) -> Wanted:
    """Whoever is meant, locked; the caller holds the session's lock."""
    match shown:
        case Shown(ticket=str() as ticket):
            return _registered(read_ticket(ticket, unit.keys), session, unit)
        case Shown(digits=str() as digits):
            return _with_digits(digits, session, unit)
        case Shown(row=str() as row, sheet_id=UUID() as sheet_id):
            return _on_paper(row, sheet_id, session, unit)
        case Shown(registration_id=UUID() as registration_id):
            return _registered(registration_id, session, unit)
        case Shown(resident_id=UUID() as resident_id):
            return _known(resident_id, shown.wall, session, unit)
    return Wanted("unknown")


def _registered(registration_id: UUID | None, session: Session, unit: Unit) -> Wanted:
    found = unit.find(Registration, registration_id) if registration_id else None
    if found is None:
        return Wanted("unknown")
    if found.session_id != session.id:
        return Wanted("other_session", resident_id=found.resident_id)
    registration = unit.lock(Registration, found.id)
    if registration.state in GONE:
        registration = active(session.id, registration.resident_id, unit) or registration
    return Wanted(registration=registration, resident_id=registration.resident_id)


def _known(resident_id: UUID, wall: str | None, session: Session, unit: Unit) -> Wanted:
    if unit.find(Resident, resident_id) is None:
        return Wanted("unknown")
    registration = active(session.id, resident_id, unit)
    if wall is not None and not _seen_on_the_wall(wall, session, unit):
        return Wanted("wrong_code", registration, resident_id)
    return Wanted(registration=registration, resident_id=resident_id)


def _seen_on_the_wall(code: str, session: Session, unit: Unit) -> bool:
    return is_on_the_wall(code, session.id, unit.now, unit.keys) or was_at_the_wall(code, session.id, unit.now, unit.keys)


def _with_digits(digits: str, session: Session, unit: Unit) -> Wanted:
    listed = (
        select(Registration, Resident.phone)
        .join(Resident, col(Resident.id) == col(Registration.resident_id))
        .where(col(Registration.session_id) == session.id, col(Registration.state).not_in(GONE))
        .order_by(col(Registration.id))
    )
    rows = unit.session.exec(listed).all()
    phones = {registration.id: unit.keys.decrypt(phone, "resident.phone") if phone else "" for registration, phone in rows}
    fitting = set(by_last_four(digits, phones))
    found = tuple(registration for registration, _ in rows if registration.id in fitting)
    if len(found) == 1:
        return Wanted(registration=found[0], resident_id=found[0].resident_id)
    return Wanted("ambiguous", candidates=found) if found else Wanted("unknown")


def _on_paper(row: str, sheet_id: UUID, session: Session, unit: Unit) -> Wanted:
    sheet = unit.find(Sheet, sheet_id)
    if sheet is None or sheet.session_id != session.id:
        return Wanted("unknown")
    place = row_of(row, sheet.number, len(sheet.rows))
    return _registered(sheet.rows[place - 1], session, unit) if place else Wanted("unknown")
