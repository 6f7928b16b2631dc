"""What both kinds of stream are made of: frames, positions, their pace, and the threads that read for them."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope

from shared.errors import Problem

_T = TypeVar("_T")
PING = b": ping\n\n"
START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ],
}
END: Message = {"type": "http.response.body", "body": b"", "more_body": False}
_MOST_DIGITS = 18
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Pace:
    """Durations in seconds: between pings, a life and its spread, one send, a wait for news, until a browser's retry."""

    ping: float = 15
    life: float = 900
    spread: float = 60
    send: float = 10
    wait: float = 5
    retry: float = 3

    def deadline(self) -> float:
        """When a stream that starts now ends, on the loop's clock; spread, so that not everybody comes back at once."""
        return on_the_clock() + self.life + random.uniform(0, self.spread)

    def greeting(self) -> bytes:
        """The first bytes of a stream: when to come back after a break, spread as well."""
        return b"retry: %d\n\n" % (1000 * (self.retry + random.uniform(0, self.retry)))


PACE = Pace()


def frame(epoch: str, position: int, text: str | None, event: str | None = None) -> bytes:
    """One event, encoded. Without text it only moves the reader's `Last-Event-ID` on."""
    lines = [f"id: {epoch}:{position}"]
    if event is not None:
        lines.append(f"event: {event}")
    if text is not None:
        lines += [f"data: {line}" for line in _LINE_END.split(text)]
    return ("\n".join(lines) + "\n\n").encode()


def reset(epoch: str, position: int) -> bytes:
    """What a reader is told whose past is no longer kept: load the page again; its place is now the present end."""
    return frame(epoch, position, "{}", "reset")


def body(content: bytes) -> Message:
    """A part of an answer that goes on."""
    return {"type": "http.response.body", "body": content, "more_body": True}


def asked_position(scope: Scope, epoch: str) -> int | None:
    """The position after which the reader wants to go on; None when it names none, -1 when it is not one of this epoch."""
    request = Request(scope)
    asked = request.headers.get("last-event-id") or request.query_params.get("after")
    if not asked:
        return None
    named, _, position = asked.rpartition(":")
    known = named == epoch and position.isdecimal() and len(position) <= _MOST_DIGITS
    return int(position) if known else -1


def full() -> Response:
    """The answer when there is no seat."""
    problem = Problem("现在看的人太多，请稍等再打开。", status=503)
    headers = {"retry-after": "30"}
    return JSONResponse(problem.as_json(), status_code=503, headers=headers, media_type="application/problem+json")


async def until_gone(receive: Receive) -> None:
    """Wait until the reader has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def on_the_clock() -> float:
    """Seconds on the running loop's clock."""
    return asyncio.get_running_loop().time()


_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stream")


async def in_thread(function: Callable[..., _T], *arguments: object) -> _T:
    """Run a blocking read in the streams' own few threads: they never take those of requests."""
    return await asyncio.get_running_loop().run_in_executor(_readers, lambda: function(*arguments))
