"""The staff's desk: today's sessions, one session's roster, programmes, residents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration import domain, projections
from services.registration.api import counted_so_far
from services.registration.features import problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.live_room import CloseLivestream, OpenLivestream, close_livestream, open_livestream
from services.registration.features.mobile import as_mobile
from services.registration.features.open_programme import OpenProgramme, open_programme
from services.registration.features.register import Register, register
from services.registration.features.register_resident import RegisterResident, register_resident, resident_with_phone
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.live import live_rooms
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.settings import RegistrationSettings
from services.registration.tables import LiveRoom, Programme, Session
from shared.clock import SHANGHAI, today
from shared.errors import Invalid, Problem
from shared.http import StaffDep, UnitDep, service_of
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()


async def typed(request: Request) -> dict[str, str]:
    """What was typed into a form, field by field."""
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


Typed = Annotated[str, Form(max_length=2000)]
TypedForm = Annotated[dict[str, str], Depends(typed)]
NOBODY = phrase("没有找到这个手机号，请核对，或先登记居民。")
NO_TIME = phrase("时间要写成 12:00 这样，结束晚于开始。")
AHEAD = timedelta(days=14)


@router.get("/desk")
def show_desk(request: Request, _: StaffDep, unit: UnitDep) -> Response:
    """Today's sessions and those of the next two weeks, with how far their rosters are."""
    midnight = today()
    now = projections.progress_of(projections.sessions_on(midnight.date(), unit), unit)
    tomorrow = midnight + timedelta(days=1)
    soon = projections.progress_of(projections.sessions_between(tomorrow, tomorrow + AHEAD, unit), unit)
    return pages.render(request, "desk.html", today=now, soon=soon)


@router.get("/desk/sessions/{session_id}")
def show_roster(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """One session's roster: a tap checks in."""
    return _roster(request, session_id, unit)


@router.post("/desk/sessions/{session_id}/check-in")
def tap(
    session_id: UUID,
    _: StaffDep,
    unit: UnitDep,
    registration_id: Annotated[UUID, Form()],
    force: Annotated[bool, Form()] = False,
) -> Response:
    """Check somebody on the roster in."""
    check_in(CheckIn(registration_id=registration_id, force=force), unit)
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
    _: StaffDep,
    unit: UnitDep,
    phone: Typed = "",
    at_the_door: Annotated[bool, Form()] = False,
    force: Annotated[bool, Form()] = False,
) -> Response:
    """Sign somebody up who called, or let somebody in who just came, by their phone."""
    try:
        number = as_mobile(phone)
        resident = resident_with_phone(unit.keys.fingerprint(number, "resident.phone"), unit) if number else None
        if resident is None:
            raise problems.UnknownResident(NOBODY)
        if at_the_door:
            check_in(CheckIn(session_id=session_id, resident_id=resident.id, force=force), unit)
        else:
            register(Register(session_id=session_id, resident_id=resident.id), unit)
    except (ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NOBODY
        return _roster(request, session_id, unit, phone=phone, fault=fault, status_code=422)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}/hold")
def hold(session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """Close a session that took place."""
    hold_session(HoldSession(session_id=session_id), unit)
    return see(f"/registration/desk/sessions/{session_id}")


@router.post("/desk/sessions/{session_id}/cancel")
def call_off(session_id: UUID, _: StaffDep, unit: UnitDep, reason: Typed = "") -> Response:
    """Call a session off."""
    try:
        command = CancelSession(session_id=session_id, reason=reason)
    except ValidationError:
        raise Invalid(phrase("请写明取消的原因，四十个字以内；报了名的人会在短信里看到。")) from None
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


@router.get("/desk/programmes")
def show_programmes(request: Request, _: StaffDep, unit: UnitDep) -> Response:
    """All programmes, and a form for another."""
    return _programmes(request, unit, form={}, faults={})


@router.post("/desk/programmes")
def add_programme(request: Request, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Open a programme; each line of its topics is one."""
    lines = [line.strip() for line in form.get("topics", "").splitlines() if line.strip()]
    topics = [{"code": f"t{number}", "title": title} for number, title in enumerate(lines, 1)]
    try:
        command = OpenProgramme.model_validate(form | {"street": _street(request), "topics": topics})
    except ValidationError as error:
        return _programmes(request, unit, form=form, faults=faults_of(error), status_code=422)
    programme = open_programme(command, unit)
    return see(f"/registration/desk/programmes/{programme.id}")


@router.get("/desk/programmes/{programme_id}")
def show_programme(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """One programme: its topics, its sessions, and a form for the next."""
    return _programme(request, programme_id, unit, form={}, faults={})


@router.post("/desk/programmes/{programme_id}")
def add_session(
    request: Request,
    programme_id: UUID,
    _: StaffDep,
    unit: UnitDep,
    day: Typed = "",
    begins: Typed = "",
    ends: Typed = "",
    capacity: Typed = "",
    topic: Typed = "",
) -> Response:
    """Schedule a session."""
    form = {"day": day, "begins": begins, "ends": ends, "capacity": capacity, "topic": topic}
    try:
        command = ScheduleSession.model_validate(
            {
                "programme_id": programme_id,
                "starts_at": _moment(day, begins),
                "ends_at": _moment(day, ends),
                "capacity": capacity,
                "topic": topic or None,
            }
        )
        session = schedule_session(command, unit)
    except ValidationError as error:
        return _programme(request, programme_id, unit, form=form, faults=faults_of(error), status_code=422)
    except (ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NO_TIME
        return _programme(request, programme_id, unit, form=form, faults={"begins": fault}, status_code=422)
    return see(f"/registration/desk/sessions/{session.id}")


@router.get("/residents")
def show_residents(request: Request, _: StaffDep, unit: UnitDep, phone: str = "", before: UUID | None = None) -> Response:
    """Residents, names and numbers masked; one is found by the whole number."""
    try:
        number = as_mobile(phone)
        people = projections.people(unit, before=before, phone=number)
    except ValueError:
        people = []
    return pages.render(
        request,
        "residents.html",
        people=people,
        count=projections.how_many_residents(unit),
        phone=phone,
        more=people[-1].id if len(people) == projections.PAGE else None,
    )


@router.get("/residents/new")
def show_new_resident(request: Request, _: StaffDep) -> Response:
    """A form for somebody new."""
    return pages.render(request, "resident_new.html", form={"street": _street(request)}, consents=(), faults={})


@router.post("/residents/new")
def add_resident(
    request: Request, _: StaffDep, unit: UnitDep, form: TypedForm, consents: Annotated[tuple[str, ...], Form()] = ()
) -> Response:
    """Register a resident."""
    given = {name: form[name] for name in ("name", "phone", "street", "birth_year") if form.get(name)}
    try:
        command = RegisterResident.model_validate(given | {"consents": consents})
        resident = register_resident(command, unit)
    except ValidationError as error:
        faults = faults_of(error)
        return pages.render(request, "resident_new.html", form=form, consents=consents, faults=faults, status_code=422)
    except problems.PhoneTaken as problem:
        faults = {"phone": problem.detail}
        return pages.render(request, "resident_new.html", form=form, consents=consents, faults=faults, status_code=409)
    return see(f"/registration/residents?new={resident.id}")


def _roster(
    request: Request, session_id: UUID, unit: Unit, *, phone: str = "", fault: str | None = None, status_code: int = 200
) -> Response:
    session = unit.get(Session, session_id)
    return pages.render(
        request,
        "roster.html",
        session=session,
        lines=projections.roster(session_id, unit),
        progress=projections.progress_of([session], unit)[0],
        doors_open=domain.doors_are_open(session.starts_at, unit.now, SHANGHAI),
        begun=unit.now >= session.starts_at,
        over=unit.now >= session.ends_at,
        room=unit.find(LiveRoom, session_id),
        viewers=live_rooms(request).viewers(session_id),
        phone=phone,
        fault=fault,
        status_code=status_code,
    )


def _programmes(
    request: Request, unit: Unit, *, form: dict[str, str], faults: dict[str, str], status_code: int = 200
) -> Response:
    return pages.render(
        request, "programmes.html", programmes=projections.programmes(unit), form=form, faults=faults, status_code=status_code
    )


def _programme(
    request: Request, programme_id: UUID, unit: Unit, *, form: dict[str, str], faults: dict[str, str], status_code: int = 200
) -> Response:
    programme = unit.get(Programme, programme_id)
    sessions = projections.progress_of(projections.sessions_of(programme.id, unit), unit)
    return pages.render(
        request, "programme.html", programme=programme, sessions=sessions, form=form, faults=faults, status_code=status_code
    )


def _moment(day: str, at: str) -> datetime:
    """A day and a time of day in Shanghai, as forms give them."""
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=SHANGHAI)


def _street(request: Request) -> str:
    settings: Any = service_of(request).settings
    assert isinstance(settings, RegistrationSettings)
    return settings.street
