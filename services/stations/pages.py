"""The pages of stations, for staff: the board of all stations, one station, referrals and their closing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.stations.domain import CATALOGUE, Outcome
from services.stations.features.close_referral import CloseReferral, close_referral
from services.stations.features.show_board import show_board, show_station
from services.stations.features.show_referrals import show_readings, show_referral, show_referrals
from shared.auth import require
from shared.http import StaffDep, UnitDep
from shared.log import log
from shared.web import Pages, phrase

router = APIRouter(prefix="/stations", include_in_schema=False)
pages = Pages("services.stations")

SITES = {
    "residential": phrase("居民小区内"),
    "elder_care_centre": phrase("综合为老服务中心"),
    "sports_centre": phrase("市民体育活动中心"),
    "office_building": phrase("企业楼宇"),
    "nursing_home": phrase("养老机构"),
    "health_centre": phrase("社区卫生服务站"),
    "industrial_park": phrase("产业园区"),
}
HOURS = (phrase("周一至周五 8:30–16:30"), phrase("周一至周六 8:30–16:30"), phrase("每天 9:00–17:00"))
"""The hours that stations have, so that they are translated."""
OUTCOMES = {"seen": phrase("已随访"), "unreachable": phrase("联系不上"), "declined": phrase("本人不需要")}
GRADES = {"normal": phrase("正常"), "attention": phrase("留意"), "abnormal": phrase("偏离"), "critical": phrase("需尽快就医")}
UNITS = {
    "mm[Hg]": "mmHg",
    "kg/m2": "kg/m²",
    "umol/L": "µmol/L",
    "Cel": "℃",
    "/min": phrase("次/分"),
    "{score}": phrase("分"),
    "{ratio}": "",
}
"""How UCUM's units are shown where they are not what people write."""
DOUBTS = {
    "out_of_range": phrase("超出可信范围"),
    "diastolic_not_below_systolic": phrase("舒张压不低于收缩压"),
    "unknown_item": phrase("目录里没有的项目"),
}


@router.get("/board")
def get_board(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """Every station as a small mark, by district."""
    return pages.render(request, "board.html", board=show_board(staff, unit))


@router.get("/referrals")
def get_referrals(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """Who has to be followed up, and by when."""
    found = show_referrals(staff, unit)
    return pages.render(request, "referrals.html", referrals=found, catalogue=CATALOGUE, outcomes=OUTCOMES)


@router.get("/referrals/{referral_id}")
def get_referral(request: Request, referral_id: UUID, unit: UnitDep, staff: StaffDep) -> Response:
    """One referral; a nurse sees the readings and closes it."""
    readings = show_readings(referral_id, unit) if staff.may("nurse") else []
    if readings:
        log.info("readings_shown", referral_id=str(referral_id), by=str(staff.id), count=len(readings))
    return pages.render(
        request,
        "referral.html",
        referral=show_referral(referral_id, unit),
        readings=readings,
        catalogue=CATALOGUE,
        outcomes=OUTCOMES,
        grades=GRADES,
        doubts=DOUBTS,
        units=UNITS,
    )


@router.post("/referrals/{referral_id}")
def post_referral(referral_id: UUID, outcome: Annotated[Outcome, Form()], unit: UnitDep, staff: StaffDep) -> Response:
    """Close a referral."""
    nurse = require(staff, "nurse")
    close_referral(CloseReferral(referral_id=referral_id, outcome=outcome, closed_by=nurse.id), unit)
    return RedirectResponse("/stations/referrals", status_code=303)


@router.get("/{code}")
def get_station(request: Request, code: str, unit: UnitDep, _: StaffDep) -> Response:
    """One station: where and when, its last fortnight, today's visits."""
    return pages.render(request, "station.html", seen=show_station(code, unit), sites=SITES)
