"""Doors as pages, devices and the interface show them: who is inside, what does not fit together, the list for offline use."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from services.registration.domain.people import masked_name
from services.registration.domain.places import GONE
from services.registration.domain.presence import LIST_LIFE, Direction, Mark, Verdict, Way, needless, row_code
from services.registration.features.door_codes import ticket_mark, ticket_of
from services.registration.features.door_pass import Pass, Signed, make_pass, signed
from services.registration.features.merge_scans import SHOWN
from services.registration.projections.accounts import names_of
from services.registration.projections.people import name_of, phone_of
from services.registration.tables import Registration, Resident, Scan, Session, Settlement, Sheet
from shared.unit import Unit


class Conflict(NamedTuple):
    """One offline scan that does not fit: `verdict` says why, `name` is masked."""

    scan_id: UUID
    nonce: UUID
    verdict: Verdict
    at: datetime
    direction: Direction
    way: Way
    device: str
    resident_id: UUID | None
    name: str


class Settled(NamedTuple):
    """A scan that did not fit and was looked at: by whom, when, and what they found."""

    nonce: UUID
    verdict: Verdict
    at: datetime
    name: str
    note: str
    settled_by: UUID
    by: str
    settled_at: datetime


def inside(session_id: UUID, unit: Unit) -> int:
    """How many people are in the room now: who came and has not left."""
    here = select(func.count()).where(
        col(Registration.session_id) == session_id,
        col(Registration.checked_in_at).is_not(None),
        col(Registration.left_at).is_(None),
    )
    return unit.session.exec(here).one()


_VERSION = """
    SELECT (SELECT session::text FROM session WHERE id = %(id)s),
           (SELECT coalesce(sum(hashtextextended(registration::text, 0)), 0) FROM registration WHERE session_id = %(id)s),
           (SELECT count(*) FROM scan WHERE session_id = %(id)s),
           (SELECT count(*) FROM settlement t JOIN scan c ON c.id = t.scan_id WHERE c.session_id = %(id)s)
"""


def roster_version(session_id: UUID, unit: Unit) -> object:
    """Something that is another whenever anything on the session's roster is: one look, whatever changed it."""
    return unit.cursor().execute(_VERSION, {"id": session_id}).fetchone()


def conflicts_of(session_id: UUID, unit: Unit) -> list[Conflict]:
    """What devices without network did that does not fit together or with the list, and that nobody has settled.

    It is worked out anew, so that order is nothing.
    """
    done = {(settlement.scan_id, settlement.verdict) for settlement, _ in _settlements(session_id, unit)}
    return [conflict for conflict in _all_conflicts(session_id, unit) if (conflict.scan_id, conflict.verdict) not in done]


def settled_of(session_id: UUID, unit: Unit) -> list[Settled]:
    """What was settled, the latest first."""
    rows = _settlements(session_id, unit)
    names = names_of({settlement.settled_by for settlement, _ in rows}, unit)
    people = _names([scan.resident_id for _, scan in rows if scan.resident_id], unit)
    return [
        Settled(
            scan.nonce,
            settlement.verdict,
            scan.at,
            _newcomer(scan, unit) or people.get(scan.resident_id, ""),
            unit.keys.decrypt(settlement.note, "settlement.note") if settlement.note else "",
            settlement.settled_by,
            names.get(settlement.settled_by, ""),
            settlement.settled_at,
        )
        for settlement, scan in rows
    ]


def _settlements(session_id: UUID, unit: Unit) -> list[tuple[Settlement, Scan]]:
    found = (
        select(Settlement, Scan)
        .join(Scan, col(Scan.id) == col(Settlement.scan_id))
        .where(col(Scan.session_id) == session_id)
        .order_by(col(Settlement.settled_at).desc(), col(Settlement.scan_id))
    )
    return list(unit.session.exec(found))


def _newcomer(scan: Scan, unit: Unit) -> str:
    return masked_name(unit.keys.decrypt(scan.shown, SHOWN)) if scan.shown else ""


def _all_conflicts(session_id: UUID, unit: Unit) -> list[Conflict]:
    scans = unit.session.exec(select(Scan).where(col(Scan.session_id) == session_id)).all()
    verdicts = _verdicts(scans, session_id, unit)
    found = [
        Conflict(
            scan.id,
            scan.nonce,
            verdicts[scan.nonce],
            scan.at,
            scan.direction,
            scan.way,
            scan.device,
            scan.resident_id,
            _newcomer(scan, unit),
        )
        for scan in scans
        if scan.nonce in verdicts
    ]
    names = _names([conflict.resident_id for conflict in found if conflict.resident_id], unit)
    named = [conflict._replace(name=conflict.name or names.get(conflict.resident_id, "")) for conflict in found]
    return sorted(named, key=lambda conflict: (conflict.at, conflict.nonce))


def _verdicts(scans: Sequence[Scan], session_id: UUID, unit: Unit) -> dict[UUID, Verdict]:
    """What is wrong with which scan, of everybody whom a device without network scanned."""
    offline = [scan for scan in scans if scan.offline]
    verdicts: dict[UUID, Verdict] = {scan.nonce: scan.result for scan in offline if scan.result != "ok"}
    marks: dict[UUID, list[Mark]] = defaultdict(list)
    for scan in scans:
        if scan.result == "ok" and scan.resident_id is not None:
            marks[scan.resident_id].append(Mark(scan.at, scan.nonce, scan.direction))
    listed = select(Registration).where(col(Registration.session_id) == session_id)
    registrations = {registration.id: registration for registration in unit.session.exec(listed)}
    beside = {each.resident_id for each in registrations.values() if each.let_in_offline and each.state == "extra"}
    for person in {scan.resident_id for scan in offline if scan.resident_id and scan.result == "ok"}:
        entries = [mark for mark in sorted(marks[person], key=attrgetter("order")) if mark.direction == "entry"]
        if entries and person in beside:
            verdicts[entries[0].nonce] = "no_room"
        verdicts |= needless(marks[person])
    for scan in offline:
        claimed = registrations.get(scan.registration_id) if scan.registration_id else None
        if scan.result == "ok" and claimed is not None and claimed.state in GONE:
            verdicts.setdefault(scan.nonce, "cancelled")
    return verdicts


def _names(residents: Sequence[UUID], unit: Unit) -> dict[UUID | None, str]:
    found = unit.session.exec(select(Resident).where(col(Resident.id).in_(residents)))
    return {resident.id: masked_name(name_of(resident, unit)) for resident in found}


def sheets_of(session_id: UUID, unit: Unit) -> Sequence[Sheet]:
    """The sheets printed for a session, the newest first."""
    return unit.session.exec(select(Sheet).where(col(Sheet.session_id) == session_id).order_by(col(Sheet.number).desc())).all()


class SheetRow(NamedTuple):
    """A row of a sheet: its code, and the name that is printed."""

    code: str
    name: str


def rows_of(sheet: Sheet, unit: Unit) -> list[SheetRow]:
    """The rows of a sheet from the top."""
    found = select(Registration.id, Resident).join(Resident, col(Resident.id) == col(Registration.resident_id))
    names = {id: name_of(resident, unit) for id, resident in unit.session.exec(found.where(col(Registration.id).in_(sheet.rows)))}
    return [SheetRow(row_code(sheet.number, place), names[id]) for place, id in enumerate(sheet.rows, start=1)]


def list_for_device(session: Session, device: str, staff_id: UUID, unit: Unit) -> Signed:
    """What a device needs at the door without network: the rules, and everybody on the list, their names masked.

    Tickets are there as hashes only. Four digits have ten thousand values, so their hash hides nothing from staff, who see them
    on the roster anyhow; salted by list, it keeps them out of what a lost device stores in clear.
    """
    expires_at = unit.now + LIST_LIFE
    salt = unit.keys.fingerprint(f"{session.id}:{device}", "door.list_salt")[:16]
    return signed(
        {
            "session": {
                "id": str(session.id),
                "title": session.title,
                "place": session.place,
                "starts_at": session.starts_at.isoformat(),
                "ends_at": session.ends_at.isoformat(),
                "state": session.state,
                "capacity": session.capacity,
                "taken": session.taken,
            },
            "made_at": unit.now.isoformat(),
            "expires_at": expires_at.isoformat(),
            "salt": salt,
            "pass": make_pass(Pass(session.id, device, staff_id, expires_at), unit.keys),
            "people": _people(session.id, salt, unit),
        },
        unit.keys,
    )


def listed_residents(session_id: UUID, unit: Unit) -> Sequence[UUID]:
    """Whom the lists of a session name."""
    named = select(Registration.resident_id).where(
        col(Registration.session_id) == session_id, col(Registration.state).not_in(GONE)
    )
    return unit.session.exec(named).all()


def _people(session_id: UUID, salt: str, unit: Unit) -> list[dict[str, Any]]:
    listed = (
        select(Registration, Resident)
        .join(Resident, col(Resident.id) == col(Registration.resident_id))
        .where(col(Registration.session_id) == session_id, col(Registration.state).not_in(GONE))
        .order_by(col(Registration.state) == "waitlisted", col(Registration.queue).nulls_first(), col(Registration.id))
    )
    people = []
    for registration, resident in unit.session.exec(listed):
        phone = phone_of(resident, unit)
        people.append(
            {
                "id": str(registration.id),
                "name": masked_name(name_of(resident, unit)),
                "state": registration.state,
                "seat": registration.state == "extra"
                or (registration.state in ("confirmed", "offered") and registration.mode == "room"),
                "party": registration.party,
                "inside": registration.checked_in_at is not None and registration.left_at is None,
                "came_at": registration.checked_in_at.isoformat() if registration.checked_in_at else None,
                "ticket": ticket_mark(ticket_of(registration.id, unit.keys)),
                "digits": hashlib.sha256(f"{salt}{phone[-4:]}".encode()).hexdigest() if phone else "",
            }
        )
    return people
