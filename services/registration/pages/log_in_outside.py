"""Staff log in at their organisation's own provider and come back; there only when the settings name one.

The way back ends on a page that leads on by itself: session cookies are SameSite=Strict, so a redirect that began at another site
would arrive without the new one.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.registration import cookies
from services.registration.api.access import factor_required, settings_of
from services.registration.domain.journeys import LONGEST, Journey, new_journey
from services.registration.features import problems
from services.registration.features.log_in import LogInKnownOutside, log_in_known_outside
from services.registration.gateways import IdentityAway, IdentityProvider, IdentityRefused
from services.registration.pages.log_in import DESK, factor_page, staff_form
from services.registration.pages.rendering import pages, see
from services.registration.tables import HalfLogIn
from shared import clock
from shared.crypto import Unreadable
from shared.errors import NotFound, Problem
from shared.http import UnitDep, service_of
from shared.log import log
from shared.web import local_path

router = APIRouter()

ROOT = "/registration/login/oidc"
COOKIE = "jiamenkou_oidc"
FIELD = "oidc.journey"
Said = Annotated[str, Query(max_length=4000)]


class ComeBack(NamedTuple):
    """Somebody whom the provider let in as `account`, on the way to `path`."""

    account: str
    path: str


def _provider(request: Request) -> IdentityProvider:
    settings = settings_of(request)
    if not settings.oidc_issuer:
        raise NotFound("没有这个页面，请检查网址或从首页进入。")
    return IdentityProvider(settings)


ProviderDep = Annotated[IdentityProvider, Depends(_provider)]


def _come_back(
    request: Request, provider: ProviderDep, code: Said = "", state: Said = "", error: Said = ""
) -> ComeBack | Problem:
    """Who comes back, asked of the provider before the request has its transaction; or why nobody does."""
    journey = _remembered(request)
    if journey is None or not journey.ends_with(state, clock.now()) or error or not code:
        return problems.IdentityIsRefused(problems.IdentityIsRefused.words)
    try:
        return ComeBack(provider.account(code, journey), journey.path)
    except IdentityAway as trouble:
        log.warning("identity_away", reason=str(trouble))
        return problems.IdentityIsAway(problems.IdentityIsAway.words)
    except IdentityRefused as trouble:
        log.warning("identity_refused", reason=str(trouble))
        return problems.IdentityIsRefused(problems.IdentityIsRefused.words)


@router.get("/login/oidc")
def set_out(request: Request, provider: ProviderDep) -> Response:
    """Send the browser to the provider, and remember in a cookie who left."""
    journey = new_journey(local_path(request.query_params.get("next"), DESK), clock.now())
    try:
        response = RedirectResponse(provider.address(journey), status_code=303)
    except IdentityAway as trouble:
        log.warning("identity_away", reason=str(trouble))
        return staff_form(request, fault=problems.IdentityIsAway.words, status_code=503)
    service = service_of(request)
    response.set_cookie(
        COOKIE,
        service.keys.encrypt(json.dumps(asdict(journey), default=datetime.isoformat), FIELD),
        max_age=int(LONGEST.total_seconds()),
        path=ROOT,
        secure=service.settings.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/login/oidc/callback")
def come_back(request: Request, back: Annotated[ComeBack | Problem, Depends(_come_back)], unit: UnitDep) -> Response:
    """Let in whom the provider let in, if there is an account of that name."""
    if isinstance(back, Problem):
        response = staff_form(request, fault=back.detail, status_code=back.status)
    else:
        given = settings_of(request).oidc_second_factor
        command = LogInKnownOutside(name=back.account, factor_given=given, factor_required=factor_required(request))
        found = log_in_known_outside(command, unit)
        if found is None:
            response = staff_form(request, fault=problems.NobodyHere.words, status_code=401)
        elif isinstance(found, HalfLogIn):
            response = see(factor_page(found, back.path))
        else:
            response = pages.render(request, "login_done.html", next=back.path)
            cookies.log_in(response, found, request, unit)
    response.delete_cookie(COOKIE, path=ROOT)
    return response


def _remembered(request: Request) -> Journey | None:
    """The journey that this browser set out on."""
    try:
        kept = json.loads(service_of(request).keys.decrypt(request.cookies.get(COOKIE, ""), FIELD))
    except (Unreadable, ValueError):
        return None
    return Journey(**kept | {"until": datetime.fromisoformat(kept["until"])})
