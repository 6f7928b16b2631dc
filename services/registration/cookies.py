"""The cookie of a session, set at the log-in and taken away at the log-out."""

from __future__ import annotations

from starlette.responses import Response

from shared.auth import COOKIE, SESSION_SECONDS, Principal, sign_session
from shared.service import Service


def log_in(response: Response, principal: Principal, service: Service) -> None:
    """Let the browser that gets this answer speak for `principal` from now on."""
    response.set_cookie(
        COOKIE,
        sign_session(service.keys, principal),
        max_age=SESSION_SECONDS,
        path="/",
        secure=service.settings.public_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def log_out(response: Response) -> None:
    """Let it speak for nobody."""
    response.delete_cookie(COOKIE, path="/")
