"""Register a resident for a session, or put them on its waitlist."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, NoReturn
from uuid import UUID

from pydantic import Field
from sqlalchemy import Text, bindparam, cast
from sqlmodel import col, func, select

from services.registration.domain.calendar import Audience
from services.registration.domain.places import GONE, Mode, SignUp, Waiting, may_go_straight_in, sign_up
from services.registration.features import Command, problems
from services.registration.features.places import MODES, capacity, free, give, line, position, queue, waits_for
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
    select(Resident.id, Resident.birth_year, Resident.street, Programme.audience)
    .select_from(Resident)
    .join(Session, col(Session.id) == bindparam("session_id"))
    .join(Programme, col(Programme.id) == col(Session.programme_id))
    .where(col(Resident.id).in_(bindparam("resident_ids", expanding=True)))
)
"""What the audience's rules look at, read before the session is locked: others wait for that lock."""

_STANDING: Any = select(
    select(func.jsonb_object_agg(cast(Registration.resident_id, Text), Registration.id))
    .where(
        col(Registration.session_id) == bindparam("session_id"),
        col(Registration.resident_id).in_(bindparam("resident_ids", expanding=True)),
        col(Registration.state).not_in(GONE),
    )
    .scalar_subquery(),
    *(
        select(func.count())
        .select_from(Registration)
        .where(col(Registration.session_id) == bindparam("session_id"), waits_for(mode))
        .scalar_subquery()
        for mode in MODES
    ),
)
"""Who of them takes part already, by which registration, and how many wait for each mode."""

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
    return Crowd(command.session_id, [command.resident_id], unit).register(command)


class Crowd:
    """People who want places in one session: it is locked, and what is looked at for each of them is read for all at once."""

    def __init__(self, session_id: UUID, resident_ids: Collection[UUID], unit: Unit) -> None:
        asked = {"session_id": session_id, "resident_ids": list(resident_ids)}
        self._unit = unit
        self._asking = {id: rest for id, *rest in unit.session.exec(_ASKING, params=asked)}
        self._session = unit.lock(Session, session_id)
        own, *waiting = unit.session.exec(_STANDING, params=asked).one()
        self._own = {UUID(resident_id): UUID(id) for resident_id, id in (own or {}).items()}
        self._waiting: dict[Mode, int] = dict(zip(MODES, waiting, strict=True))
        self._lines: dict[Mode, list[Waiting]] = {}

    def register(self, command: Register) -> Registration:
        """Carry one wish out, after those of the crowd that came before it."""
        session = self._session
        if command.resident_id not in self._asking:
            raise problems.UnknownResident(NOBODY)
        if command.resident_id in self._own:
            _refuse_twice(self._unit.get(Registration, self._own[command.resident_id]), self._unit)
        _refuse_unless_open(session, self._unit)
        _refuse_unless_it_fits(command, session)
        _refuse_unless_meant(command, session, *self._asking[command.resident_id])
        registration = Registration(
            session_id=session.id,
            resident_id=command.resident_id,
            state="confirmed",
            party=command.party,
            mode=command.mode,
            at_once=command.at_once,
            acted_by=command.acted_by,
            registered_at=self._unit.now,
        )
        if self._has_places_for(registration):
            give(registration, session, self._unit)
        else:
            self._queue(registration)
        self._unit.add(registration)
        self._own[command.resident_id] = registration.id
        return registration

    def _has_places_for(self, registration: Registration) -> bool:
        left = free(self._session, registration.mode)
        if registration.party > left:
            return False
        most, policy = capacity(self._session, registration.mode), self._session.waitlist_policy
        return may_go_straight_in(self._line(registration.mode), registration.party, free=left, capacity=most, policy=policy)

    def _line(self, mode: Mode) -> list[Waiting]:
        if not self._waiting[mode]:
            return []
        if mode not in self._lines:
            self._lines[mode] = line(self._session, mode, self._unit)
        return self._lines[mode]

    def _queue(self, registration: Registration) -> None:
        mode = registration.mode
        queue(registration, self._session, self._waiting[mode], self._unit)
        self._waiting[mode] += 1
        if mode in self._lines:
            self._lines[mode].append(Waiting(registration.id, self._session.queued, registration.party))


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
