"""Note at the door that somebody came."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from pydantic import model_validator

from services.registration.domain.places import GONE
from services.registration.domain.presence import doors_are_open
from services.registration.features import Command, announcements, problems
from services.registration.features.cancel import UNKNOWN
from services.registration.features.places import active, admit, fill_free_places, take
from services.registration.tables import Registration, Resident, Session
from shared.clock import SHANGHAI
from shared.unit import Unit
from shared.web import phrase


class CheckIn(Command):
    """A tap on the roster (`registration_id`), or somebody who just came (`session_id` and `resident_id`).

    `force` lets them in although every place is given.
    """

    registration_id: UUID | None = None
    session_id: UUID | None = None
    resident_id: UUID | None = None
    force: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> CheckIn:
        if (self.registration_id is None) == (self.session_id is None or self.resident_id is None):
            raise ValueError("give either registration_id, or session_id with resident_id")
        return self


class CheckedIn(NamedTuple):
    """Who came; `again` when that was known before."""

    registration: Registration
    again: bool


def check_in(command: CheckIn, unit: Unit) -> CheckedIn:
    """Check in once; a second time only says so."""
    registration, session = _found(command, unit)
    if registration is not None and registration.checked_in_at is not None:
        return CheckedIn(registration, again=True)
    _refuse_unless_at_the_door(session, unit)
    registration = registration or Registration(
        session_id=session.id,
        resident_id=_known_resident(command.resident_id, unit),
        state="extra",
        walk_in=True,
        registered_at=unit.now,
    )
    if registration.state != "confirmed" or registration.mode == "online":
        _let_in(registration, session, unit, force=command.force)
    registration.checked_in_at = unit.now
    unit.add(registration)
    unit.emit(announcements.checked_in(registration, session))
    return CheckedIn(registration, again=False)


def _found(command: CheckIn, unit: Unit) -> tuple[Registration | None, Session]:
    if command.registration_id is None:
        assert command.session_id is not None
        assert command.resident_id is not None
        session = unit.lock(Session, command.session_id)
        return active(session.id, command.resident_id, unit), session
    found = unit.find(Registration, command.registration_id)
    if found is None:
        raise problems.UnknownRegistration(UNKNOWN)
    session = unit.lock(Session, found.session_id)
    registration = unit.lock(Registration, found.id)
    if registration.state in GONE:
        raise problems.NothingToGiveBack(phrase("这个名额已经退了；人来了，可以按现场登记。"))
    return registration, session


def _refuse_unless_at_the_door(session: Session, unit: Unit) -> None:
    if session.kind == "livestream":
        raise problems.WrongKind(phrase("直播不用签到，人数由直播间统计。"))
    if session.state == "cancelled":
        raise problems.SessionIsCancelled(phrase("这一场已经取消，不能签到。"))
    if session.state == "held":
        raise problems.SessionIsOver(phrase("这一场已经收场，签到已结束。"))
    if not doors_are_open(session.starts_at, unit.now, SHANGHAI):
        raise problems.DoorsNotOpen(phrase("还没到活动那一天，到了当天再签到。"))


def _known_resident(resident_id: UUID | None, unit: Unit) -> UUID:
    if resident_id is None or unit.find(Resident, resident_id) is None:
        raise problems.UnknownResident(phrase("没有找到这位居民，请核对，或先登记。"))
    return resident_id


def _let_in(registration: Registration, session: Session, unit: Unit, *, force: bool) -> None:
    """Give a free place to somebody without one; without a free place only staff's word lets them in."""
    signed_up = registration.state in ("confirmed", "offered")
    if not admit(registration, session, unit):
        if not force:
            raise problems.NoRoom(phrase("名额已满。确实坐得下，请按“仍然放行”。"))
        if signed_up:
            take(session, registration.mode, -registration.party)
        registration.state, registration.prefers_room = "extra", False
        registration.walk_in = registration.walk_in or not signed_up
    fill_free_places(session, unit)
