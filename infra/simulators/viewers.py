"""Viewers of a livestream: each holds a real event stream open, some ask a question, many send a reaction.

`python -m infra.simulators.viewers http://127.0.0.1:8080 SESSION --viewers 300 --seconds 10` prints what they did and saw.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import typer

QUESTIONS = (
    "这个岗位中午可以回家做饭吗？",
    "五十岁以上还收吗？",
    "小店的铺面怎么申请？",
    "二手书可以上门收吗？",
    "面试要带什么材料？",
    "有没有做半天的工作？",
)


@dataclass
class Watched:
    """What the viewers did and saw."""

    viewers: int = 0
    frames: int = 0
    questions: int = 0
    reactions: int = 0
    refused: int = 0


class Crowd:
    """A seeded crowd of viewers of one live room."""

    def __init__(self, origin: str, session: str, *, viewers: int, seed: int = 2021) -> None:
        parts = urlsplit(origin)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._room = f"/registration/live/{session}"
        self._viewers = viewers
        self._chance = random.Random(seed)
        self.watched = Watched()

    def watch(self, seconds: float) -> Watched:
        """Let everybody come, watch for `seconds`, and leave."""
        asyncio.run(self._watch(seconds))
        return self.watched

    async def _watch(self, seconds: float) -> None:
        plans = [
            (UUID(int=self._chance.getrandbits(128), version=4), self._chance.random(), self._chance.random())
            for _ in range(self._viewers)
        ]
        door = asyncio.Semaphore(50)
        await asyncio.gather(*(self._one(str(viewer), asks, reacts, seconds, door) for viewer, asks, reacts in plans))

    async def _one(self, viewer: str, asks: float, reacts: float, seconds: float, door: asyncio.Semaphore) -> None:
        await asyncio.sleep(self._chance.random() * min(2.0, seconds / 4))
        async with door:
            reader, writer = await self._send("GET", f"/stream?viewer={viewer}")
            status = await reader.readline()
        if b" 200 " not in status:
            self.watched.refused += 1
            writer.close()
            return
        self.watched.viewers += 1
        listening = asyncio.create_task(self._listen(reader))
        await asyncio.sleep(seconds * 0.5 * reacts)
        if asks < 0.05:
            asked = await self._post("/questions", {"viewer": viewer, "words": self._chance.choice(QUESTIONS)})
            self.watched.questions += asked
        if reacts < 0.6:
            sent = await self._post("/reactions", {"viewer": viewer})
            self.watched.reactions += sent
        await asyncio.sleep(seconds * (1 - 0.5 * reacts))
        listening.cancel()
        writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data:"):
                self.watched.frames += 1

    async def _post(self, path: str, body: dict[str, str]) -> int:
        reader, writer = await self._send("POST", path, json.dumps(body).encode())
        try:
            return int(b" 20" in await reader.readline())
        finally:
            writer.close()

    async def _send(self, method: str, path: str, body: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        head = [
            f"{method} {self._room}{path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Accept: text/event-stream" if method == "GET" else "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Sec-Fetch-Site: same-origin",
            "Connection: keep-alive" if method == "GET" else "Connection: close",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        return reader, writer


def main(
    origin: str,
    session: str,
    viewers: Annotated[int, typer.Option(help="How many watch at once.")] = 300,
    seconds: Annotated[float, typer.Option(help="How long each watches.")] = 10,
    seed: Annotated[int, typer.Option(help="Who asks what, and when.")] = 2021,
) -> None:
    """Watch the livestream SESSION at ORIGIN."""
    print(json.dumps(asdict(Crowd(origin, session, viewers=viewers, seed=seed).watch(seconds))))


if __name__ == "__main__":
    typer.run(main)
