"""Take the scans of a device that worked without network: none is lost, and the order in which devices come back does not matter.

Whoever such a device let in is in the room, so an entry stands even where the server would have refused it. What does not fit
together is not stored but worked out from the scans whenever it is shown: see `projections.presence.conflicts_of`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import col, select

from services.registration.domain.presence import Direction, Verdict, Way, fits, stay_of
from services.registration.features import Command
from services.registration.features.check_in import Times, bring_up_to_date, closed_because, marks_of, tell
from services.registration.features.door_pass import Pass, read_pass
from services.registration.features.door_places import newcomer, seat_newcomers, take_in
from services.registration.features.find_at_door import Shown, Wanted, wanted
from services.registration.features.known_resident import Newcomer, known_or_new
from services.registration.features.places import active
from services.registration.tables import Registration, Scan, Session
from shared.clock import SHANGHAI
from shared.unit import Unit
from shared.web import phrase

MOST = 500
"""How many scans one upload may bring."""
AFTERWARDS = timedelta(hours=12)
"""How long after the end a device's clock is believed."""


SHOWN = "scan.shown"


class Told(Command):
    """A newcomer as typed without network; what cannot be right is found out here, and keeps no queue from coming in."""

    name: Annotated[str, StringConstraints(max_length=100)]
    phone: Annotated[str, StringConstraints(max_length=40)] = ""


class OfflineScan(Command):
    """One scan from the queue of a device: who, which way, and when by the device's clock."""

    nonce: UUID
    registration_id: UUID | None = None
    ticket: Annotated[str, StringConstraints(max_length=400)] | None = None
    newcomer: Told | None = None
    direction: Direction = "entry"
    at: AwareDatetime
    way: Way = "staff"
    force: bool = False

    @model_validator(mode="after")
    def _one(self) -> OfflineScan:
        if sum(value is not None for value in (self.registration_id, self.ticket, self.newcomer)) != 1:
            raise PydanticCustomError("one_shown", phrase("每次签到只写一样：名额、票码或新来的人。"))
        return self


class MergeScans(Command):
    """What a device brings: its queue, and the `door_pass` that came with its list."""

    session_id: UUID
    door_pass: Annotated[str, StringConstraints(max_length=400)]
    scans: Annotated[tuple[OfflineScan, ...], Field(max_length=MOST)]
    by: UUID | None = None


def merge_scans(command: MergeScans, unit: Unit) -> dict[UUID, Verdict]:
    """Keep every scan, bring everybody concerned up to date, and say of each scan whether it counts."""
    session = unit.lock(Session, command.session_id)
    door_pass = read_pass(command.door_pass, unit.keys)
    answers = _known(command, unit)
    concerned: dict[UUID, Way] = {}
    for scan in sorted(command.scans, key=lambda each: (each.at, each.nonce)):
        if scan.nonce in answers:
            continue
        kept = _keep(scan, session, door_pass, command, unit)
        answers[scan.nonce] = kept.result
        if kept.result == "ok":
            assert kept.resident_id is not None
            concerned.setdefault(kept.resident_id, kept.way)
    unit.session.flush()
    _bring_up_to_date(concerned, session, unit)
    return answers


def _known(command: MergeScans, unit: Unit) -> dict[UUID, Verdict]:
    found = select(Scan).where(col(Scan.nonce).in_([scan.nonce for scan in command.scans]))
    return {scan.nonce: scan.result for scan in unit.session.exec(found)}


def _keep(scan: OfflineScan, session: Session, door_pass: Pass | None, command: MergeScans, unit: Unit) -> Scan:
    at = _believed(scan.at, session)
    verdict = closed_because(session, at)
    if door_pass is None or door_pass.session_id != session.id or scan.at > door_pass.expires_at:
        verdict = "revoked"
    found = _whom(scan, session, unit, known=verdict is None)
    kept = Scan(
        nonce=scan.nonce,
        session_id=session.id,
        registration_id=found.registration.id if found.registration else None,
        resident_id=found.resident_id,
        direction=scan.direction,
        way=scan.way,
        at=at,
        received_at=unit.now,
        forced=scan.force,
        offline=True,
        device=door_pass.device if door_pass else "",
        by=command.by,
        shown=_unplaced(scan.newcomer, unit) if scan.newcomer and (verdict or found.verdict) else "",
        result=verdict or found.verdict or "ok",
    )
    unit.add(kept)
    return kept


def _whom(scan: OfflineScan, session: Session, unit: Unit, *, known: bool) -> Wanted:
    """Who was scanned; a newcomer is written down as a resident only where the scan counts (`known`)."""
    if scan.newcomer is None:
        found = wanted(Shown(registration_id=scan.registration_id, ticket=scan.ticket), session, unit)
        return _as_claimed(found, scan, unit)
    if not known:
        return Wanted()
    try:
        typed = Newcomer(name=scan.newcomer.name, phone=scan.newcomer.phone)
    except ValidationError:
        return Wanted("unknown")
    resident = known_or_new(typed, session, unit)
    return Wanted(registration=active(session.id, resident.id, unit), resident_id=resident.id)


def _unplaced(newcomer: Told, unit: Unit) -> str:
    return unit.keys.encrypt(f"{newcomer.name} {newcomer.phone}".strip(), SHOWN)


def _as_claimed(found: Wanted, scan: OfflineScan, unit: Unit) -> Wanted:
    """With the registration that the device had on its list, though it was given back meanwhile."""
    claimed = unit.find(Registration, scan.registration_id) if scan.registration_id else None
    return found._replace(registration=claimed) if found.verdict is None and claimed is not None else found


def _bring_up_to_date(concerned: dict[UUID, Way], session: Session, unit: Unit) -> None:
    news: list[tuple[Registration, Times, Way]] = []
    for resident_id, way in concerned.items():
        if stay_of(marks_of(session.id, resident_id, unit)) is None:
            continue
        registration = active(session.id, resident_id, unit)
        if registration is None:
            registration = newcomer(session.id, resident_id, unit)
            registration.let_in_offline = True
            unit.add(registration)
        news.append((registration, (registration.checked_in_at, registration.left_at), way))
        take_in(registration, session, unit)
        bring_up_to_date(registration, unit)
    seat_newcomers(session, unit)
    for registration, before, way in sorted(news, key=lambda each: each[0].id):
        tell(registration, session, before, way, unit)


def _believed(at: datetime, session: Session) -> datetime:
    """The device's time, within the session's own day and a while after its end."""
    morning = session.starts_at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return fits(at, morning, session.ends_at + AFTERWARDS)
