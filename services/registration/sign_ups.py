"""Signing up in a rush: requests for one session that wait together share one transaction, and each is answered for itself.

When sign-up opens, everybody asks for the same few places at once, and the session's row lock lets one transaction through at a
time. So one thread takes all that wait for a session, in the order in which they came, locks the session once for all of them and
commits once (`shared.together`). The order in the line stays the order of the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import cast
from uuid import UUID

import structlog
from fastapi import Request, Response

from services.registration.answers import Asked, answers_before, asked_in, keep_answers, still_at_it
from services.registration.features.register import Crowd, Register
from services.registration.tables import Registration
from shared.errors import Problem
from shared.jobs import Begin
from shared.together import Together
from shared.unit import Unit

MOST = 200
"""How many requests share a transaction at most."""

THREADS = 2
"""For how many sessions people are signed up at once; each has one of the connections that `shared.http.CONNECTIONS` leaves."""

Wish = Callable[[Unit], Register]
Answer = Callable[[Registration, Unit], Response]


@dataclass(frozen=True, slots=True)
class _Waiting:
    session_id: UUID
    wish: Wish
    answer: Answer
    asked: Asked | None
    correlation: str


class SignUps:
    """Signs people up, for all requests that one web process gets."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._together = Together(self._carry_out, name="sign-ups", most=MOST, threads=THREADS)
        self._at_work: dict[str, Future[Response]] = {}
        self._lock = Lock()

    async def take(self, request: Request, session_id: UUID, wish: Wish, answer: Answer) -> Response:
        """Carry out the wish together with others for this session; returns what `answer` makes of it, once it is committed.

        Raises what the wish is refused with.
        """
        asked = asked_in(request)
        mine = _Waiting(session_id, wish, answer, asked, structlog.contextvars.get_contextvars()["correlationid"])
        while True:
            future, is_mine = self._put(mine)
            if is_mine:
                return await asyncio.wrap_future(future)
            if asked is None or not asked.waits:
                raise still_at_it()
            await asyncio.wait([asyncio.wrap_future(future)])

    def _put(self, mine: _Waiting) -> tuple[Future[Response], bool]:
        """Put a request in, unless the same one, which is returned instead, is at work: the key's lock would not part the two."""
        mark = mine.asked.mark if mine.asked is not None else ""
        with self._lock:
            first = self._at_work.get(mark)
            if first is not None:
                return first, False
            future = self._together.put(mine, mine.session_id)
            if mark:
                self._at_work[mark] = future
                future.add_done_callback(lambda _: self._at_work.pop(mark, None))
            return future, True

    def _carry_out(self, group: list[_Waiting]) -> list[Response | Exception]:
        with self._begin() as unit:
            before = answers_before([each.asked for each in group if each.asked is not None], unit)
            outcomes = [_asked_before(each, before) or _wish(each, unit) for each in group]
            wishes = [outcome.resident_id for outcome in outcomes if isinstance(outcome, Register)]
            crowd = Crowd(group[0].session_id, wishes, unit) if wishes else None
            answers: list[Response | Exception] = []
            kept: list[tuple[Asked, Response]] = []
            for each, outcome in zip(group, outcomes, strict=True):
                if crowd is None or not isinstance(outcome, Register):
                    answers.append(cast("Response | Problem", outcome))
                    continue
                answers.append(_register(each, outcome, crowd, unit))
                if each.asked is not None and isinstance(answers[-1], Response):
                    kept.append((each.asked, answers[-1]))
            keep_answers(kept, unit)
        return answers


def sign_ups_of(request: Request) -> SignUps:
    """Where the web process that serves this request signs people up."""
    return cast(SignUps, request.app.state.sign_ups)


def _asked_before(waiting: _Waiting, before: dict[str, Response | Problem]) -> Response | Problem | None:
    return before.get(waiting.asked.mark) if waiting.asked is not None else None


def _wish(waiting: _Waiting, unit: Unit) -> Register | Problem:
    try:
        return waiting.wish(unit)
    except Problem as problem:
        return problem


def _register(waiting: _Waiting, wish: Register, crowd: Crowd, unit: Unit) -> Response | Problem:
    unit.correlation = waiting.correlation
    try:
        return waiting.answer(crowd.register(wish), unit)
    except Problem as problem:
        return problem
