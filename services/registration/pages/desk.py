"""The staff's desk: today's sessions, and one session's roster."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api.live import counted_so_far
from services.registration.domain.presence import Direction, MissedReason
from services.registration.features import problems
from services.registration.features.access_log import note_list
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.check_in import CheckedIn, CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.live_room import CloseLivestream, OpenLivestream, close_livestream, open_livestream
from services.registration.features.mobile import as_mobile
from services.registration.features.note_missed import NoteMissed, note_missed
from services.registration.features.register import Register, register
from services.registration.features.register_resident import resident_with_phone
from services.registration.features.verdicts import WORDS, refusal
from services.registration.live import live_rooms
from services.registration.pages.forms import Typed
from services.registration.pages.live_roster import shown
from services.registration.pages.rendering import pages, see
from services.registration.projections.calendar import sessions_between, sessions_on
from services.registration.projections.places import progress_of
from services.registration.projections.presence import listed_residents
from services.registration.tables import LiveRoom, Session
from shared.clock import today
from shared.errors import Invalid, Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase
from shared.web.errors import error_page

router = APIRouter()

NOBODY = phrase("没有找到这个手机号，请核对，或先登记居民。")

AHEAD = timedelta(days=14)


@router.get("/desk")
def show_desk(request: Request, staff: StaffDep, unit: UnitDep) -> Response:
    """Today's sessions and those of the next two weeks, with how far their rosters are."""
    midnight = today()
    now = progress_of(sessions_on(midnight.date(), unit, staff), unit)
    tomorrow = midnight + timedelta(days=1)
    soon = progress_of(sessions_between(tomorrow, tomorrow + AHEAD, unit, staff), unit)
    return pages.render(request, "desk.html", today=now, soon=soon)


@router.get("/desk/sessions/{session_id}")
def show_roster(request: Request, session_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """One session's roster: a tap checks in. Whom it names can read that it was looked at."""
    note_list(unit, who=staff, residents=listed_residents(session_id, unit), action="roster_read")
    return _roster(request, session_id, unit)


@router.post("/desk/sessions/{session_id}/check-in")
def tap(
    request: Request,
    session_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    registration_id: Annotated[UUID | None, Form()] = None,
    ticket: Typed = "",
    direction: Annotated[Direction, Form()] = "entry",
    force: Annotated[bool, Form()] = False,
) -> Response:
    """Check somebody on the roster, or the holder of a ticket, in or out."""
    found = {"registration_id": registration_id} if registration_id else {"ticket": ticket[:400]}
    command = CheckIn.model_validate({"session_id": session_id, "direction": direction, "force": force, "by": staff.id} | found)
    done = check_in(command, unit)
    problem = refusal(done)
    if problem is not None or done.registration is None:
        return error_page(request, problem or problems.UnknownRegistration(WORDS["unknown"]))
    return see(f"/registration/desk/sessions/{session_id}#{done.registration.id}")


@router.post("/desk/sessions/{session_id}/missed")
def say_why(
    session_id: UUID,
    _: StaffDep,
    unit: UnitDep,
    registration_id: Annotated[UUID, Form()],
    reason: Annotated[MissedReason, Form()],
) -> Response:
    """Write down why somebody did not come, as they said on the phone."""
    note_missed(NoteMissed(registration_id=registration_id, reason=reason), unit)
    return see(f"/registration/desk/sessions/{session_id}#{registration_id}")


@router.post("/desk/sessions/{session_id}/give-back")
def give_back(session_id: UUID, _: StaffDep, unit: UnitDep, registration_id: Annotated[UUID, Form()]) -> Response:
    """Give a place back for somebody who called."""
    cancel(Cancel(registration_id=registration_id, channel="staff"), unit)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}")
def add_by_phone(
    request: Request,
    session_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    phone: Typed = "",
    at_the_door: Annotated[bool, Form()] = False,
    force: Annotated[bool, Form()] = False,
) -> Response:
    """Sign somebody up who called, or let somebody in who just came, by their phone."""
    fault = None
    try:
        number = as_mobile(phone)
        resident = resident_with_phone(unit.keys.fingerprint(number, "resident.phone"), unit) if number else None
        if resident is None:
            raise problems.UnknownResident(NOBODY)
        if at_the_door:
            command = CheckIn(session_id=session_id, resident_id=resident.id, force=force, by=staff.id)
            fault = _fault_of(check_in(command, unit))
        else:
            register(Register(session_id=session_id, resident_id=resident.id), unit)
    except (ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NOBODY
    if fault is not None:
        return _roster(request, session_id, unit, phone=phone, fault=fault, status_code=422)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}/hold")
def hold(session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """Close a session that took place."""
    hold_session(HoldSession(session_id=session_id), unit)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}/cancel")
def call_off(session_id: UUID, _: StaffDep, unit: UnitDep, reason: Typed = "", words: Typed = "") -> Response:
    """Call a session off."""
    try:
        command = CancelSession.model_validate({"session_id": session_id, "reason": reason, "words": words})
    except ValidationError:
        raise Invalid(phrase("请选一个取消的原因；补充的话四十个字以内。")) from None
    cancel_session(command, unit)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}/open-room")
def open_room(session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """Let viewers into the live room."""
    open_livestream(OpenLivestream(session_id=session_id), unit)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}/close-room", dependencies=[Depends(counted_so_far)])
def close_room(session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """Close the live room and count it."""
    close_livestream(CloseLivestream(session_id=session_id), unit)
    return see(f"/registration/desk/sessions/{session_id}")


def _fault_of(done: CheckedIn) -> str | None:
    return None if refusal(done) is None else WORDS[done.verdict]


def _roster(
    request: Request, session_id: UUID, unit: Unit, *, phone: str = "", fault: str | None = None, status_code: int = 200
) -> Response:
    session = unit.get(Session, session_id)
    return pages.render(
        request,
        "roster.html",
        **shown(session, unit),
        ticket=request.query_params.get("ticket", "")[:400],
        room=unit.find(LiveRoom, session_id),
        viewers=live_rooms(request).viewers(session_id),
        phone=phone,
        fault=fault,
        status_code=status_code,
    )
