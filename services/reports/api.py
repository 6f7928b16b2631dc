"""Reports' interface in JSON: figures, ranking, bulletins, and the count of everything by both sides."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from services.reports.domain import Month
from services.reports.features.compare import Comparison, compare
from services.reports.features.figures import Figure, compute
from services.reports.features.missed import MissedLine, missed
from services.reports.features.order import OrderBulletin, Ordered, order
from services.reports.features.ranking import Ranking, ranking
from services.reports.features.read_issues import IssueLine, archive
from services.reports.features.rebuild import rebuild
from shared.auth import Principal, require
from shared.clock import today
from shared.errors import Problem
from shared.http import StaffDep, UnitDep, service_of
from shared.peers import PeerDown

MONTH = r"^20\d{2}-(0[1-9]|1[0-2])$"

router = APIRouter(prefix="/reports/api", tags=["reports"])


def _editor(staff: StaffDep) -> Principal:
    return require(staff, "editor")


def _operator(staff: StaffDep) -> Principal:
    return require(staff, "operator")


EditorDep = Annotated[Principal, Depends(_editor)]
OperatorDep = Annotated[Principal, Depends(_operator)]


def month_of(
    month: Annotated[str | None, Query(pattern=MONTH, description="Year and month; the present one if absent")] = None,
) -> Month:
    """The month a request names, else the present one."""
    return Month.parse(month) if month else Month.of(today().date())


MonthDep = Annotated[Month, Depends(month_of)]


class PeerAway(Problem):
    """A service that has to count did not answer."""

    status = 503
    code = "peer_away"
    title = "A service does not answer"


class Rebuilding(BaseModel):
    """The logs that are being folded again."""

    sources: list[str]


@router.get("/figures")
def get_figures(_: StaffDep, unit: UnitDep, month: MonthDep) -> list[Figure]:
    """Every figure of a month, exact, with the query that gave it."""
    return compute(month, unit)


@router.get("/missed")
def get_missed(staff: StaffDep, unit: UnitDep, month: MonthDep) -> list[MissedLine]:
    """Why people missed the sessions of a month, by programme; counts too small to be said are null."""
    return missed(month, staff, unit)


@router.get("/ranking")
def get_ranking(_: StaffDep, unit: UnitDep, month: MonthDep) -> Ranking:
    """All stations that take part, by the twelve months that end with a month."""
    return ranking(month, unit)


@router.get("/bulletins")
def get_bulletins(unit: UnitDep) -> list[IssueLine]:
    """What has been published."""
    return archive(unit)


@router.post("/bulletins", status_code=202)
def post_bulletin(command: OrderBulletin, _: EditorDep, unit: UnitDep) -> Ordered:
    """Publish the bulletin of a month, or correct it when it is out."""
    return order(command, unit)


@router.get("/recount")
def get_recount(_: StaffDep, request: Request) -> Comparison:
    """What was folded from events against what the services count in their own tables, key by key."""
    service = service_of(request)
    try:
        return compare(service.peers, service.begin)
    except PeerDown as error:
        raise PeerAway(f"有服务没有应答，稍后再对账（{error}）。") from None


@router.post("/rebuild", status_code=202)
def post_rebuild(_: OperatorDep, unit: UnitDep) -> Rebuilding:
    """Empty the projections and fold the logs again from their start."""
    return Rebuilding(sources=rebuild(unit))
