"""Calls of one server over kept connections, hundreds at once: the HTTP that carriers need, at a tenth of a client's cost.

What matters here is to tell apart what certainly never reached the server (`NoConnection`) from what may have.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

KEPT = 4.0
"""Seconds that an unused connection is kept: servers hang up after five, and what is sent at that moment may be lost."""
LONGEST = 1024 * 1024
"""Bytes of the longest answer that is read."""

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter, float]


class NoConnection(Exception):
    """Nobody was there: nothing was sent."""


class NoAnswer(Exception):
    """No answer that can be read: what was sent may have arrived."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said."""

    status: int
    body: bytes


class Wire:
    """The connections to the server at `url`, at most `most` at once; belongs to one event loop."""

    def __init__(self, url: str, *, connect: float, answer: float, most: int) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._at, self._path = parts.netloc, parts.path.rstrip("/")
        self._connect, self._answer, self._most = connect, answer, most
        self._free: list[Line] = []

    async def call(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """Make one call, once. Raises `NoConnection` or `NoAnswer`."""
        async with self._room:
            reader, writer = await self._open()
            try:
                async with asyncio.timeout(self._answer):
                    writer.write(self._request(method, path, body, headers or {}))
                    reply, stays = await _read(reader)
            except BaseException as error:
                writer.transport.abort()
                if isinstance(error, (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError)):
                    raise NoAnswer(type(error).__name__) from None
                raise
            if stays:
                self._free.append((reader, writer, time.monotonic()))
            else:
                writer.close()
            return reply

    async def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
        """Post a JSON object, as `call`."""
        return await self.call(
            "POST", path, json.dumps(body).encode(), {"content-type": "application/json"} | dict(headers or {})
        )

    async def close(self) -> None:
        """Hang up everywhere."""
        while self._free:
            self._free.pop()[1].close()

    @cached_property
    def _room(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self._most)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            reader, writer, since = self._free.pop()
            if not reader.at_eof() and not writer.is_closing() and time.monotonic() - since < KEPT:
                return reader, writer
            writer.close()
        try:
            async with asyncio.timeout(self._connect):
                return await asyncio.open_connection(self._host, self._port, ssl=self._tls or None)
        except (OSError, TimeoutError) as error:
            raise NoConnection(type(error).__name__) from None

    def _request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {self._path}{path} HTTP/1.1", f"host: {self._at}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


async def _read(reader: asyncio.StreamReader) -> tuple[Reply, bool]:
    """One answer, and whether the connection stays open after it. ValueError when it is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, _, rest = head[0].partition(" ")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    stays = version == "HTTP/1.1" and fields.get("connection", "").lower() != "close"
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    elif "content-length" in fields:
        body = await reader.readexactly(_size(int(fields["content-length"])))
    else:
        body, stays = await reader.read(LONGEST), False
    return Reply(int(rest[:3]), body), stays


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += await reader.readexactly(_size(len(body) + size) - len(body))
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return body


def _size(wanted: int) -> int:
    if not 0 <= wanted <= LONGEST:
        raise ValueError("too long")
    return wanted
