"""The door of every service: forgery refused, choices of view kept, security headers on each answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Forbidden
from shared.web.errors import error_response
from shared.web.policy import HEADERS
from shared.web.view import chosen_in, keep_choice, without_choices
from shared.web.words import phrase

REFUSAL = phrase("这张表单不是从本站页面提交的，没有办理。请回到本站再试。")
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class ForeignForm(Forbidden):
    """A form or script of another site tried to act with this reader's log-in."""

    code = "foreign_form"
    title = "The request comes from another site"


class Guard:
    """ASGI middleware. Session cookies are SameSite=Strict; this is the second lock, for browsers that do not keep to it."""

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
    """What the guard answers itself; None where it lets the request through."""
    if request.method not in SAFE:
        return error_response(request, ForeignForm(REFUSAL)) if is_foreign(request) else None
    chosen = chosen_in(request.url.query) if request.method == "GET" else {}
    return _keep(request, chosen) if chosen else None


def _keep(request: Request, chosen: dict[str, str]) -> ASGIApp:
    response = RedirectResponse(without_choices(request.scope["path"], request.url.query), status_code=303)
    secure = request.url.scheme == "https"
    for name, value in chosen.items():
        keep_choice(response, name, value, secure=secure)
    return response
