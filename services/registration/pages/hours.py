"""Somebody's hours as staff keep them: the three years they count in, training elsewhere, and lines that were wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api.certificates import whose_hours
from services.registration.features.keep_hours import (
    EnterHours,
    StartCycle,
    VoidHours,
    enter_hours,
    start_cycle,
    void_hours,
)
from services.registration.pages.forms import TypedForm
from services.registration.pages.rendering import pages, see
from services.registration.projections.accounts import names_of
from services.registration.projections.courses import ledger_of, transcript
from services.registration.projections.people import name_of
from services.registration.tables import Resident
from shared.auth import Principal
from shared.clock import today
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

WRONG = {
    "cycle": phrase("请填周期从哪一天开始，再选一样。"),
    "enter": phrase("每一项都要填：内容、类别、分钟数、证明和日期；分钟写数字，文字各六十个字以内。"),
    "void": phrase("请选一行，再写明为什么冲销，两个字以上、一百个字以内。"),
}


@router.get("/residents/{resident_id}/hours")
def show_hours(request: Request, resident_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """Somebody's hours, to be printed and kept."""
    return _hours(request, resident_id, staff, unit)


@router.post("/residents/{resident_id}/hours")
def keep(request: Request, resident_id: UUID, staff: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Begin a cycle, enter training elsewhere, or void a line."""
    act = form.get("act", "")
    own: dict[str, Any] = {name: value for name, value in form.items() if name not in ("act", "once") and value}
    own |= {"resident_id": resident_id, "by": staff.id}
    if own.get("minutes_per_hour") in ("45", "60"):
        own["minutes_per_hour"] = int(own["minutes_per_hour"])
    try:
        match act:
            case "cycle":
                start_cycle(StartCycle.model_validate(own), unit)
            case "void":
                void_hours(VoidHours.model_validate(own), unit)
            case _:
                act = "enter"
                enter_hours(EnterHours.model_validate(own), unit)
    except (ValidationError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else WRONG[act]
        status = error.status if isinstance(error, Problem) else 422
        return _hours(request, resident_id, staff, unit, form=form, fault=(act, fault), status_code=status)
    return see(f"/registration/residents/{resident_id}/hours")


def _hours(
    request: Request,
    resident_id: UUID,
    staff: Principal,
    unit: Unit,
    *,
    form: dict[str, str] | None = None,
    fault: tuple[str, str] = ("", ""),
    status_code: int = 200,
) -> Response:
    whose = unit.get(Resident, whose_hours(resident_id, staff, unit))
    unit.session.flush()
    ledger = ledger_of(resident_id, today().date(), unit)
    rows = transcript(ledger, unit)
    return pages.render(
        request,
        "hours.html",
        name=name_of(whose, unit),
        resident=whose,
        ledger=ledger,
        rows=rows,
        names=names_of({row["entered_by"] for row in rows}, unit),
        form=form or {},
        fault=fault,
        status_code=status_code,
    )
