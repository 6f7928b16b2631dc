"""The staff's accounts, for operators: who may do what and where, and what to do when something was forgotten or lost."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api.staff import OperatorDep
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.change_staff import (
    ChangeStaff,
    EndStaff,
    ResetStaff,
    change_staff,
    end_staff,
    open_account,
    reset_staff,
)
from services.registration.pages.forms import Typed
from services.registration.pages.rendering import pages, see
from services.registration.pages.words import ROLES
from services.registration.projections.accounts import account_log, accounts
from services.registration.projections.calendar import programmes
from services.registration.tables import Staff
from shared.errors import Problem
from shared.http import UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

LIST = "/registration/desk/staff"
MAY = {role: word for role, word in ROLES.items() if role != "resident"}
AT_FIELD = {
    "name": phrase("请填账号名，四十个字以内。"),
    "password": phrase("密码至少要八位。"),
    "roles": phrase("请至少选一项职责。"),
    "limits": phrase("街道写九位、居委写十二位数字的代码，驿站写编号，用逗号隔开；范围加起来最多二十处。"),
}
DONE: dict[str, str] = {
    "added": phrase("添加了账号"),
    "changed": phrase("改了职责或范围"),
    "password_reset": phrase("换了密码"),
    "factor_reset": phrase("重置了动态验证码"),
    "factor_set": phrase("设好了动态验证码"),
    "unpaused": phrase("解除了暂停"),
    "log_ins_ended": phrase("退出了登录过的设备"),
    "ended": phrase("停用了账号"),
}
SHOWN = 50
Several = Annotated[tuple[str, ...], Form()]
Password = Annotated[str, Form(max_length=200)]


@router.get("/desk/staff")
def show_accounts(request: Request, _: OperatorDep, unit: UnitDep) -> Response:
    """Every account, and a form for another."""
    return _list(request, unit, form={}, faults={})


@router.post("/desk/staff")
def add_account(
    request: Request,
    operator: OperatorDep,
    unit: UnitDep,
    name: Typed = "",
    password: Password = "",
    roles: Several = (),
    streets: Typed = "",
    neighbourhoods: Typed = "",
    stations: Typed = "",
    programme: Several = (),
) -> Response:
    """Add an account."""
    limits = _limits(streets, neighbourhoods, stations, programme)
    form = {"name": name, "roles": roles, "limits": limits}
    try:
        given = {"name": name, "password": password, "roles": frozenset(roles), "limits": limits}
        add_staff(AddStaff.model_validate(given | {"by": operator.id}), unit)
    except ValidationError as error:
        return _list(request, unit, form=form, faults=_faults(error), status_code=422)
    except Problem as problem:
        return _list(request, unit, form=form, faults={"name": problem.detail}, status_code=problem.status)
    return see(LIST)


@router.get("/desk/staff/{staff_id}")
def show_one_account(request: Request, staff_id: UUID, _: OperatorDep, unit: UnitDep) -> Response:
    """One account, and what can be done with it."""
    return _one(request, open_account(staff_id, unit), unit, faults={})


@router.post("/desk/staff/{staff_id}")
def change_account(
    request: Request,
    staff_id: UUID,
    operator: OperatorDep,
    unit: UnitDep,
    roles: Several = (),
    streets: Typed = "",
    neighbourhoods: Typed = "",
    stations: Typed = "",
    programme: Several = (),
) -> Response:
    """Change what an account may do, and where."""
    limits = _limits(streets, neighbourhoods, stations, programme)
    asked = {"staff_id": staff_id, "by": operator.id, "roles": frozenset(roles), "limits": limits}
    account = open_account(staff_id, unit)
    try:
        change_staff(ChangeStaff.model_validate(asked), unit)
    except ValidationError as error:
        return _one(request, account, unit, faults=_faults(error), roles=roles, limits=limits, status_code=422)
    except Problem as problem:
        faults = {"form": problem.detail}
        return _one(request, account, unit, faults=faults, roles=roles, limits=limits, status_code=problem.status)
    return see(LIST)


@router.post("/desk/staff/{staff_id}/reset")
def reset_account(
    request: Request,
    staff_id: UUID,
    operator: OperatorDep,
    unit: UnitDep,
    password: Password = "",
    factor: Annotated[bool, Form()] = False,
) -> Response:
    """Give an account a new password, or take its second factor away."""
    account = open_account(staff_id, unit)
    try:
        command = ResetStaff(staff_id=staff_id, by=operator.id, password=None if factor else password, factor=factor)
    except ValidationError as error:
        return _one(request, account, unit, faults=_faults(error), status_code=422)
    reset_staff(command, unit)
    return see(LIST)


@router.post("/desk/staff/{staff_id}/end")
def end_account(request: Request, staff_id: UUID, operator: OperatorDep, unit: UnitDep) -> Response:
    """End an account."""
    account = open_account(staff_id, unit)
    try:
        end_staff(EndStaff(staff_id=staff_id, by=operator.id), unit)
    except Problem as problem:
        return _one(request, account, unit, faults={"form": problem.detail}, status_code=problem.status)
    return see(LIST)


def _titles(unit: Unit) -> dict[str, str]:
    return {str(programme.id): programme.title for programme in programmes(unit)}


def _limits(streets: str, neighbourhoods: str, stations: str, programme: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    typed = {
        "street": _several(streets),
        "neighbourhood": _several(neighbourhoods),
        "programme": programme,
        "station": _several(stations),
    }
    return {kind: places for kind, places in typed.items() if places}


def _several(text: str) -> tuple[str, ...]:
    """What was typed with commas or blanks between, of either width."""
    return tuple(dict.fromkeys(part for part in re.split(r"[\s,，、;；]+", text) if part))


def _faults(error: ValidationError) -> dict[str, str]:
    fields = {str((item["loc"] or ("form",))[0]) for item in error.errors(include_input=False)}
    return {field: AT_FIELD.get(field, AT_FIELD["limits"]) for field in fields}


def _list(request: Request, unit: Unit, *, form: dict[str, Any], faults: dict[str, str], status_code: int = 200) -> Response:
    known = programmes(unit)
    return pages.render(
        request,
        "accounts.html",
        lines=accounts(unit),
        log=account_log(unit)[:SHOWN],
        done=DONE,
        programmes=known,
        titles=_titles(unit),
        may=MAY,
        form=form,
        faults=faults,
        status_code=status_code,
    )


def _one(
    request: Request,
    account: Staff,
    unit: Unit,
    *,
    faults: dict[str, str],
    roles: tuple[str, ...] | None = None,
    limits: dict[str, tuple[str, ...]] | None = None,
    status_code: int = 200,
) -> Response:
    """The account, with what was typed where that was refused."""
    return pages.render(
        request,
        "account_one.html",
        account=account,
        log=account_log(unit, account.id)[:SHOWN],
        done=DONE,
        titles=_titles(unit),
        form={"roles": account.roles if roles is None else roles, "limits": account.limits if limits is None else limits},
        programmes=programmes(unit),
        may=MAY,
        faults=faults,
        status_code=status_code,
    )
