"""Take one scan at a door: somebody comes or goes, whatever they show; every scan is kept, refused ones among them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID, uuid4

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import col, select

from services.registration.domain.places import GONE
from services.registration.domain.presence import Direction, Mark, Verdict, Way, doors_are_open, stay_of
from services.registration.features import Command, announcements, problems
from services.registration.features.door_places import let_in
from services.registration.features.find_at_door import Shown, Wanted, wanted
from services.registration.features.places import UNKNOWN
from services.registration.tables import Registration, Scan, Session
from shared.clock import SHANGHAI
from shared.unit import Unit
from shared.web import phrase

WAYS: dict[str, Way] = {"ticket": "ticket", "digits": "digits", "row": "paper", "wall": "code"}
"""How somebody came in, by what was shown; everything else is a tap by staff."""


Times = tuple[datetime | None, datetime | None]
"""When somebody came and left."""


class CheckIn(Command):
    """One scan. `nonce` names it: sent again, it is answered again and changes nothing.

    Shown is one of: a name on the roster (`registration_id`), somebody known (`resident_id`), the `ticket` of a phone, the last
    four `digits` of a number, the code of a `row` of a printed sheet (with `sheet_id`), or the code on the `wall` (with
    `resident_id`, who scanned it). `force` lets people in although every place is given.
    """

    nonce: UUID = Field(default_factory=uuid4)
    session_id: UUID | None = None
    registration_id: UUID | None = None
    resident_id: UUID | None = None
    ticket: Annotated[str, StringConstraints(max_length=400)] | None = None
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    row: Annotated[str, StringConstraints(max_length=8)] | None = None
    sheet_id: UUID | None = None
    wall: Annotated[str, StringConstraints(max_length=100)] | None = None
    direction: Direction = "entry"
    at: AwareDatetime | None = None
    way: Way | None = None
    force: bool = False
    device: Annotated[str, StringConstraints(max_length=60)] = ""
    by: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> CheckIn:
        shown = [self.registration_id, self.ticket, self.digits, self.row, self.resident_id]
        if sum(value is not None for value in shown) != 1:
            raise PydanticCustomError("one_shown", phrase("签到只凭一样：名额、居民、票码、手机尾号或行码。"))
        if self.registration_id is None and self.session_id is None:
            raise PydanticCustomError("which_session", phrase("请写明是哪一场。"))
        if (self.row is None) != (self.sheet_id is None) or (self.wall is not None and self.resident_id is None):
            raise PydanticCustomError("goes_together", phrase("行码要连同签到表，墙上的码要连同居民。"))
        return self

    @property
    def shown(self) -> Shown:
        """What identifies the person."""
        return Shown(self.registration_id, self.resident_id, self.ticket, self.digits, self.row, self.sheet_id, self.wall)

    @property
    def way_in(self) -> Way:
        """How they came in."""
        shown = [way for name, way in WAYS.items() if getattr(self, name) is not None]
        return self.way or (shown[0] if shown else "staff")


class CheckedIn(NamedTuple):
    """What became of a scan; `candidates` when several people fit what was shown."""

    scan: Scan
    registration: Registration | None
    candidates: tuple[Registration, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The answer's code."""
        return self.scan.result

    @property
    def again(self) -> bool:
        """Whether they were inside already."""
        return self.scan.result == "again"


def check_in(command: CheckIn, unit: Unit) -> CheckedIn:
    """Judge the scan, write it down, and bring the registration to what its scans add up to."""
    session = unit.lock(Session, _session_of(command, unit))
    known = unit.session.exec(select(Scan).where(col(Scan.nonce) == command.nonce)).one_or_none()
    if known is not None:
        return CheckedIn(known, unit.find(Registration, known.registration_id) if known.registration_id else None)
    at = min(command.at or unit.now, unit.now)
    found = wanted(command.shown, session, unit)
    verdict = found.verdict or _judge(found, session, at, command)
    if verdict == "ok" and command.direction == "entry":
        registration, verdict = let_in(found, session, unit, force=command.force)
    else:
        registration = found.registration
    scan = Scan(
        nonce=command.nonce,
        session_id=session.id,
        registration_id=registration.id if registration else None,
        resident_id=found.resident_id,
        direction=command.direction,
        way=command.way_in,
        at=at,
        received_at=unit.now,
        forced=command.force,
        device=command.device,
        by=command.by,
        sheet_id=command.sheet_id if found.verdict is None else None,
        result=verdict,
    )
    unit.add(scan)
    if verdict == "ok":
        assert registration is not None
        settle(registration, session, command.way_in, unit)
    return CheckedIn(scan, registration, found.candidates)


def settle(registration: Registration, session: Session, way: Way, unit: Unit) -> None:
    """Bring the registration's times to what its scans add up to, and tell what is new."""
    before = (registration.checked_in_at, registration.left_at)
    bring_up_to_date(registration, unit)
    tell(registration, session, before, way, unit)


def bring_up_to_date(registration: Registration, unit: Unit) -> None:
    """When they came and left, by every scan of theirs that counts."""
    unit.session.flush()
    stay = stay_of(marks_of(registration.session_id, registration.resident_id, unit))
    if stay is not None:
        registration.checked_in_at, registration.left_at = stay


def tell(registration: Registration, session: Session, before: Times, way: Way, unit: Unit) -> None:
    """Say that they came, once, and that they left, each time."""
    came, left = before
    if came is None and registration.checked_in_at is not None:
        unit.emit(announcements.checked_in(registration, session, way))
    if registration.left_at is not None and registration.left_at != left:
        unit.emit(announcements.checked_out(registration, session, way))


def marks_of(session_id: UUID, resident_id: UUID, unit: Unit) -> list[Mark]:
    """The scans of one person at one session that count."""
    found = select(Scan).where(col(Scan.session_id) == session_id, col(Scan.resident_id) == resident_id, col(Scan.result) == "ok")
    return [Mark(scan.at, scan.nonce, scan.direction) for scan in unit.session.exec(found)]


def _session_of(command: CheckIn, unit: Unit) -> UUID:
    if command.session_id is not None:
        return command.session_id
    registration = unit.find(Registration, command.registration_id)
    if registration is None:
        raise problems.UnknownRegistration(UNKNOWN)
    return registration.session_id


def _judge(found: Wanted, session: Session, at: datetime, command: CheckIn) -> Verdict:
    """Whether they may come or go, their place apart."""
    registration = found.registration
    inside = registration is not None and registration.checked_in_at is not None and registration.left_at is None
    if command.direction == "entry" and inside:
        return "again"
    closed = closed_because(session, at)
    if closed is not None:
        return closed
    if registration is not None and registration.state in GONE and not command.force:
        return "cancelled"
    return "ok" if command.direction == "entry" or inside else "not_inside"


def closed_because(session: Session, at: datetime) -> Verdict | None:
    """Why nobody comes or goes at this session at this time; None: the door is open."""
    if session.kind == "livestream":
        return "no_door"
    if session.state != "planned":
        return "session_cancelled" if session.state == "cancelled" else "over"
    return None if doors_are_open(session.starts_at, at, SHANGHAI) else "not_yet"
