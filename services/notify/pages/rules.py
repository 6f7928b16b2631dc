"""The hours in which texts go out, and how long before a session its reminders come."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from services.notify.api.templates import EditorDep
from services.notify.features.house_rules import SetRules, rules_of, set_rules
from services.notify.pages.words import pages
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.web.faults import words_of

router = APIRouter()

PATH = "/notify/messages/rules"
Typed = Annotated[str, Form(max_length=20)]


@router.get("/messages/rules")
def get_rules(request: Request, unit: UnitDep, _: StaffDep, kept: bool = False) -> Response:
    """The rules in force, as a form."""
    rules = rules_of(unit)
    form = {
        "opens": f"{rules.opens:%H:%M}",
        "closes": f"{rules.closes:%H:%M}",
        "day_lead": rules.day_lead,
        "hours_lead": rules.hours_lead,
    }
    return pages.render(request, "rules.html", form=form, trouble="", kept=kept)


@router.post("/messages/rules")
def post_rules(
    request: Request,
    unit: UnitDep,
    _: EditorDep,
    opens: Typed = "",
    closes: Typed = "",
    day_lead: Typed = "",
    hours_lead: Typed = "",
) -> Response:
    """Set them."""
    form: dict[str, Any] = {"opens": opens, "closes": closes, "day_lead": day_lead, "hours_lead": hours_lead}
    try:
        set_rules(SetRules.model_validate(form), unit)
    except ValidationError as error:
        trouble = words_of(error.errors(include_input=False)[0])
        return pages.render(request, "rules.html", form=form, trouble=trouble, kept=False, status_code=422)
    except Problem as problem:
        return pages.render(request, "rules.html", form=form, trouble=problem.detail, kept=False, status_code=problem.status)
    return RedirectResponse(f"{PATH}?kept=true", status_code=303)
