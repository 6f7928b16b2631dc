"""What is kept of texts, and how long: for everybody to read."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notify.pages.words import pages
from services.notify.settings import NotifySettings
from shared.http import PrincipalDep, service_of

router = APIRouter()


@router.get("/kept")
def get_kept(request: Request, _: PrincipalDep) -> Response:
    """The spans in force."""
    return pages.render(request, "kept.html", keeping=cast(NotifySettings, service_of(request).settings).keeping)
