"""A message to many: written by choosing a session and a notice, looked at, and then sent or not."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from services.notify.api.bulk import SettingsDep, WriterDep
from services.notify.features.confirm_bulk import ConfirmBulk, StopBulk, confirm_bulk, stop_bulk
from services.notify.features.dry_run import DryRun, dry_run
from services.notify.features.list_bulks import list_bulks, sessions_to_come, show_bulk
from services.notify.features.list_templates import list_templates
from services.notify.pages.template_words import CATEGORIES
from services.notify.pages.words import STATES, pages
from services.notify.settings import NotifySettings
from shared.auth import Principal
from shared.errors import Problem
from shared.http import UnitDep
from shared.unit import Unit
from shared.web import phrase
from shared.web.faults import words_of

router = APIRouter()

LIST = "/notify/messages/bulk"
SKIPS = {
    "same_person": phrase("同一个人报了几场，只发一条"),
    "called_instead": phrase("要打电话，不收短信：会列进要打电话的名单"),
    "no_phone": phrase("没有手机号：会列进要打电话的名单"),
    "opted_out": phrase("本人不收这类短信"),
    "same_number": phrase("和别人同一个号码，已发给那位"),
    "limit": phrase("这个号码今天短信已多"),
}
"""Why somebody does not get the message."""
AUDIENCES = {"confirmed": phrase("有名额的"), "waitlisted": phrase("候补的")}


@router.get("/messages/bulk")
def get_bulks(request: Request, unit: UnitDep, writer: WriterDep, settings: SettingsDep) -> Response:
    """A form for the next message, and the ones that were sent."""
    return _start(request, writer, unit, settings, form={"session_id": "", "states": ("confirmed",), "template": ""})


@router.post("/messages/bulk")
def post_dry_run(
    request: Request,
    unit: UnitDep,
    writer: WriterDep,
    settings: SettingsDep,
    session_id: Annotated[str, Form(max_length=40)] = "",
    states: Annotated[tuple[str, ...], Form()] = (),
    template: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Look whom it would go to."""
    form = {"session_id": session_id, "states": states, "template": template}
    asked = form | {"helpline": settings.helpline, "staff_id": writer.id, "session_id": session_id or None}
    try:
        made = dry_run(DryRun.model_validate(asked), unit)
    except ValidationError as error:
        trouble = words_of(error.errors(include_input=False)[0])
        return _start(request, writer, unit, settings, form=form, trouble=trouble, status_code=422)
    except Problem as problem:
        return _start(request, writer, unit, settings, form=form, trouble=problem.detail, status_code=problem.status)
    return RedirectResponse(f"{LIST}/{made.id}", status_code=303)


@router.get("/messages/bulk/{bulk_id}")
def get_bulk(request: Request, bulk_id: UUID, unit: UnitDep, _: WriterDep, settings: SettingsDep) -> Response:
    """Who gets it and who does not, and, once it is sent, how far it has come."""
    return _one(request, bulk_id, unit, settings)


@router.post("/messages/bulk/{bulk_id}")
def post_send(
    request: Request,
    bulk_id: UUID,
    unit: UnitDep,
    _: WriterDep,
    settings: SettingsDep,
    token: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Send it."""
    try:
        confirm_bulk(ConfirmBulk(bulk_id=bulk_id, token=token), unit)
    except Problem as problem:
        return _one(request, bulk_id, unit, settings, trouble=problem.detail, status_code=problem.status)
    return RedirectResponse(f"{LIST}/{bulk_id}", status_code=303)


@router.post("/messages/bulk/{bulk_id}/stop")
def post_stop(request: Request, bulk_id: UUID, unit: UnitDep, _: WriterDep, settings: SettingsDep) -> Response:
    """Send nothing more of it."""
    try:
        stop_bulk(StopBulk(bulk_id=bulk_id), unit)
    except Problem as problem:
        return _one(request, bulk_id, unit, settings, trouble=problem.detail, status_code=problem.status)
    return RedirectResponse(f"{LIST}/{bulk_id}", status_code=303)


def _start(
    request: Request,
    writer: Principal,
    unit: Unit,
    settings: NotifySettings,
    *,
    form: dict[str, Any],
    trouble: str = "",
    status_code: int = 200,
) -> Response:
    notices = [entry for entry in list_templates(unit) if entry.purpose == "notice" and (entry.used or not entry.versions)]
    return pages.render(
        request,
        "bulks.html",
        sent=list_bulks(writer, unit),
        sessions=sessions_to_come(writer, unit),
        notices=notices,
        audiences=AUDIENCES,
        categories=CATEGORIES,
        form=form,
        trouble=trouble,
        price=settings.price_per_part,
        status_code=status_code,
    )


def _one(
    request: Request, bulk_id: UUID, unit: Unit, settings: NotifySettings, *, trouble: str = "", status_code: int = 200
) -> Response:
    return pages.render(
        request,
        "bulk.html",
        found=show_bulk(bulk_id, settings.helpline, unit),
        skips=SKIPS,
        audiences=AUDIENCES,
        states=STATES,
        price=settings.price_per_part,
        trouble=trouble,
        status_code=status_code,
    )
