"""How the carriers are doing, for staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.domain.routing import CarrierState
from services.notify.features.judge_carriers import standings
from services.notify.features.set_carrier import SetCarrier, set_carrier
from services.notify.features.watch_carriers import watch_carriers
from services.notify.pages.messages import moved
from services.notify.pages.words import WORDS, pages
from services.notify.settings import NotifySettings
from shared.auth import Principal, require
from shared.http import StaffDep, UnitDep, service_of
from shared.web import phrase

router = APIRouter()

SPANS = (1, 24)
"""The hours that can be looked back over."""
FEW_ERRORS, MANY_ERRORS = 1.0, 5.0
"""Of a hundred attempts: below the first all is well, from the second on something is wrong."""

STANDINGS: dict[CarrierState, tuple[str, str]] = {
    "open": ("good", phrase("在用")),
    "left": ("bad", phrase("出错太多，先避开")),
    "out": ("idle", phrase("人工停用")),
}
"""The mark and the word of where a carrier stands."""


def _operator(staff: StaffDep) -> Principal:
    return require(staff, "operator")


@router.get("/messages/carriers")
def get_carriers(request: Request, unit: UnitDep, staff: StaffDep, hours: Annotated[int, Query(ge=1, le=24)] = 1) -> Response:
    """Each carrier: where it stands, its share, its answers, what it owes us."""
    weights = _weights(request)
    return pages.render(
        request,
        "carriers.html",
        carriers=watch_carriers(weights, timedelta(hours=hours), unit),
        standing={name: found for name, found in standings(weights, unit).items() if name in weights},
        standings=STANDINGS,
        may_set=staff.may("operator"),
        whole=sum(weights.values()),
        hours=hours,
        spans=SPANS,
        few=FEW_ERRORS,
        many=MANY_ERRORS,
        position=moved(unit),
        **WORDS,
    )


@router.post("/messages/carriers")
def post_carrier(
    request: Request,
    unit: UnitDep,
    staff: Annotated[Principal, Depends(_operator)],
    carrier: Annotated[str, Form(max_length=40)],
    used: Annotated[bool, Form()],
) -> Response:
    """Take a carrier out, or put it back."""
    set_carrier(SetCarrier(carrier=carrier, used=used, staff_id=staff.id), _weights(request), unit)
    return RedirectResponse("/notify/messages/carriers", status_code=303)


def _weights(request: Request) -> dict[str, int]:
    return cast(NotifySettings, service_of(request).settings).weights
