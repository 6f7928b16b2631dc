"""Registration's interface in JSON: every route is one call."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration import cookies, domain, projections
from services.registration.domain import Kind, RegistrationState, SessionState
from services.registration.features import problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.live_room import (
    AskQuestion,
    CloseLivestream,
    OpenLivestream,
    RoomState,
    ask_question,
    close_livestream,
    open_livestream,
    room_state,
)
from services.registration.features.log_in import LogInStaff, VerifyLoginCode, log_in_staff, verify_login_code
from services.registration.features.mobile import SomeMobile
from services.registration.features.open_programme import OpenProgramme, open_programme
from services.registration.features.places import position
from services.registration.features.register import Register, register
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.live import live_rooms
from services.registration.tables import Registration, Resident, Session
from shared.auth import Principal, require
from shared.clock import today
from shared.errors import NotLoggedIn
from shared.http import PrincipalDep, ResidentDep, StaffDep, UnitDep, service_of
from shared.unit import Unit
from shared.web import phrase
from shared.web.errors import error_response

router = APIRouter(prefix="/registration/api")


class Out(BaseModel):
    """An answer, read from rows or values."""

    model_config = ConfigDict(from_attributes=True)


class Made(Out):
    """The id of what was made."""

    id: UUID


class SessionOut(Out):
    """A session as everybody may see it."""

    id: UUID
    programme_id: UUID
    kind: Kind
    title: str
    topic: str
    topic_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int
    free: int
    state: SessionState


class RegistrationOut(Out):
    """A registration; `position` counts from 1 for those who wait."""

    id: UUID
    session_id: UUID
    resident_id: UUID
    state: RegistrationState
    position: int | None
    walk_in: bool
    checked_in_at: datetime | None

    @classmethod
    def of(cls, registration: Registration, unit: Unit) -> RegistrationOut:
        """As it stands now."""
        return cls(**registration.model_dump(include=set(cls.model_fields)), position=position(registration, unit))


class CheckInOut(BaseModel):
    """Who came; `again` when that was known before."""

    registration: RegistrationOut
    again: bool


class RosterLineOut(BaseModel):
    """A name on the roster, with its masked phone."""

    registration: RegistrationOut
    name: str
    phone: str


class MeOut(BaseModel):
    """What is kept about the resident who asks."""

    id: UUID
    name: str
    phone: str
    street: str
    birth_year: int | None
    consents: dict[str, bool]
    registrations: list[RegistrationOut]


class WhoOut(BaseModel):
    """Who is logged in now."""

    id: UUID
    kind: str
    name: str
    roles: list[str]

    @classmethod
    def of(cls, principal: Principal) -> WhoOut:
        """The principal, roles in order."""
        return cls(id=principal.id, kind=principal.kind, name=principal.name, roles=sorted(principal.roles))


class Wish(BaseModel):
    """A session to take part in; staff add for whom."""

    model_config = ConfigDict(extra="forbid")

    session_id: UUID
    resident_id: UUID | None = None


class ConsentWish(BaseModel):
    """A purpose, and whether it is consented to."""

    model_config = ConfigDict(extra="forbid")

    purpose: domain.Purpose
    given: bool


class Reason(BaseModel):
    """Why a session does not take place, in a few words."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, Field(min_length=1, max_length=40, examples=["台风预警"])]


class CodeWish(BaseModel):
    """The number that wants to log in."""

    model_config = ConfigDict(extra="forbid")

    phone: Annotated[SomeMobile, Field(max_length=40, examples=["13800138000"])]


class CodeAsked(BaseModel):
    """A code is on its way, if the number is known; it dies at `expires_at`."""

    login_id: UUID
    expires_at: datetime


class ViewerWish(BaseModel):
    """The number a viewer's device gave itself."""

    model_config = ConfigDict(str_strip_whitespace=True)

    viewer: UUID


class QuestionWish(ViewerWish):
    """A question for the room."""

    words: Annotated[str, Field(min_length=1, max_length=140, examples=["面试要带什么材料？"])]


# ---- people -------------------------------------------------------------------------------------------------------------------


@router.post("/residents", status_code=201, response_model=Made)
def post_resident(command: RegisterResident, _: StaffDep, unit: UnitDep) -> Resident:
    """Register a resident."""
    return register_resident(command.model_copy(update={"channel": "staff"}), unit)


@router.get("/residents/me")
def get_me(resident: ResidentDep, unit: UnitDep) -> MeOut:
    """What is kept about me."""
    me = unit.get(Resident, resident.id)
    return MeOut(
        id=me.id,
        name=projections.name_of(me, unit),
        phone=projections.phone_of(me, unit),
        street=me.street,
        birth_year=me.birth_year,
        consents=projections.consents_of(me.id, unit),
        registrations=[RegistrationOut.of(place.registration, unit) for place in projections.places_of(me.id, unit)],
    )


@router.post("/residents/me/consents")
def post_consent(wish: ConsentWish, resident: ResidentDep, unit: UnitDep) -> dict[str, bool]:
    """Give or withdraw a consent; answers with all of them."""
    change_consent(ChangeConsent(resident_id=resident.id, purpose=wish.purpose, given=wish.given, channel="web"), unit)
    return projections.consents_of(resident.id, unit)


# ---- programmes and sessions --------------------------------------------------------------------------------------------------


@router.post("/programmes", status_code=201)
def post_programme(command: OpenProgramme, _: StaffDep, unit: UnitDep) -> Made:
    """Open a programme."""
    return Made.model_validate(open_programme(command, unit))


@router.post("/sessions", status_code=201)
def post_session(command: ScheduleSession, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Schedule a session."""
    return SessionOut.model_validate(schedule_session(command, unit))


@router.get("/sessions")
def get_sessions(
    unit: UnitDep, on: Annotated[date | None, Query(description="A day in Shanghai; today if left out.")] = None
) -> list[SessionOut]:
    """The sessions of one day."""
    return [SessionOut.model_validate(session) for session in projections.sessions_on(on or today().date(), unit)]


@router.get("/sessions/{session_id}")
def get_session(session_id: UUID, unit: UnitDep) -> SessionOut:
    """One session."""
    return SessionOut.model_validate(unit.get(Session, session_id))


@router.get("/sessions/{session_id}/roster")
def get_roster(session_id: UUID, _: StaffDep, unit: UnitDep) -> list[RosterLineOut]:
    """Who has a place, came, or waits."""
    unit.get(Session, session_id)
    return [
        RosterLineOut(registration=RegistrationOut.of(line.registration, unit), name=line.name, phone=line.phone)
        for line in projections.roster(session_id, unit)
    ]


@router.post("/sessions/{session_id}/hold")
def post_hold(session_id: UUID, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Close a session that took place."""
    return SessionOut.model_validate(hold_session(HoldSession(session_id=session_id), unit))


@router.post("/sessions/{session_id}/cancel")
def post_cancel_session(session_id: UUID, reason: Reason, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Call a session off."""
    return SessionOut.model_validate(cancel_session(CancelSession(session_id=session_id, reason=reason.reason), unit))


# ---- places -------------------------------------------------------------------------------------------------------------------


@router.post("/registrations", status_code=201)
def post_registration(wish: Wish, principal: PrincipalDep, unit: UnitDep) -> RegistrationOut:
    """Sign up: residents for themselves, staff for anybody."""
    return RegistrationOut.of(register(for_whom(wish, principal), unit), unit)


@router.post("/registrations/{registration_id}/cancel")
def post_cancel(registration_id: UUID, principal: PrincipalDep, unit: UnitDep) -> RegistrationOut:
    """Give a place back, or leave the line."""
    return RegistrationOut.of(cancel(giving_back(registration_id, principal), unit), unit)


@router.post("/check-ins")
def post_check_in(command: CheckIn, _: StaffDep, unit: UnitDep) -> CheckInOut:
    """Note that somebody came."""
    registration, again = check_in(command, unit)
    return CheckInOut(registration=RegistrationOut.of(registration, unit), again=again)


def for_whom(wish: Wish, principal: Principal | None) -> Register:
    """The registration that this caller may ask for."""
    who = require(principal, "resident", "clerk", "nurse", "editor", "operator")
    if who.kind == "resident":
        if wish.resident_id not in (None, who.id):
            raise problems.UnknownResident(phrase("您只能给自己报名。"))
        return Register(session_id=wish.session_id, resident_id=who.id)
    if wish.resident_id is None:
        raise problems.UnknownResident(phrase("请写明给哪位居民报名。"))
    return Register(session_id=wish.session_id, resident_id=wish.resident_id)


def giving_back(registration_id: UUID, principal: Principal | None) -> Cancel:
    """The cancellation that this caller may ask for: residents their own, staff any."""
    who = require(principal, "resident", "clerk", "nurse", "editor", "operator")
    if who.kind == "resident":
        return Cancel(registration_id=registration_id, channel="web", resident_id=who.id)
    return Cancel(registration_id=registration_id, channel="staff")


# ---- live rooms ---------------------------------------------------------------------------------------------------------------


async def counted_so_far(session_id: UUID, request: Request) -> None:
    """Write down what this process has counted in the room, before it is read or closed."""
    await live_rooms(request).record(session_id)


@router.post("/livestreams/{session_id}/open", status_code=201)
def post_open(session_id: UUID, _: StaffDep, unit: UnitDep) -> RoomState:
    """Open the live room."""
    open_livestream(OpenLivestream(session_id=session_id), unit)
    return room_state(session_id, unit)


@router.post("/livestreams/{session_id}/close", dependencies=[Depends(counted_so_far)])
def post_close(session_id: UUID, _: StaffDep, unit: UnitDep) -> RoomState:
    """Close the live room and count it."""
    return close_livestream(CloseLivestream(session_id=session_id), unit)


@router.get("/livestreams/{session_id}", dependencies=[Depends(counted_so_far)])
def get_livestream(session_id: UUID, unit: UnitDep) -> RoomState:
    """How the room stands."""
    return room_state(session_id, unit)


rooms = APIRouter(prefix="/registration/live")
"""What viewers' devices say to a live room: no log-in, only a number they give themselves."""


@rooms.post("/{session_id}/questions", status_code=201)
def post_question(session_id: UUID, wish: QuestionWish, unit: UnitDep) -> Made:
    """Ask a question in the room."""
    return Made.model_validate(ask_question(AskQuestion(session_id=session_id, viewer=wish.viewer, words=wish.words), unit))


@rooms.post("/{session_id}/reactions", status_code=202)
async def post_reaction(session_id: UUID, _: ViewerWish, request: Request) -> None:
    """Send a reaction: counted in memory, written down within a second."""
    (await live_rooms(request).enter(session_id)).react()


# ---- log-in -------------------------------------------------------------------------------------------------------------------


@router.post("/login/code", status_code=202)
def post_login_code(wish: CodeWish, request: Request, unit: UnitDep) -> CodeAsked:
    """Ask for a code by text; the answer is the same for numbers nobody has."""
    login = request_login_code(RequestLoginCode(phone=wish.phone, address=address_of(request)), unit)
    return CodeAsked(login_id=login.id, expires_at=login.expires_at)


@router.post("/login/code/verify", response_model=WhoOut)
def post_login_verify(command: VerifyLoginCode, request: Request, response: Response, unit: UnitDep) -> WhoOut | Response:
    """Log in with the code from the text."""
    return _logged_in(verify_login_code(command, unit), problems.WrongCode(problems.WrongCode.words), request, response)


@router.post("/login/staff", response_model=WhoOut)
def post_login_staff(command: LogInStaff, request: Request, response: Response, unit: UnitDep) -> WhoOut | Response:
    """Log in with a staff account."""
    return _logged_in(log_in_staff(command, unit), problems.WrongPassword(problems.WrongPassword.words), request, response)


def address_of(request: Request) -> str:
    """The network address the request came from."""
    return request.client.host if request.client else ""


def _logged_in(principal: Principal | None, refusal: NotLoggedIn, request: Request, response: Response) -> WhoOut | Response:
    """Set the cookie, or answer with the refusal: returned, not raised, so that the try that was counted stays counted."""
    if principal is None:
        return error_response(request, refusal)
    cookies.log_in(response, principal, service_of(request))
    return WhoOut.of(principal)
