"""The door of every service: forgery refused, choices of view kept, security headers on each answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Forbidden
from shared.web.errors import error_response
from shared.web.view import ONE_YEAR, chosen_in, without_choices

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class ForeignForm(Forbidden):
    """A form or script of another site tried to act with this reader's log-in."""

    code = "foreign_form"
    title = "The request comes from another site"


class Guard:
    """ASGI middleware. Session cookies are SameSite=Strict; this is the second lock, for browsers and sub-domains that do not keep to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer refusals and choices here; pass the rest on, with headers added to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = _answer(Request(scope)) or self._app
        await app(scope, receive, send_guarded)


def is_foreign(request: Request) -> bool:
    """Whether a browser sent this from a page of another origin, or hides from where while it carries a cookie.

    Callers that are no browsers (devices, carriers, other services) send neither header and no cookie: there is nothing to forge.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc != request.headers.get("host")
    return "cookie" in request.headers


def _answer(request: Request) -> ASGIApp | None:
    if request.method not in SAFE:
        return error_response(request, ForeignForm("这张表单不是从本站页面提交的，没有办理。请回到本站再试。")) if is_foreign(request) else None
    chosen = chosen_in(request.url.query) if request.method == "GET" else {}
    if not chosen:
        return None
    response = RedirectResponse(without_choices(request.scope["path"], request.url.query), status_code=303)
    for name, value in chosen.items():
        response.set_cookie(name, value, max_age=ONE_YEAR, path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax")
    return response
