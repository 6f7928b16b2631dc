"""A reader of a stream, driven at the ASGI boundary: it keeps what it is sent, and can be made to stop reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message

from shared.stream import Pace

BRISK = Pace(ping=0.02, life=60, spread=0, send=5, wait=0.01)
"""A pace for tests: short waits, sends that are given time."""


@dataclass(frozen=True)
class Told:
    """One event as a browser parses it."""

    id: str = ""
    event: str = "message"
    text: str | None = None


def parse(content: str) -> list[Told]:
    """The events of a stream, by the rules of the HTML standard; those without text are marks of place."""
    told = []
    for block in content.split("\n\n"):
        fields = [line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":")]
        values = {name: value for name, value in fields if name != "data"}
        lines = [value for name, value in fields if name == "data"]
        if "id" in values:
            told.append(Told(values["id"], values.get("event", "message"), "\n".join(lines) if lines else None))
    return told


@dataclass
class Reader:
    """Opens `app` as a browser would. `reading` cleared means that its connection is full: sends wait."""

    app: ASGIApp
    last_event_id: str = ""
    query: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: str = ""
    ended: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Reader:
        self.reading.set()
        self._task = asyncio.create_task(self._open())
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Close the connection and wait until the application has noticed."""
        self._gone.set()
        await self._task

    async def closed(self) -> None:
        """Wait until the application has ended the stream."""
        await self._task

    async def sees(self, seen: Callable[[Reader], bool]) -> None:
        """Wait until what was received is as `seen` wants it."""
        async with self._news:
            await self._news.wait_for(lambda: seen(self))

    async def hears(self, *texts: str) -> None:
        """Wait until exactly these texts have come, in this order."""
        await self.sees(lambda reader: len(reader.texts) >= len(texts))
        assert self.texts == list(texts)

    @property
    def told(self) -> list[Told]:
        """What came so far."""
        return parse(self.content)

    @property
    def texts(self) -> list[str]:
        """The texts that came so far."""
        return [told.text for told in self.told if told.text is not None]

    @property
    def place(self) -> str:
        """What this reader would send as Last-Event-ID."""
        return self.told[-1].id

    async def _open(self) -> None:
        headers = [(b"last-event-id", self.last_event_id.encode())] if self.last_event_id else []
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": self.query.encode(), "headers": headers}
        await self.app(scope, self._receive, self._take)

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _take(self, message: Message) -> None:
        if not self.reading.is_set():
            await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.content += message["body"].decode()
            self.ended = not message.get("more_body", False)
        _later.add(task := asyncio.create_task(self._notify()))
        task.add_done_callback(_later.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()


_later: set[asyncio.Task[None]] = set()
