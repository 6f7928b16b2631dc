"""Changing a session: this date, this and all that follow, or all to come; and who is there."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.domain.recurrence import Slot
from services.registration.features.assign import Assign, assign
from services.registration.features.edit_series import EditSeries, edit_series, preview_series
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.features.holidays import known_years
from services.registration.pages.forms import TypedForm
from services.registration.pages.rendering import pages, see
from services.registration.pages.rhythm import WEEKDAYS, rule_parts
from services.registration.projections.instructors import clashes_of, instructors, people_at
from services.registration.tables import Programme, Recurrence, Session
from shared.clock import SHANGHAI
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

WRONG = phrase("有一项填得不对：日期、时间和人数请再看一看，结束晚于开始。")


@router.get("/desk/sessions/{session_id}/edit")
def show_edit(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """What can be changed about a session."""
    return _edit(request, session_id, unit)


@router.post("/desk/sessions/{session_id}/edit")
def change_session(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Carry the change out for this date, for this and all that follow, or for all to come."""
    try:
        if form.get("act") == "people":
            people = [
                {"instructor_id": name.removeprefix("part-"), "part": part}
                for name, part in form.items()
                if name.startswith("part-") and part
            ]
            assign(Assign.model_validate({"session_id": session_id, "people": people}), unit)
            return see(f"/registration/desk/sessions/{session_id}/edit#people")
        session = unit.get(Session, session_id)
        if form.get("scope") in ("following", "all"):
            command = EditSeries.model_validate(_of_series(session, form, unit))
            if form.get("act") == "preview":
                return _edit(request, session_id, unit, form=form, found=preview_series(command, unit))
            edit_series(command, unit)
        else:
            edit_session(EditSession.model_validate(_of_date(session, form)), unit)
    except (ValidationError, ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else WRONG
        return _edit(request, session_id, unit, form=form, fault=fault, status_code=422)
    return see(f"/registration/desk/sessions/{session_id}/edit?done")


def _changed(session: Session, form: dict[str, str]) -> dict[str, Any]:
    """What was typed that is not so yet."""
    names = ("title", "place", "room", "capacity", "online_capacity")
    return {name: form[name] for name in names if name in form and form[name] != str(getattr(session, name))}


def _of_date(session: Session, form: dict[str, str]) -> dict[str, Any]:
    wish: dict[str, Any] = {"session_id": session.id} | _changed(session, form)
    for name, clock in (("starts_at", "begins"), ("ends_at", "ends")):
        wish[name] = datetime.fromisoformat(f"{form.get('day')}T{form.get(clock)}").replace(tzinfo=SHANGHAI)
    if form.get("topic") and form["topic"] != session.topic:
        wish["topic"] = form["topic"]
    return wish


def _of_series(session: Session, form: dict[str, str], unit: Unit) -> dict[str, Any]:
    wish: dict[str, Any] = {"session_id": session.id, "scope": form["scope"]} | _changed(session, form)
    begins, ends = (time.fromisoformat(form.get(name, "")) for name in ("begins", "ends"))
    minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    local = session.starts_at.astimezone(SHANGHAI)
    if begins != local.time() or minutes != (session.ends_at - session.starts_at).total_seconds() // 60:
        wish |= {"begins": begins, "minutes": minutes}
    chosen = [day for day in WEEKDAYS if form.get(f"day-{day}")]
    if chosen and chosen != _weekdays(session, unit):
        wish["weekdays"] = chosen
    return wish


def _weekdays(session: Session, unit: Unit) -> list[str]:
    """On which days of the week the session's series is held; none where it does not come round by weeks."""
    series = unit.find(Recurrence, session.recurrence_id) if session.recurrence_id else None
    parts = rule_parts(series.rule) if series else {}
    if series is None or parts["every"] != "WEEKLY":
        return []
    return [day for day in WEEKDAYS if day in parts["days"]] or [WEEKDAYS[series.anchored_on.weekday()]]


def _edit(
    request: Request,
    session_id: UUID,
    unit: Unit,
    *,
    form: dict[str, str] | None = None,
    found: list[Slot] | None = None,
    fault: str = "",
    status_code: int = 200,
) -> Response:
    session = unit.get(Session, session_id)
    weekdays = _weekdays(session, unit)
    starts, ends = session.starts_at.astimezone(SHANGHAI), session.ends_at.astimezone(SHANGHAI)
    kept = {
        "day": f"{starts:%Y-%m-%d}",
        "begins": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        **{name: str(getattr(session, name)) for name in ("title", "place", "room", "capacity", "online_capacity", "topic")},
    }
    return pages.render(
        request,
        "session_edit.html",
        session=session,
        programme=unit.get(Programme, session.programme_id),
        kept=kept | (form or {}),
        weekdays=weekdays,
        chosen=[day for day in WEEKDAYS if form.get(f"day-{day}")] if form else weekdays,
        found=found,
        known=known_years(unit),
        people={each.person.id: each for each in people_at(session.id, unit)},
        everybody=instructors(unit),
        clashes=clashes_of(session, unit),
        done="done" in request.query_params,
        fault=fault,
        status_code=status_code,
    )
