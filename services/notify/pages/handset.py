"""The phones themselves, in a demo."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.gateways import Unanswered
from services.notify.gateways.handsets import Handsets
from services.notify.pages.words import pages
from services.notify.settings import NotifySettings
from shared.errors import NotFound
from shared.http import PrincipalDep, service_of
from shared.web import phrase

router = APIRouter()

SILENT = phrase("模拟的手机网络没有回应，请稍后再试。")


def _handsets(request: Request) -> Handsets:
    """The phones of the demo; there is no such page in production."""
    settings = cast(NotifySettings, service_of(request).settings)
    if settings.profile != "demo":
        raise NotFound("没有这个页面，请检查网址或从首页进入。")
    return Handsets(settings.carrier_url)


HandsetsDep = Annotated[Handsets, Depends(_handsets)]


@router.get("/handset")
def get_handset(request: Request, handsets: HandsetsDep, _: PrincipalDep) -> Response:
    """The phones with their texts."""
    try:
        return pages.render(request, "handset.html", phones=handsets.all(), trouble="")
    except Unanswered:
        return pages.render(request, "handset.html", phones=[], trouble=SILENT, status_code=503)


@router.post("/handset")
def post_handset(
    request: Request,
    handsets: HandsetsDep,
    _: PrincipalDep,
    number: Annotated[str, Form(max_length=20)],
    typed: Annotated[str, Form(max_length=500)] = "",
    quick: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Text back from a phone."""
    words = quick or typed.strip()
    try:
        if words:
            handsets.answer(number, words)
    except Unanswered:
        return pages.render(request, "handset.html", phones=[], trouble=SILENT, status_code=503)
    return RedirectResponse(f"/notify/handset#phone-{number}" if number.isdigit() else "/notify/handset", status_code=303)
