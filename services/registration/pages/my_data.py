"""A resident's own records: a copy of everything, being forgotten, and how long what is kept; the staff's list of erasures."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.archive import as_zip
from services.registration.domain.retention import RULES
from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.erasures import (
    AskErasure,
    HoldErasure,
    ReleaseErasure,
    WithdrawErasure,
    ask_erasure,
    hold_erasure,
    open_erasure,
    reason_of,
    release_erasure,
    withdraw_erasure,
)
from services.registration.features.exports import AskExport, ask_export, contents_of, exports_of
from services.registration.features.mobile import as_mobile
from services.registration.features.register_resident import resident_with_phone
from services.registration.jobs import other_sources
from services.registration.pages.forms import Typed
from services.registration.pages.rendering import pages, see
from services.registration.projections.erasures import erasures, parts_of
from services.registration.tables import Resident
from shared.auth import Principal
from shared.errors import Forbidden, Invalid, Problem
from shared.http import PrincipalDep, ResidentDep, StaffDep, UnitDep, service_of
from shared.limits import OUTSIDE
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

MINE = "/registration/my-data"
LIST = "/registration/erasures"
NOBODY = phrase("没有找到这个手机号，请核对，或先登记居民。")
NO_REASON = phrase("请写明暂缓的原因，二百字以内；本人看得到。")
SERVICES = {
    "registration": phrase("报名登记"),
    "notify": phrase("短信"),
    "stations": phrase("健康驿站"),
    "reports": phrase("统计报表"),
}


@router.get("/my-data")
def show_my_data(request: Request, resident: ResidentDep, unit: UnitDep) -> Response:
    """My copies, and whether I am to be forgotten."""
    return _mine(request, resident.id, unit)


@router.post("/my-data")
def ask_for_copy(request: Request, resident: ResidentDep, unit: UnitDep) -> Response:
    """Ask for a copy."""
    try:
        ask_export(AskExport(resident_id=resident.id, sources=other_sources(service_of(request).settings)), unit)
    except problems.ExportAsked as problem:
        return _mine(request, resident.id, unit, fault=problem.detail, status_code=429)
    return see(MINE)


@router.get("/my-data/{export_id}.zip")
def fetch_copy(request: Request, export_id: UUID, resident: ResidentDep, unit: UnitDep) -> Response:
    """Fetch a copy."""
    return as_zip(contents_of(export_id, resident.id, unit), request)


@router.post("/my-data/erasure")
def ask_to_be_forgotten(resident: ResidentDep, unit: UnitDep, erasure_id: Annotated[UUID | None, Form()] = None) -> Response:
    """Ask to be forgotten, or take that back."""
    if erasure_id is None:
        ask_erasure(AskErasure(resident_id=resident.id, asked_by="resident"), unit)
    else:
        withdraw_erasure(WithdrawErasure(erasure_id=erasure_id, resident_id=resident.id), unit)
    return see(f"{MINE}#forget")


@router.get("/privacy")
def show_privacy(request: Request, _: PrincipalDep) -> Response:
    """How long what is kept, and why."""
    return pages.render(request, "privacy.html", rules=RULES)


@router.get("/erasures")
def show_erasures(request: Request, staff: StaffDep, unit: UnitDep) -> Response:
    """Who asked to be forgotten, and how far that is."""
    return _list(request, unit, staff)


@router.post("/erasures")
def add_erasure(request: Request, staff: StaffDep, unit: UnitDep, phone: Typed = "") -> Response:
    """Write down that somebody asked, by their phone."""
    try:
        number = as_mobile(phone)
        resident = resident_with_phone(unit.keys.fingerprint(number, "resident.phone"), unit) if number else None
        if resident is None:
            raise problems.UnknownResident(NOBODY)
        if not staff.sees({"street": resident.street}):
            raise Forbidden(OUTSIDE)
        ask_erasure(AskErasure(resident_id=resident.id, asked_by="staff"), unit)
        note(unit, who=staff, resident_id=resident.id, action="erasure_asked")
    except (ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NOBODY
        return _list(request, unit, staff, phone=phone, fault=fault, status_code=422)
    return see(LIST)


@router.post("/erasures/{erasure_id}")
def decide(
    erasure_id: UUID, staff: StaffDep, unit: UnitDep, what: Annotated[str, Form(max_length=20)], reason: Typed = ""
) -> Response:
    """Hold, release, or take back."""
    match what:
        case "hold":
            try:
                command = HoldErasure(erasure_id=erasure_id, staff_id=staff.id, reason=reason)
            except ValidationError:
                raise Invalid(NO_REASON) from None
            erasure = hold_erasure(command, unit)
        case "release":
            erasure = release_erasure(ReleaseErasure(erasure_id=erasure_id), unit)
        case _:
            erasure = withdraw_erasure(WithdrawErasure(erasure_id=erasure_id), unit)
    note(unit, who=staff, resident_id=erasure.resident_id, action=f"erasure_{what}", why=reason)
    return see(LIST)


def _mine(request: Request, resident_id: UUID, unit: Unit, *, fault: str | None = None, status_code: int = 200) -> Response:
    unit.get(Resident, resident_id)
    erasure = open_erasure(resident_id, unit)
    return pages.render(
        request,
        "my_data.html",
        exports=exports_of(resident_id, unit),
        erasure=erasure,
        reason=reason_of(erasure, unit) if erasure else "",
        parts=parts_of(erasure.id, unit) if erasure else [],
        services=SERVICES,
        fault=fault,
        status_code=status_code,
    )


def _list(
    request: Request,
    unit: Unit,
    staff: Principal,
    *,
    phone: str = "",
    fault: str | None = None,
    status_code: int = 200,
) -> Response:
    lines = erasures(unit, staff)
    return pages.render(
        request, "erasures.html", lines=lines, services=SERVICES, phone=phone, fault=fault, status_code=status_code
    )
