"""The cookie of a session: set when a log-in begins and is written down, taken away when it ends."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from services.registration.features.log_ins import BeginLogIn, begin_log_in
from services.registration.tables import Resident
from shared.auth import COOKIE, Principal, sign_session
from shared.http import service_of
from shared.unit import Unit
from shared.web.view import keep_choice

ELDER = "view-elder"


def log_in(response: Response, principal: Principal, request: Request, unit: Unit) -> None:
    """Let the browser that gets this answer speak for `principal` from now on.

    Who needs large print gets the elder view, unless a choice of view was made in this browser.
    """
    service = service_of(request)
    secure = service.settings.public_url.startswith("https:")
    resident = unit.find(Resident, principal.id) if principal.kind == "resident" else None
    if resident is not None and "large_print" in resident.needs and ELDER not in request.cookies:
        keep_choice(response, ELDER, "on", secure=secure)
    who = begin_log_in(BeginLogIn(principal=principal, user_agent=request.headers.get("user-agent", "")[:400]), unit)
    response.set_cookie(
        COOKIE,
        sign_session(service.keys, who),
        max_age=who.seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def log_out(response: Response) -> None:
    """Let it speak for nobody."""
    response.delete_cookie(COOKIE, path="/")
