"""Register a resident for a session, or put them on its waitlist."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn
from uuid import UUID

from pydantic import Field
from sqlalchemy import bindparam
from sqlmodel import col, select

from services.registration.domain.calendar import Audience
from services.registration.domain.places import Mode, SignUp, sign_up
from services.registration.features import Command, problems
from services.registration.features.places import capacity, give, has_places_for, position, queue, standing
from services.registration.tables import Programme, Registration, Resident, Session
from shared.clock import SHANGHAI
from shared.unit import Unit
from shared.web import phrase

NOT_YET = phrase("这一场还没有开始报名，请过几天再来看看。")
CLOSED = phrase("这一场的报名已经结束，可以看看下一场，或打电话问一问。")
OVER = phrase("这一场已经结束了，可以看看下一场。")
CANCELLED = phrase("这一场已经取消，可以看看别的活动。")
HAS_PLACE = phrase("您已经报上名了，不用再报；名额在“我的”里。")
WAITS = phrase("您已经在候补，前面有人退出就轮到您，我们会发短信告诉您。")
ON_OFFER = phrase("已经有名额给您留着，请到“我的”里点“我要这个名额”。")
NOBODY = phrase("没有找到这位居民，请核对，或先登记。")
NOT_FOR_YOU = phrase("这个活动有年龄或街道的要求，或者要先由居委会推荐；想参加，请打电话问一问。")

_ASKING: Any = (
    select(Resident.birth_year, Resident.street, Programme.audience)
    .select_from(Resident)
    .join(Session, col(Session.id) == bindparam("session_id"))
    .join(Programme, col(Programme.id) == col(Session.programme_id))
    .where(col(Resident.id) == bindparam("resident_id"))
)
"""What the audience's rules look at, read before the session is locked: others wait for that lock."""

Party = Annotated[int, Field(ge=1, le=20, description="How many people come together.")]


class Register(Command):
    """`resident_id` wants places in `session_id`, for a party of `party`, in the room or online.

    `at_once`: a place that becomes free later may be given without asking. `acted_by`: the carer or member of staff who does this
    for them. `nominated`: the programme asked for them by name.
    """

    session_id: UUID
    resident_id: UUID
    party: Party = 1
    mode: Mode = "room"
    at_once: bool = False
    acted_by: UUID | None = None
    nominated: bool = False


def register(command: Register, unit: Unit) -> Registration:
    """Give the resident places if enough are free; otherwise the next spot in the line."""
    asking = unit.session.exec(_ASKING, params=command.model_dump(include={"session_id", "resident_id"})).one_or_none()
    session = unit.lock(Session, command.session_id)
    if asking is None:
        raise problems.UnknownResident(NOBODY)
    own, waiting = standing(session.id, command.resident_id, command.mode, unit)
    if own is not None:
        _refuse_twice(unit.get(Registration, own), unit)
    _refuse_unless_open(session, unit)
    _refuse_unless_it_fits(command, session)
    _refuse_unless_meant(command, session, *asking)
    registration = Registration(
        session_id=session.id,
        resident_id=command.resident_id,
        state="confirmed",
        party=command.party,
        mode=command.mode,
        at_once=command.at_once,
        acted_by=command.acted_by,
        registered_at=unit.now,
    )
    if has_places_for(registration, registration.mode, session, unit):
        give(registration, session, unit)
    else:
        queue(registration, session, waiting, unit)
    unit.add(registration)
    return registration


def _refuse_twice(existing: Registration, unit: Unit) -> NoReturn:
    words = {"waitlisted": WAITS, "offered": ON_OFFER}.get(existing.state, HAS_PLACE)
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


def _refuse_unless_it_fits(command: Register, session: Session) -> None:
    if command.mode == "online" and not session.online_capacity:
        raise problems.NotOnline(phrase("这一场没有线上名额，请选现场。"))
    most = min(session.party_max, capacity(session, command.mode))
    if command.party > most:
        raise problems.PartyTooLarge(phrase("一次报的人太多了，请分开报，或打电话给我们。"), most=most)


def _refuse_unless_meant(
    command: Register, session: Session, birth_year: int | None, street: str, audience: dict[str, Any]
) -> None:
    if audience and not Audience.of(audience).admits(
        birth_year=birth_year,
        street=street,
        nominated=command.nominated,
        year=session.starts_at.astimezone(SHANGHAI).year,
    ):
        raise problems.NotForYou(NOT_FOR_YOU)
