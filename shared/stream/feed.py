"""Consoles: every row of a feed, in order, exactly once per position, to whoever may see it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from shared.errors import Problem
from shared.log import log
from shared.stream.frames import (
    END,
    PACE,
    PING,
    START,
    Pace,
    asked_position,
    body,
    frame,
    full,
    in_thread,
    on_the_clock,
    reset,
    until_gone,
)

BATCH = 200
"""How many rows of a feed are read and sent at once."""


class Seats:
    """How many streams may be open at once, in this process and for one person."""

    def __init__(self, in_all: int = 300, each: int = 3) -> None:
        self._in_all = in_all
        self._each = each
        self._taken: Counter[str] = Counter()

    def take(self, person: str) -> bool:
        """Take a seat, if there is one."""
        if self._taken.total() >= self._in_all or self._taken[person] >= self._each:
            return False
        self._taken[person] += 1
        return True

    def leave(self, person: str) -> None:
        """Give a seat back."""
        self._taken -= Counter({person: 1})


class Wake:
    """Tells the streams of a process that their feed may have grown. `ring()` may be called from any thread, and too often.

    With `probe` (a cheap look at the feed's end) it rings itself: one query every `every` seconds however many consoles are open.
    """

    def __init__(self, probe: Callable[[], object] | None = None, every: float = 0.5) -> None:
        self._probe = probe
        self._every = every
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open = 0
        self._watch: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Let every stream look."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._turn)

    def attend(self) -> None:
        """A stream has opened."""
        self._loop = asyncio.get_running_loop()
        self._open += 1
        if self._probe is not None and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._look(self._probe))

    def depart(self) -> None:
        """A stream has ended."""
        self._open -= 1

    def next(self) -> asyncio.Event:
        """What is set at the next ring. Ask before looking at the feed: then no ring falls between looking and waiting."""
        return self._event

    def _turn(self) -> None:
        rung, self._event = self._event, asyncio.Event()
        rung.set()

    async def _look(self, probe: Callable[[], object]) -> None:
        seen: object = None
        while self._open:
            with suppress(Exception):
                found = await in_thread(probe)
                if found != seen:
                    seen = found
                    self._turn()
            await asyncio.sleep(self._every)


@dataclass(frozen=True)
class Feed:
    """Rows with growing positions, and how they are read. Both callables run in a thread and open a transaction of their own.

    `bounds()` is (the position after which everything is still kept, the last position); `read(after, limit)` is the next rows as
    (position, text). A `Problem` raised by `read` ends the stream: there a log-in that has been withdrawn is noticed, within
    `Pace.wait` seconds.
    """

    epoch: str
    bounds: Callable[[], tuple[int, int]]
    read: Callable[[int, int], Sequence[tuple[int, str]]]


SEATS = Seats()


def follow(
    request: Request,
    feed: Feed,
    *,
    person: str,
    wake: Wake,
    may_see: Callable[[str], bool] = lambda _: True,
    seats: Seats = SEATS,
    pace: Pace = PACE,
) -> Response:
    """The stream of `feed` for one reader, from where it left off. `may_see` is asked about every row, each time."""
    return _Following(feed, asked_position(request.scope, feed.epoch), person, may_see, wake, seats, pace)


class _Following(Response):
    """An answer that goes on for as long as the reader listens."""

    media_type = "text/event-stream"

    def __init__(
        self, feed: Feed, asked: int | None, person: str, may_see: Callable[[str], bool], wake: Wake, seats: Seats, pace: Pace
    ) -> None:
        super().__init__()
        self._feed = feed
        self._asked = asked
        self._person = person
        self._may_see = may_see
        self._wake = wake
        self._seats = seats
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._seats.take(self._person):
            await full()(scope, receive, send)
            return
        self._wake.attend()
        telling = asyncio.create_task(self._tell(send))
        leaving = asyncio.create_task(until_gone(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._seats.leave(self._person)
            self._wake.depart()
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        """Everything after the reader's position, then what comes, until the time or the log-in is up or the reader too slow."""
        try:
            await self._send(send, START)
            with suppress(Problem):
                await self._go_on(send)
            await self._send(send, END)
        except TimeoutError:
            log.info("stream_reader_too_slow")
        except Exception as error:  # the feed cannot be read just now: the reader comes back by itself
            log.warning("stream_broke", reason=type(error).__name__)
            await self._send(send, END)

    async def _go_on(self, send: Send) -> None:
        deadline = self._pace.deadline()
        position, opening = await self._begin()
        await self._send(send, body(self._pace.greeting() + opening))
        spoke = on_the_clock()
        while on_the_clock() < deadline:
            rung = self._wake.next()
            rows = await in_thread(self._feed.read, position, BATCH)
            if rows:
                position = rows[-1][0]
                await self._send(send, body(self._encode(rows)))
                spoke = on_the_clock()
                continue
            if on_the_clock() - spoke >= self._pace.ping:
                await self._send(send, body(PING))
                spoke = on_the_clock()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(self._pace.wait, self._pace.ping)):
                    await rung.wait()

    async def _begin(self) -> tuple[int, bytes]:
        """Where to start, and what to say about it."""
        kept, last = await in_thread(self._feed.bounds)
        if self._asked is None:
            return last, frame(self._feed.epoch, last, None)
        if kept <= self._asked <= last:
            return self._asked, b""
        return last, reset(self._feed.epoch, last)

    def _encode(self, rows: Sequence[tuple[int, str]]) -> bytes:
        seen = [(position, text) for position, text in rows if self._may_see(text)]
        frames = [frame(self._feed.epoch, position, text) for position, text in seen]
        if not seen or seen[-1][0] != rows[-1][0]:
            frames.append(frame(self._feed.epoch, rows[-1][0], None))
        return b"".join(frames)

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self._pace.send):
            await send(message)
