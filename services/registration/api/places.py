"""Signing up, answering offers, moving and giving back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration.api.common import Out
from services.registration.domain.people import Channel
from services.registration.domain.places import Mode, Policy, RegistrationState
from services.registration.domain.presence import MissedReason
from services.registration.features import problems
from services.registration.features.accept_offer import AcceptOffer, accept_offer
from services.registration.features.access_log import note_list
from services.registration.features.acting import may_act_for
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_mode import ChangeMode, change_mode
from services.registration.features.decline_offer import DeclineOffer, decline_offer
from services.registration.features.enrol import Enrol, LeaveTerm, enrol, leave_term
from services.registration.features.places import UNKNOWN, position, told_position
from services.registration.features.register import Party, Register
from services.registration.projections.waitlist import Sentence, explain, lines_of
from services.registration.sign_ups import sign_ups_of
from services.registration.tables import Registration, Session
from shared.auth import Principal
from shared.http import SomebodyDep, StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

AN_ID = "0179fe2c-6a40-7d11-8c52-3b1f0a9d4e77"


class RegistrationOut(Out):
    """A registration; `position` counts from 1 for those who wait, `offer_expires_at` ends a place that is kept."""

    id: UUID
    session_id: UUID
    resident_id: UUID
    state: RegistrationState
    party: int
    mode: Mode
    position: int | None
    prefers_room: bool
    at_once: bool
    offer_expires_at: datetime | None
    late: bool
    walk_in: bool
    checked_in_at: datetime | None
    missed_reason: MissedReason | None

    @classmethod
    def of(cls, registration: Registration, unit: Unit) -> RegistrationOut:
        """As it stands now."""
        return cls(**registration.model_dump(include=set(cls.model_fields)), position=position(registration, unit))

    @classmethod
    def signed_up(cls, registration: Registration, unit: Unit) -> RegistrationOut:
        """As it stands in the unit that signed them up, which holds the line still."""
        return cls(**registration.model_dump(include=set(cls.model_fields)), position=told_position(registration, unit))


class Wish(BaseModel):
    """A session to take part in. Staff, and carers for somebody else, add for whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"session_id": AN_ID, "party": 2, "mode": "room", "at_once": False}},
    )

    session_id: UUID
    resident_id: UUID | None = None
    party: Party = 1
    mode: Mode = "room"
    at_once: Annotated[bool, Field(description="Give me a place that becomes free without asking me first.")] = False


class TermWish(BaseModel):
    """The sessions of a programme between two days, both included; the rest as in `Wish`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"programme_id": AN_ID, "since": "2021-05-12", "until": "2021-06-30", "party": 1}},
    )

    programme_id: UUID
    resident_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    party: Party = 1
    mode: Mode = "room"
    at_once: bool = False


class TermGivenBack(BaseModel):
    """The sessions of a programme between two days that are not wanted any more."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"programme_id": AN_ID, "since": "2021-06-01"}})

    programme_id: UUID
    resident_id: UUID | None = None
    since: date | None = None
    until: date | None = None


class EnrolledOut(BaseModel):
    """What came of one session of a term: the registration, or the code and words of why there is none."""

    session_id: UUID
    starts_at: datetime
    registration: RegistrationOut | None
    code: str | None
    detail: str | None


class ModeWish(BaseModel):
    """Where to take part; `keep_waiting`: online only until there is room."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"mode": "online", "keep_waiting": True}})

    mode: Mode
    keep_waiting: bool = False


class OutlookOut(BaseModel):
    """Why somebody waits: who is ahead, how many places must become free, and the same in plain words."""

    position: int
    ahead: int
    seats_ahead: int
    least: int
    surely: int
    why: list[str]


class WaiterOut(BaseModel):
    """Somebody in a line."""

    registration: RegistrationOut
    name: str
    phone: str
    outlook: OutlookOut


class LineOut(BaseModel):
    """The line for the room or online, and the policy it is served by."""

    mode: Mode
    capacity: int
    free: int
    policy: Policy
    waiters: list[WaiterOut]


@router.post("/registrations", status_code=201, response_model=RegistrationOut)
async def post_registration(request: Request, wish: Wish, who: SomebodyDep) -> Response:
    """Sign up: residents for themselves and whom they care for, staff for anybody."""

    def command(unit: Unit) -> Register:
        resident_id = for_whom(who, wish.resident_id, unit)
        return Register(**dict(wish) | {"resident_id": resident_id, "acted_by": acting(who, resident_id)})

    return await sign_ups_of(request).take(request, wish.session_id, command, _signed_up)


@router.post("/registrations/{registration_id}/cancel")
def post_cancel(registration_id: UUID, who: SomebodyDep, unit: UnitDep) -> RegistrationOut:
    """Give a place back, or leave the line; an offer is declined."""
    return RegistrationOut.of(cancel(Cancel(channel=channel(who), **theirs(who, registration_id, unit)), unit), unit)


@router.post("/registrations/{registration_id}/accept")
def post_accept(registration_id: UUID, who: SomebodyDep, unit: UnitDep) -> RegistrationOut:
    """Take the place that is kept for this registration."""
    return RegistrationOut.of(accept_offer(AcceptOffer(**theirs(who, registration_id, unit)), unit), unit)


@router.post("/registrations/{registration_id}/decline")
def post_decline(registration_id: UUID, who: SomebodyDep, unit: UnitDep) -> RegistrationOut:
    """Let the place that is kept go on to the next in line."""
    return RegistrationOut.of(decline_offer(DeclineOffer(channel=channel(who), **theirs(who, registration_id, unit)), unit), unit)


@router.post("/registrations/{registration_id}/mode")
def post_mode(registration_id: UUID, wish: ModeWish, who: SomebodyDep, unit: UnitDep) -> RegistrationOut:
    """Move between the room and online while there is room."""
    return RegistrationOut.of(change_mode(ChangeMode(**theirs(who, registration_id, unit), **wish.model_dump()), unit), unit)


@router.get("/registrations/{registration_id}/outlook")
def get_outlook(registration_id: UUID, who: SomebodyDep, unit: UnitDep) -> OutlookOut:
    """Why this registration waits, and what would have to happen."""
    registration = unit.find(Registration, registration_id)
    if registration is None or not (who.kind == "staff" or may_act_for(who.id, registration.resident_id, unit)):
        raise problems.UnknownRegistration(UNKNOWN)
    found = explain(registration, unit.get(Session, registration.session_id), unit)
    if found is None:
        raise problems.NotWaiting(phrase("这个名额不在候补，没有可解释的。"), state=registration.state)
    numbers, why = found
    return OutlookOut(**_numbers(numbers), why=_in_words(why))


@router.get("/sessions/{session_id}/waitlist")
def get_waitlist(session_id: UUID, staff: StaffDep, unit: UnitDep) -> list[LineOut]:
    """Who waits, in order, with the reason for each position."""
    lines = lines_of(unit.get(Session, session_id), unit)
    waiting = [waiter.registration.resident_id for line in lines for waiter in line.waiters]
    note_list(unit, who=staff, residents=waiting, action="waitlist_read")
    return [
        LineOut(
            mode=line.mode,
            capacity=line.capacity,
            free=line.free,
            policy=line.policy,
            waiters=[
                WaiterOut(
                    registration=RegistrationOut.of(waiter.registration, unit),
                    name=waiter.name,
                    phone=waiter.phone,
                    outlook=OutlookOut(**_numbers(waiter.outlook), why=_in_words(waiter.why)),
                )
                for waiter in line.waiters
            ],
        )
        for line in lines
    ]


@router.post("/enrolments", status_code=201)
def post_enrolment(wish: TermWish, who: SomebodyDep, unit: UnitDep) -> list[EnrolledOut]:
    """Sign up for a term: each session gives a place, a spot in its line, or the reason why not."""
    resident_id = for_whom(who, wish.resident_id, unit)
    given = wish.model_dump(exclude={"resident_id"})
    return [
        EnrolledOut(
            session_id=session.id,
            starts_at=session.starts_at,
            registration=RegistrationOut.signed_up(registration, unit) if registration else None,
            code=refused.code if refused else None,
            detail=refused.detail if refused else None,
        )
        for session, registration, refused in enrol(
            Enrol(resident_id=resident_id, acted_by=acting(who, resident_id), **given), unit
        )
    ]


@router.post("/enrolments/leave")
def post_leave_term(wish: TermGivenBack, who: SomebodyDep, unit: UnitDep) -> list[RegistrationOut]:
    """Give a term back."""
    resident_id = for_whom(who, wish.resident_id, unit)
    given = wish.model_dump(exclude={"resident_id"})
    command = LeaveTerm(resident_id=resident_id, channel=channel(who), acted_by=acting(who, resident_id), **given)
    return [RegistrationOut.of(registration, unit) for registration in leave_term(command, unit)]


def for_whom(who: Principal, resident_id: UUID | None, unit: Unit) -> UUID:
    """The resident that this caller may ask for; raises `UnknownResident`."""
    if who.kind != "resident":
        if resident_id is None:
            raise problems.UnknownResident(phrase("请写明给哪位居民报名。"))
        return resident_id
    if not may_act_for(who.id, resident_id or who.id, unit):
        raise problems.UnknownResident(phrase("您只能给自己，或您照顾的家人报名。"))
    return resident_id or who.id


def acting(who: Principal, resident_id: UUID) -> UUID | None:
    """Who acts, when it is not the resident."""
    return who.id if who.id != resident_id else None


def channel(who: Principal) -> Channel:
    """The way this caller comes."""
    return "web" if who.kind == "resident" else "staff"


def theirs(who: Principal, registration_id: UUID, unit: Unit) -> dict[str, Any]:
    """What commands about a registration are given: residents may touch their own and those of whom they care for, staff any."""
    found = unit.find(Registration, registration_id)
    return {
        "registration_id": registration_id,
        "resident_id": who.id if who.kind == "resident" else None,
        "acted_by": acting(who, found.resident_id) if found else None,
    }


def _signed_up(registration: Registration, unit: Unit) -> Response:
    told = RegistrationOut.signed_up(registration, unit).model_dump_json()
    return Response(told, status_code=201, media_type="application/json")


def _numbers(found: object) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("position", "ahead", "seats_ahead", "least", "surely")}


def _in_words(why: list[Sentence]) -> list[str]:
    return [words.format(**values) for words, values in why]
