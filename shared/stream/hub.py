"""Rooms: one event, encoded once, to thousands of viewers."""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import uuid4

from starlette.types import Message, Receive, Scope, Send

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


@dataclass(eq=False, slots=True)
class _Viewer:
    """Someone in a room. `rest` is a send that did not finish at once; while it runs, the viewer is behind."""

    send: Send
    task: asyncio.Task[Any]
    deadline: float
    position: int
    rest: asyncio.Task[None] | None = None
    dismissed: bool = False


class Hub:
    """One live room, as an ASGI application: every event is encoded once and sent to all viewers by stepping their sends.

    A viewer costs a waiting task and nothing else: no queue, no generator. One whose connection is full is finished in a task of
    its own, caught up from the ring of recent frames, and sent away if that takes longer than `Pace.send`. `publish` belongs to
    the event loop; `source` spares most rooms from calling it: while anybody watches it is asked (in a thread) every `every`
    seconds for the room's state, and an answer other than the last is published.
    """

    def __init__(
        self,
        source: Callable[[], str | None] | None = None,
        *,
        every: float = 0.5,
        ring: int = 256,
        most: int = 20_000,
        pace: Pace = PACE,
    ) -> None:
        self.epoch = uuid4().hex[:12]
        self.position = 0
        self._source = source
        self._every = every
        self._ring: deque[bytes] = deque(maxlen=ring)
        self._most = most
        self._pace = pace
        self._viewers: set[_Viewer] = set()
        self._running: asyncio.Task[None] | None = None

    @property
    def viewers(self) -> int:
        """How many are watching."""
        return len(self._viewers)

    def publish(self, text: str, event: str | None = None) -> None:
        """Tell everybody in the room."""
        self.position += 1
        encoded = frame(self.epoch, self.position, text, event)
        self._ring.append(encoded)
        self._step_all(body(encoded))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one viewer until it leaves, its time is up or it falls too far behind."""
        if len(self._viewers) >= self._most:
            await full()(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        viewer = _Viewer(send, task, self._pace.deadline(), self.position)
        await send(START)
        self._viewers.add(viewer)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        try:
            self._step(viewer, body(self._pace.greeting() + self._opening(scope, viewer)))
            await until_gone(receive)
        except asyncio.CancelledError:
            if not viewer.dismissed:
                raise
            task.uncancel()
            if viewer.rest is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.send):
                        await send(END)
        finally:
            self._viewers.discard(viewer)
            if viewer.rest is not None:
                viewer.rest.cancel()

    def _opening(self, scope: Scope, viewer: _Viewer) -> bytes:
        """What the viewer missed; nothing but its place for a new one."""
        asked = asked_position(scope, self.epoch)
        if asked is None:
            viewer.position = self.position
            return frame(self.epoch, self.position, None)
        viewer.position = asked if asked <= self.position else -1
        return self._since(viewer)

    def _since(self, viewer: _Viewer) -> bytes:
        """The frames after the viewer's position, which moves to the end; `reset` where they are no longer kept."""
        missed, viewer.position = self.position - viewer.position, self.position
        if missed > len(self._ring):
            return reset(self.epoch, self.position)
        return b"".join(islice(self._ring, len(self._ring) - missed, None))

    def _step_all(self, message: Message) -> None:
        for viewer in tuple(self._viewers):
            if viewer.rest is None:
                viewer.position = self.position
                self._step(viewer, message)

    def _step(self, viewer: _Viewer, message: Message) -> None:
        """Send without a task: most sends only write to a socket and are over when the coroutine is stepped once."""
        sending = viewer.send(message)
        assert isinstance(sending, Coroutine)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except OSError:
            self._dismiss(viewer)
            return
        viewer.rest = asyncio.create_task(self._finish(viewer, sending, waits_for))

    async def _finish(self, viewer: _Viewer, sending: Coroutine[Any, Any, None], waits_for: Any) -> None:
        """Finish a send that has to wait, then catch up; a viewer that cannot in time is sent away and comes back by itself."""
        try:
            async with asyncio.timeout(self._pace.send):
                await _resume(sending, waits_for)
                while viewer.position < self.position:
                    await viewer.send(body(self._since(viewer)))
        except (TimeoutError, OSError):
            self._dismiss(viewer)
        else:
            viewer.rest = None

    def _dismiss(self, viewer: _Viewer) -> None:
        """End the viewer's stream."""
        self._viewers.discard(viewer)
        viewer.dismissed = True
        viewer.task.cancel()

    async def _run(self) -> None:
        """While anybody watches: ask for the room's state, ping, end long lives."""
        told: str | None = None
        next_ping = on_the_clock() + self._pace.ping
        while self._viewers:
            state = await self._ask()
            if state is not None and state != told:
                told = state
                self.publish(state)
            now = on_the_clock()
            if now >= next_ping:
                next_ping = now + self._pace.ping
                self._step_all(body(PING))
            for viewer in [viewer for viewer in self._viewers if viewer.deadline <= now]:
                self._dismiss(viewer)
            await asyncio.sleep(min(self._every, self._pace.ping))

    async def _ask(self) -> str | None:
        if self._source is None:
            return None
        try:
            return await in_thread(self._source)
        except Exception as error:  # the room goes on without its state, and asks again
            log.warning("room_source_failed", reason=type(error).__name__)
            return None


@types.coroutine
def _resume(stepped: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has been stepped once by hand and waits for `waits_for`."""
    while True:
        try:
            answer = yield waits_for
        except BaseException as error:
            step = partial(stepped.throw, error)
        else:
            step = partial(stepped.send, answer)
        try:
            waits_for = step()
        except StopIteration:
            return
