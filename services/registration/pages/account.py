"""What belongs to a log-in: the devices that are logged in, and the second factor of staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.registration.features.log_ins import EndLogIns, end_log_ins, open_log_ins
from services.registration.features.second_factor import BeginSetUp, begin_set_up
from services.registration.pages.rendering import pages, see
from services.registration.tables import Staff
from shared.http import SomebodyDep, StaffDep, UnitDep
from shared.web import phrase

router = APIRouter()

ACCOUNT = "/registration/account"
SYSTEMS = {
    "harmony": phrase("鸿蒙手机"),
    "iphone": "iPhone",
    "ipad": "iPad",
    "android": phrase("安卓手机"),
    "windows": phrase("Windows 电脑"),
    "mac": phrase("苹果电脑"),
    "linux": phrase("Linux 电脑"),
    "other": phrase("一台设备"),
}
BROWSERS = {
    "wechat": phrase("微信"),
    "edge": "Edge",
    "firefox": "Firefox",
    "chrome": "Chrome",
    "safari": "Safari",
    "other": phrase("浏览器"),
}


@router.get("/account")
def show_account(request: Request, me: SomebodyDep, unit: UnitDep) -> Response:
    """The devices on which I am logged in."""
    account = unit.find(Staff, me.id) if me.kind == "staff" else None
    return pages.render(
        request,
        "account_staff.html" if me.kind == "staff" else "account_mine.html",
        devices=open_log_ins(me.id, unit),
        has_factor=bool(account and account.factor),
        systems=SYSTEMS,
        browsers=BROWSERS,
    )


@router.post("/account")
def end_devices(me: SomebodyDep, unit: UnitDep, log_in_id: Annotated[UUID | None, Form()] = None) -> Response:
    """Log one device out, or all the others."""
    keep = None if log_in_id else me.log_in
    end_log_ins(EndLogIns(person_id=me.id, log_in_id=log_in_id, keep=keep, by=me.id), unit)
    return see(ACCOUNT)


@router.post("/account/factor")
def begin_factor(staff: StaffDep, unit: UnitDep) -> Response:
    """Begin to set a second factor up."""
    half = begin_set_up(BeginSetUp(staff_id=staff.id), unit)
    return see(f"/registration/login/factor?half={half.id}&next={ACCOUNT}")
