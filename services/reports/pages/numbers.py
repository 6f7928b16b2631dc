"""Figures and ranking, for staff."""

from __future__ import annotations

from fastapi import APIRouter, Form, Request, Response

from services.reports.api import MONTH, EditorDep, MonthDep
from services.reports.domain import Month
from services.reports.features.figures import compute
from services.reports.features.missed import missed
from services.reports.features.order import OrderBulletin, order
from services.reports.features.ranking import ranking
from services.reports.pages.common import pages
from shared.clock import today
from shared.http import StaffDep, UnitDep

router = APIRouter()


@router.get("/figures")
def show_figures(request: Request, staff: StaffDep, unit: UnitDep, month: MonthDep, ordered: bool = False) -> Response:
    """Every figure of a month with its definition; editors publish from here."""
    present = Month.of(today().date())
    return pages.render(
        request,
        "figures.html",
        month=month,
        months=[present.back(back) for back in range(24)],
        figures=compute(month, unit),
        missed=missed(month, staff, unit),
        may_publish=staff.may("editor"),
        ordered=ordered,
    )


@router.post("/figures")
def publish_month(_: EditorDep, unit: UnitDep, month: str = Form(pattern=MONTH)) -> Response:
    """Order the bulletin of a month."""
    order(OrderBulletin(month=month), unit)
    return Response(status_code=303, headers={"location": f"/reports/figures?month={month}&ordered=1"})


@router.get("/ranking")
def show_ranking(request: Request, _: StaffDep, unit: UnitDep, month: MonthDep) -> Response:
    """All stations that take part, with every point explained."""
    found = ranking(month, unit)
    return pages.render(request, "ranking.html", month=month, ranking=found, heads=[(name, "number") for name in found.criteria])
