"""The staff's programmes and their sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.features.holidays import known_years
from services.registration.features.open_programme import OpenProgramme, open_programme
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.pages.forms import Typed, TypedForm, street_of
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.projections.calendar import programmes, sessions_of
from services.registration.projections.missed import missed_by_month
from services.registration.projections.places import progress_of
from services.registration.tables import Programme, Session
from shared.auth import Principal
from shared.clock import SHANGHAI
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NO_TIME = phrase("时间要写成 12:00 这样，结束晚于开始。")


@router.get("/desk/programmes")
def show_programmes(request: Request, staff: StaffDep, unit: UnitDep) -> Response:
    """All programmes, and a form for another."""
    return _programmes(request, staff, unit, form={}, faults={})


@router.post("/desk/programmes")
def add_programme(request: Request, staff: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Open a programme; each line of its topics is one."""
    lines = [line.strip() for line in form.get("topics", "").splitlines() if line.strip()]
    topics = [{"code": f"t{number}", "title": title} for number, title in enumerate(lines, 1)]
    try:
        command = OpenProgramme.model_validate(form | {"street": street_of(request), "topics": topics})
    except ValidationError as error:
        return _programmes(request, staff, unit, form=form, faults=faults_of(error), status_code=422)
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


def _programmes(
    request: Request, staff: Principal, unit: Unit, *, form: dict[str, str], faults: dict[str, str], status_code: int = 200
) -> Response:
    return pages.render(
        request, "programmes.html", programmes=programmes(unit, staff), form=form, faults=faults, status_code=status_code
    )


def _programme(
    request: Request, programme_id: UUID, unit: Unit, *, form: dict[str, str], faults: dict[str, str], status_code: int = 200
) -> Response:
    programme = unit.get(Programme, programme_id)
    sessions = progress_of(sessions_of(programme.id, unit), unit)
    known = known_years(unit)

    def provisional(session: Session) -> bool:
        return session.recurrence_id is not None and session.starts_at.astimezone(SHANGHAI).year not in known

    return pages.render(
        request,
        "programme.html",
        programme=programme,
        sessions=sessions,
        provisional=provisional,
        missed=missed_by_month(programme.id, unit),
        form=form,
        faults=faults,
        status_code=status_code,
    )


def _moment(day: str, at: str) -> datetime:
    """A day and a time of day in Shanghai, as forms give them."""
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=SHANGHAI)
