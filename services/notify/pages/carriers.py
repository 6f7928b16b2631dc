"""How the carriers are doing, for staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.notify.features.watch_carriers import watch_carriers
from services.notify.pages.messages import moved
from services.notify.pages.words import WORDS, pages
from services.notify.settings import NotifySettings
from shared.http import StaffDep, UnitDep, service_of

router = APIRouter()

SPANS = (1, 24)
"""The hours that can be looked back over."""
FEW_ERRORS, MANY_ERRORS = 1.0, 5.0
"""Of a hundred attempts: below the first all is well, from the second on something is wrong."""


@router.get("/messages/carriers")
def get_carriers(request: Request, unit: UnitDep, _: StaffDep, hours: Annotated[int, Query(ge=1, le=24)] = 1) -> Response:
    """Each carrier: its share, its answers, what it owes us."""
    weights = cast(NotifySettings, service_of(request).settings).weights
    return pages.render(
        request,
        "carriers.html",
        carriers=watch_carriers(weights, timedelta(hours=hours), unit),
        whole=sum(weights.values()),
        hours=hours,
        spans=SPANS,
        few=FEW_ERRORS,
        many=MANY_ERRORS,
        position=moved(unit),
        **WORDS,
    )
