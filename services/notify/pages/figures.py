"""The figures of texts for staff: a month's days and carriers, and what carriers bill."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.domain import figures
from services.notify.features.enter_bill import EnterBill, enter_bill
from services.notify.features.read_figures import list_days, reckon
from services.notify.pages.words import WORDS, pages
from shared.auth import Principal, require
from shared.clock import today
from shared.http import PrincipalDep, StaffDep, UnitDep

router = APIRouter()

MONTH = r"^20\d{2}-(0[1-9]|1[0-2])$"
MONTHS_BACK = 24


def _operator(principal: PrincipalDep) -> Principal:
    return require(principal, "operator")


@router.get("/messages/figures")
def get_figures(
    request: Request, unit: UnitDep, staff: StaffDep, month: Annotated[str | None, Query(pattern=MONTH)] = None
) -> Response:
    """A month of texts, by day and carrier."""
    first, last = figures.month(date.fromisoformat(f"{month}-01") if month else today().date())
    days = list_days(first, last, unit)
    return pages.render(
        request,
        "figures.html",
        month=f"{first:%Y-%m}",
        months=_months(),
        days=[day for day in days if day.attempts or day.skipped or day.opt_outs or day.replies],
        newest=next(iter(days), None),
        reckonings=reckon(first, last, unit),
        over=last < today().date(),
        may_enter=staff.may("operator"),
        share=figures.share,
        aim=figures.AIM,
        **WORDS,
    )


@router.post("/messages/figures")
def post_bill(
    unit: UnitDep,
    staff: Annotated[Principal, Depends(_operator)],
    month: Annotated[str, Form(pattern=MONTH)],
    carrier: Annotated[str, Form(max_length=40)],
    parts: Annotated[int, Form(ge=0, le=10**9)],
) -> Response:
    """What a carrier billed."""
    enter_bill(EnterBill(month=date.fromisoformat(f"{month}-01"), carrier=carrier, parts=parts, staff_id=staff.id), unit)
    return RedirectResponse(f"/notify/messages/figures?month={month}", status_code=303)


def _months() -> list[str]:
    """The present month and those before it."""
    first, found = today().date().replace(day=1), []
    for _ in range(MONTHS_BACK):
        found.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return found
