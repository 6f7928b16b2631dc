"""A command that comes twice is carried out once: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

The answer is kept in the transaction of the command itself, so that there is one exactly when the command was carried out. The
same key with the same request gets that answer again, with another request a problem, and while the first is still being carried
out a conflict. Browsers' forms carry a key in the hidden field `once`; a second tap waits for the first and sees what it led to.
Refused requests keep nothing and may be sent again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers

from shared.errors import Conflict, Invalid, Problem
from shared.http import principal_of, service_of
from shared.unit import Unit
from shared.web import phrase

KEY = re.compile(r"[\x21-\x7e]{1,255}")
BODY = "answered_request.body"
FORM = "application/x-www-form-urlencoded"

_HOLD = """
    SELECT mark, CASE WHEN waits THEN pg_advisory_xact_lock(hashtextextended(mark, 0)) IS NOT NULL
                      ELSE pg_try_advisory_xact_lock(hashtextextended(mark, 0)) END
    FROM unnest(%s::text[], %s::bool[]) AS asked (mark, waits)
"""
_KNOWN = "SELECT mark, request_mark, status, kind, location, body FROM answered_request WHERE mark = ANY(%s)"
_KEEP = """
    INSERT INTO answered_request (mark, request_mark, status, kind, location, body, answered_at)
    SELECT mark, request_mark, status, kind, location, body, %s
    FROM unnest(%s::text[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[])
        AS answered (mark, request_mark, status, kind, location, body)
"""


class UnusableKey(Invalid):
    """An idempotency key is 1 to 255 printable characters without spaces: a UUID is best."""

    code = "unusable_idempotency_key"
    title = "The idempotency key cannot be used"


class KeyUsedOtherwise(Invalid):
    """This key was sent with another request before; each command has a key of its own."""

    code = "idempotency_key_reused"
    title = "The key belongs to another request"


class StillAtIt(Conflict):
    """The first request with this key is still being carried out: ask again in a moment."""

    code = "request_in_progress"
    title = "The same request is being carried out"


class _Answered(Exception):
    """The request was carried out before; ends it with the answer of then."""

    def __init__(self, response: Response) -> None:
        self.response = response


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with a key: the two marks it is known by, and whether it waits for a first one that is still at work."""

    mark: str
    request_mark: str
    waits: bool


def answers_before(requests: Iterable[Asked], unit: Unit) -> dict[str, Response | Problem]:
    """Hold the requests' keys until the unit ends; returns, by mark, what to answer those that are not to be carried out."""
    asked = {each.mark: each for each in sorted(requests, key=lambda each: each.mark)}
    if not asked:
        return {}
    held = unit.cursor().execute(_HOLD, (list(asked), [each.waits for each in asked.values()])).fetchall()
    said: dict[str, Response | Problem] = {mark: still_at_it() for mark, is_held in held if not is_held}
    for mark, request_mark, status, kind, location, body in unit.cursor().execute(_KNOWN, (list(asked),)).fetchall():
        if request_mark != asked[mark].request_mark:
            said[mark] = KeyUsedOtherwise(phrase("这个编号已经用在另一个请求上，请换一个新的编号再提交。"))
        elif mark not in said:
            headers = {"location": location} if location else None
            text = unit.keys.decrypt(body, BODY)
            said[mark] = Response(text, status_code=status, media_type=kind, headers=headers)
    return said


def keep_answers(answers: Sequence[tuple[Asked, Response]], unit: Unit) -> None:
    """Keep what the requests are answered in the transaction that carries them out; what sets a cookie is no answer to repeat."""
    kept = [(asked, answer) for asked, answer in answers if answer.status_code < 400 and "set-cookie" not in answer.headers]
    if kept:
        columns = zip(*(_row(asked, answer, unit) for asked, answer in kept), strict=True)
        unit.cursor().execute(_KEEP, (unit.now, *map(list, columns)))


def asked_in(request: Request) -> Asked | None:
    """What `Once` found out about the request; None when it brings no key."""
    return cast("Asked | None", getattr(request.state, "asked", None))


def still_at_it() -> StillAtIt:
    """The answer to a second request while the first is being carried out."""
    return StillAtIt(phrase("同样的请求正在办理，请过几秒再问一次，结果会是同一个。"))


def _row(asked: Asked, answer: Response, unit: Unit) -> tuple[str, str, int, str, str, str]:
    headers = answer.headers
    body = unit.keys.encrypt(bytes(answer.body).decode(), BODY)
    return asked.mark, asked.request_mark, answer.status_code, headers.get("content-type", ""), headers.get("location", ""), body


def _first(asked: Asked, unit: Unit) -> None:
    for said in answers_before([asked], unit).values():
        raise said if isinstance(said, Problem) else _Answered(said)


class Once(APIRoute):
    """A route whose commands are carried out once per key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route, with the kept answer before it and the keeping after it."""
        carry_out = super().get_route_handler()

        async def once(request: Request) -> Response:
            asked = await _asked(request) if request.method == "POST" else None
            if asked is None:
                return await carry_out(request)
            request.state.asked, request.state.first = asked, partial(_first, asked)
            try:
                response = await carry_out(request)
            except _Answered as answered:
                return answered.response
            request.state.last = partial(keep_answers, [(asked, response)])
            return response

        return once


def carried_out_once(routers: Iterable[APIRouter]) -> None:
    """Make every command of these routers one that is carried out once per key."""
    for router in routers:
        for route in router.routes:
            if type(route) is APIRoute:
                route.__class__ = Once


async def _asked(request: Request) -> Asked | None:
    key = _key_in(request.headers)
    typed = None
    if key is None and request.headers.get("content-type", "").startswith(FORM):
        key = typed = next(iter(parse_qs((await request.body()).decode(errors="replace")).get("once", ())), None)
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise UnusableKey(phrase("请求编号要用1到255个英文字母、数字或符号，不带空格；最好是一个UUID。"))
    keys = service_of(request).keys
    principal = await principal_of(request)
    what = f"{request.url.path}?{request.url.query}\n{(await request.body()).hex()}"
    return Asked(
        mark=keys.fingerprint(f"{principal.id if principal else ''} {key}", "answered_request.mark"),
        request_mark=keys.fingerprint(what, "answered_request.request_mark"),
        waits=typed is not None,
    )


def _key_in(headers: Headers) -> str | None:
    given = headers.get("idempotency-key")
    return given.strip().removeprefix('"').removesuffix('"') if given is not None else None
