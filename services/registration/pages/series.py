"""A programme's rhythm, topics and rules, as staff change them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from services.registration.features.edit_programme import EditProgramme, edit_programme
from services.registration.features.edit_topics import EditTopics, edit_topics, newest_topics
from services.registration.features.end_series import EndSeries, end_series
from services.registration.features.holidays import known_years
from services.registration.features.repeat import Repeat, next_slots, preview, repeat
from services.registration.features.skip_date import SkipDate, skip_date
from services.registration.pages.forms import TypedForm
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.pages.rhythm import rule_of, rule_parts
from services.registration.tables import Programme, Recurrence
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NO_TIME = phrase("请填开始的日子和时间，时间写成 12:00 这样，结束晚于开始。")
NO_TOPICS = phrase("每个主题都要有名称，六十个字以内。")
NO_RULES = phrase("有一项填得不对：人数和时间要填数字，报名要先开始、后结束，年龄从小到大。")


@router.get("/desk/programmes/{programme_id}/rhythm")
def show_rhythm(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """When the programme's sessions come round, and a form for a rule with its next dates."""
    return _rhythm(request, programme_id, unit)


@router.post("/desk/programmes/{programme_id}/rhythm")
def change_rhythm(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Look at a rule's next dates, let sessions come round by it, leave a date out, or let a series end."""
    try:
        match form.get("act"):
            case "skip" | "back":
                wish = {"recurrence_id": form.get("series"), "on": form.get("on"), "back": form["act"] == "back"}
                skip_date(SkipDate.model_validate(wish), unit)
            case "end":
                end_series(EndSeries.model_validate({"recurrence_id": form.get("series"), "last_on": form.get("on")}), unit)
            case act:
                command = Repeat.model_validate({"programme_id": programme_id} | rule_of(form))
                if act == "preview":
                    return _rhythm(request, programme_id, unit, form=form, found=preview(command, unit))
                repeat(command, unit)
    except (ValidationError, ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NO_TIME
        return _rhythm(request, programme_id, unit, form=form, fault=fault, status_code=422)
    return see(f"/registration/desk/programmes/{programme_id}/rhythm")


@router.get("/desk/programmes/{programme_id}/topics")
def show_topics(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """The topics in the order of their turns."""
    return _topics(request, programme_id, unit)


@router.post("/desk/programmes/{programme_id}/topics")
def change_topics(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Keep the topics as they were ordered and written; an empty title takes one away."""
    taken = set(newest_topics(programme_id, unit))
    rows = []
    for number in range(1, 62):
        title = form.get(f"title-{number}", "")
        if title:
            code = form.get(f"code-{number}") or _fresh_code(taken)
            taken.add(code)
            rows.append((_place(form.get(f"order-{number}", ""), number), number, code, title, form.get(f"outline-{number}", "")))
    topics = [{"code": code, "title": title, "outline": outline} for _, _, code, title, outline in sorted(rows)]
    try:
        command = EditTopics.model_validate({"programme_id": programme_id, "topics": topics})
    except ValidationError:
        return _topics(request, programme_id, unit, fault=NO_TOPICS, status_code=422)
    edit_topics(command, unit)
    return see(f"/registration/desk/programmes/{programme_id}/topics")


@router.get("/desk/programmes/{programme_id}/rules")
def show_rules(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """What the programme says, and its rules."""
    return _rules(request, programme_id, unit)


@router.post("/desk/programmes/{programme_id}/rules")
def change_rules(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Keep them."""
    wish: dict[str, Any] = {
        name: value for name, value in form.items() if value and name not in AUDIENCE and name != "nominated_only"
    }
    audience: dict[str, Any] = {name: form[name] for name in ("age_from", "age_to") if form.get(name)}
    audience["streets"] = form.get("streets", "").replace("，", " ").replace(",", " ").split()
    audience["nominated_only"] = bool(form.get("nominated_only"))
    try:
        command = EditProgramme.model_validate(wish | {"audience": audience, "programme_id": programme_id})
        edit_programme(command, unit)
    except (ValidationError, Problem) as error:
        faults = faults_of(error) if isinstance(error, ValidationError) else {}
        fault = error.detail if isinstance(error, Problem) else NO_RULES
        return _rules(request, programme_id, unit, form=form, faults=faults, fault=fault, status_code=422)
    return see(f"/registration/desk/programmes/{programme_id}")


AUDIENCE = ("age_from", "age_to", "streets")


def _rhythm(
    request: Request,
    programme_id: UUID,
    unit: Unit,
    *,
    form: dict[str, str] | None = None,
    found: Any = None,
    fault: str = "",
    status_code: int = 200,
) -> Response:
    programme = unit.get(Programme, programme_id)
    every = select(Recurrence).where(col(Recurrence.programme_id) == programme.id).order_by(col(Recurrence.from_on))
    series = [(row, rule_parts(row.rule), next_slots(row, programme, unit)) for row in unit.session.exec(every).all()]
    return pages.render(
        request,
        "rhythm.html",
        programme=programme,
        series=series,
        known=known_years(unit),
        form=form or {},
        found=found,
        fault=fault,
        status_code=status_code,
    )


def _topics(request: Request, programme_id: UUID, unit: Unit, *, fault: str = "", status_code: int = 200) -> Response:
    programme = unit.get(Programme, programme_id)
    return pages.render(
        request,
        "topics.html",
        programme=programme,
        versions=newest_topics(programme.id, unit),
        fault=fault,
        status_code=status_code,
    )


def _rules(
    request: Request,
    programme_id: UUID,
    unit: Unit,
    *,
    form: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
    fault: str = "",
    status_code: int = 200,
) -> Response:
    programme = unit.get(Programme, programme_id)
    kept = {name: value for name, value in programme.model_dump().items() if name not in ("topics", "audience")}
    audience = programme.audience
    kept |= {name: audience.get(name) for name in ("age_from", "age_to", "nominated_only")}
    kept["streets"] = " ".join(audience.get("streets", ()))
    return pages.render(
        request,
        "rules.html",
        programme=programme,
        kept={name: "" if value is None else value for name, value in kept.items()} | (form or {}),
        faults=faults or {},
        fault=fault,
        status_code=status_code,
    )


def _place(text: str, number: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else number


def _fresh_code(taken: set[str]) -> str:
    return next(code for code in (f"t{number}" for number in range(1, 10_000)) if code not in taken)
