"""Live rooms of this web process: one shared frame for thousands of viewers, counts in memory, written down every second."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from fastapi import FastAPI, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from services.registration.features.live_room import NOT_OPEN, RecordRoom, RoomState, record_room
from services.registration.features.problems import RoomIsClosed
from shared.jobs import Begin
from shared.log import log
from shared.stream import Hub
from shared.web.numbers import number

TICK = 0.25
"""Seconds between frames: everything that happens meanwhile is folded into one."""
TICKS_PER_RECORD = 4
VIEWER = "jiamenkou_viewer"
"""The cookie with the number a device is counted by; it says nothing about who holds it."""

_PARTIAL = Markup('<hx-partial hx-target="#{}">{}</hx-partial>')
_ENDED = _PARTIAL.format(
    "live-state",
    Markup(
        '<span lang="zh-CN">直播结束了，谢谢您来。</span> <span lang="en">The livestream is over. Thank you for coming.</span>'
    ),
)


@dataclass
class Counted:
    """What happened here since the last record."""

    viewers: set[UUID] = field(default_factory=set)
    reactions: int = 0


class Room:
    """One open room. Everything but the record itself happens on the event loop, so nothing here is locked."""

    def __init__(self, state: RoomState, begin: Begin) -> None:
        self.hub = Hub()
        self.state = state
        self._begin = begin
        self._counted = Counted()
        self._peak = 0
        self._recording = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None

    @property
    def reactions(self) -> int:
        """Reactions so far, those not yet written down among them."""
        return self.state.reactions + self._counted.reactions

    def see(self, viewer: UUID) -> None:
        """A viewer is here."""
        self._counted.viewers.add(viewer)
        self.attend()

    def react(self) -> None:
        """Somebody sent a reaction."""
        self._counted.reactions += 1
        self.attend()

    def attend(self) -> None:
        """Keep the room going while there is anything to tell or to write down."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def record(self) -> None:
        """Write down what was counted and learn how the room stands. What cannot be written now is kept for the next time."""
        async with self._recording:
            counted, self._counted = self._counted, Counted()
            self._peak = max(self._peak, self.hub.viewers)
            command = RecordRoom(
                session_id=self.state.session_id,
                viewers=frozenset(counted.viewers),
                reactions=counted.reactions,
                peak=self._peak,
            )
            try:
                self.state = await run_in_threadpool(self._write, command)
            except BaseException:
                self._counted.viewers |= counted.viewers
                self._counted.reactions += counted.reactions
                raise

    def _write(self, command: RecordRoom) -> RoomState:
        with self._begin() as unit:
            return record_room(command, unit)

    async def _run(self) -> None:
        told = ""
        tick = 0
        while self.state.is_open and (tick == 0 or self.hub.viewers or self._counted != Counted()):
            self._peak = max(self._peak, self.hub.viewers)
            if tick % TICKS_PER_RECORD == 0:
                await self._record_if_possible()
            text = frame_of(self.state, viewers=self.hub.viewers, reactions=self.reactions)
            if text != told:
                told = text
                self.hub.publish(text)
            tick += 1
            await asyncio.sleep(TICK)
        if not self.state.is_open:
            self.hub.publish(_ENDED)
            self.hub.publish("{}", event="ended")

    async def _record_if_possible(self) -> None:
        try:
            await self.record()
        except Exception as error:  # the counts are kept, and written with the next record
            log.warning("room_record_failed", session=str(self.state.session_id), reason=type(error).__name__)


class LiveRooms:
    """The open rooms, by session; as an ASGI application, the stream of one."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._rooms: dict[UUID, Room] = {}

    async def enter(self, session_id: UUID) -> Room:
        """The room, if it is open; raises `RoomIsClosed`."""
        room = self._rooms.get(session_id)
        if room is None:
            state = await run_in_threadpool(self._look, session_id)
            room = self._rooms.setdefault(session_id, Room(state, self._begin))
        if not room.state.is_open:
            self._rooms.pop(session_id, None)
            raise RoomIsClosed(NOT_OPEN)
        return room

    async def record(self, session_id: UUID) -> None:
        """Write down what this process has counted in the room, if it has."""
        room = self._rooms.get(session_id)
        if room is not None:
            await room.record()

    def viewers(self, session_id: UUID) -> int:
        """How many watch through this process right now."""
        room = self._rooms.get(session_id)
        return room.hub.viewers if room else 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one viewer's stream. Every frame holds the whole state, so whoever comes back needs nothing that was missed."""
        room = await self.enter(scope["path_params"]["session_id"])
        room.see(viewer_of(Request(scope)))
        headers = [(name, value) for name, value in scope["headers"] if name != b"last-event-id"]
        await room.hub(dict(scope) | {"headers": headers, "query_string": b""}, receive, send)

    def _look(self, session_id: UUID) -> RoomState:
        with self._begin() as unit:
            return record_room(RecordRoom(session_id=session_id), unit)


def mount_live_rooms(app: FastAPI, begin: Begin) -> None:
    """Give the application its live rooms."""
    app.state.live = LiveRooms(begin)
    app.add_route("/registration/live/{session_id:uuid}/stream", app.state.live, include_in_schema=False)


def live_rooms(request: Request) -> LiveRooms:
    """The live rooms of the application that serves this request."""
    rooms: LiveRooms = request.app.state.live
    return rooms


def viewer_of(request: Request) -> UUID:
    """The number of the device that asks, from `?viewer=` or its cookie; a new one for those who have none."""
    with suppress(ValueError):
        return UUID(request.query_params.get("viewer") or request.cookies.get(VIEWER) or "")
    return uuid4()


def frame_of(state: RoomState, *, viewers: int, reactions: int) -> str:
    """One frame for all viewers, whatever their language: numbers and the newest questions, each swapped into its place."""
    questions = Markup("").join(Markup("<li>{}</li>").format(words) for words in state.newest)
    counts = {"live-viewers": viewers, "live-reactions": reactions, "live-questions": state.questions}
    parts = {target: number(count) for target, count in counts.items()} | {"live-newest": questions}
    return str(Markup("").join(_PARTIAL.format(target, content) for target, content in parts.items()))
