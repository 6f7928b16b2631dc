"""The staff's calendar of a month, its holidays, and the lecturers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.features.assign import AddInstructor, EditInstructor, add_instructor, edit_instructor
from services.registration.features.holidays import (
    ClearDay,
    ConfirmYear,
    SetDay,
    clear_day,
    confirm_year,
    known_years,
    set_day,
    special_days,
)
from services.registration.features.materialise import materialise_all
from services.registration.pages.forms import TypedForm
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.projections.calendar import sessions_between
from services.registration.projections.instructors import instructors
from services.registration.projections.places import progress_of
from shared.clock import SHANGHAI, today
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NO_DAY = phrase("请填一个日子和它的名称；上班日可以写明补哪一天。")


@router.get("/desk/calendar")
def show_calendar(request: Request, staff: StaffDep, unit: UnitDep, month: str = "", view: str = "month") -> Response:
    """What is on in a month: as weeks, or as a list."""
    first = _month(month)
    after = (first + timedelta(days=31)).replace(day=1)
    monday = first - timedelta(days=first.weekday())
    weeks = -(-((after - monday).days) // 7)
    begins = datetime.combine(monday, time.min, SHANGHAI)
    sessions = sessions_between(begins, begins + timedelta(weeks=weeks), unit, staff)
    days = [monday + timedelta(days=number) for number in range(weeks * 7)]
    on = {day: [each for each in sessions if each.starts_at.astimezone(SHANGHAI).date() == day] for day in days}
    within = [each for each in sessions if first <= each.starts_at.astimezone(SHANGHAI).date() < after]
    return pages.render(
        request,
        "calendar_month.html",
        first=first,
        before=first - timedelta(days=1),
        after=after,
        weeks=[days[number : number + 7] for number in range(0, len(days), 7)],
        on=on,
        special=special_days(days[0], days[-1], unit),
        provisional=first.year not in known_years(unit),
        shape="list" if view == "list" else "month",
        progress=progress_of(within, unit),
    )


@router.get("/desk/holidays")
def show_holidays(request: Request, _: StaffDep, unit: UnitDep, year: int = 0) -> Response:
    """The days off and make-up days of a year, and whether its notice is out."""
    return _holidays(request, year, unit)


@router.post("/desk/holidays")
def change_holidays(request: Request, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Mark a day, clear one, or confirm a year; what is on the calendar follows at once."""
    year = int(form.get("year", "0") or 0) if form.get("year", "").isascii() and form.get("year", "").isdigit() else 0
    try:
        match form.get("act"):
            case "confirm":
                confirm_year(ConfirmYear(year=year), unit)
            case "clear":
                clear_day(ClearDay.model_validate({"on": form.get("on")}), unit)
            case _:
                wish = {name: form.get(name) or None for name in ("on", "kind", "name", "stands_for")}
                set_day(SetDay.model_validate(wish), unit)
    except (ValidationError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NO_DAY
        return _holidays(request, year, unit, form=form, fault=fault, status_code=422)
    unit.session.flush()
    materialise_all(unit)
    return see(f"/registration/desk/holidays?year={year or today().year}")


@router.get("/desk/instructors")
def show_instructors(request: Request, _: StaffDep, unit: UnitDep) -> Response:
    """Lecturers and volunteers, and a form for another."""
    return pages.render(request, "instructors.html", people=instructors(unit), form={}, faults={})


@router.post("/desk/instructors")
def keep_instructor(request: Request, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Put somebody on the list, or correct what is kept of them."""
    wish = {name: form.get(name, "") for name in ("name", "title", "organisation")}
    wish["may_be_named"] = "true" if form.get("may_be_named") else "false"
    try:
        if form.get("instructor_id"):
            edit_instructor(EditInstructor.model_validate(wish | {"instructor_id": form["instructor_id"]}), unit)
        else:
            add_instructor(AddInstructor.model_validate(wish), unit)
    except ValidationError as error:
        people = instructors(unit)
        return pages.render(request, "instructors.html", people=people, form=form, faults=faults_of(error), status_code=422)
    return see("/registration/desk/instructors")


def _holidays(
    request: Request, year: int, unit: Unit, *, form: dict[str, str] | None = None, fault: str = "", status_code: int = 200
) -> Response:
    shown = year if 2000 <= year <= 2200 else today().year
    return pages.render(
        request,
        "holidays.html",
        year=shown,
        known=shown in known_years(unit),
        days=special_days(date(shown, 1, 1), date(shown, 12, 31), unit),
        form=form or {},
        fault=fault,
        status_code=status_code,
    )


def _month(text: str) -> date:
    """The first day of the month that an address names; of this month if it names none."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today().date().replace(day=1)
