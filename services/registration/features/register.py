"""Register a resident for a session, or put them on its waitlist."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.places import SignUp, sign_up
from services.registration.features import Command, problems
from services.registration.features.places import active, give, position, queue
from services.registration.tables import Registration, Resident, Session
from shared.unit import Unit
from shared.web import phrase

NOT_YET = phrase("这一场还没有开始报名，请过几天再来看看。")
CLOSED = phrase("这一场的报名已经结束，可以看看下一场，或打电话问一问。")
OVER = phrase("这一场已经结束了，可以看看下一场。")
CANCELLED = phrase("这一场已经取消，可以看看别的活动。")
HAS_PLACE = phrase("您已经报上名了，不用再报；名额在“我的”里。")
WAITS = phrase("您已经在候补，前面有人退出就轮到您，我们会发短信告诉您。")


class Register(Command):
    """`resident_id` wants a place in `session_id`."""

    session_id: UUID
    resident_id: UUID


def register(command: Register, unit: Unit) -> Registration:
    """Give the resident a place if one is free; otherwise the next spot in the line."""
    session = unit.lock(Session, command.session_id)
    if unit.find(Resident, command.resident_id) is None:
        raise problems.UnknownResident(phrase("没有找到这位居民，请核对，或先登记。"))
    _refuse_twice(command, unit)
    _refuse_unless_open(session, unit)
    registration = Registration(session_id=session.id, resident_id=command.resident_id, state="confirmed", registered_at=unit.now)
    if session.free:
        give(registration, session, unit)
    else:
        queue(registration, session, unit)
    unit.add(registration)
    return registration


def _refuse_twice(command: Register, unit: Unit) -> None:
    existing = active(command.session_id, command.resident_id, unit)
    if existing is not None:
        words = WAITS if existing.state == "waitlisted" else HAS_PLACE
        raise problems.AlreadyRegistered(
            words, registration_id=str(existing.id), state=existing.state, position=position(existing, unit)
        )


def _refuse_unless_open(session: Session, unit: Unit) -> None:
    match sign_up(session.state, opens_at=session.opens_at, closes_at=session.closes_at, ends_at=session.ends_at, now=unit.now):
        case SignUp.NOT_YET:
            raise problems.SignUpNotOpenYet(NOT_YET, opens_at=session.opens_at.isoformat())
        case SignUp.CLOSED:
            raise problems.SignUpClosed(CLOSED)
        case SignUp.OVER:
            raise problems.SessionIsOver(OVER)
        case SignUp.CANCELLED:
            raise problems.SessionIsCancelled(CANCELLED)
        case SignUp.OPEN:
            pass
