"""The live room: nothing counted is lost, one frame serves everybody, and closing it tells the figures once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.registration.features import problems
from services.registration.features.live_room import (
    AskQuestion,
    CloseLivestream,
    OpenLivestream,
    RecordRoom,
    ask_question,
    close_livestream,
    open_livestream,
    record_room,
)
from services.registration.live import frame_of
from services.registration.recount import recount
from services.registration.tables import LiveRoom, Session
from shared.contracts.registration import LivestreamHeld
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import a_livestream, a_session

VIEWERS = [UUID(int=number, version=4) for number in range(1, 6)]


def an_open_room(bench: Bench) -> Session:
    session = a_livestream(bench)
    bench.run(open_livestream, OpenLivestream(session_id=session.id))
    return session


def test_a_room_closed_tells_its_figures_once(bench: Bench) -> None:
    session = an_open_room(bench)
    for viewers, reactions, peak in ((VIEWERS[:3], 4, 3), (VIEWERS[1:], 2, 2)):
        record = RecordRoom(session_id=session.id, viewers=frozenset(viewers), reactions=reactions, peak=peak)
        bench.run(record_room, record)
    bench.run(ask_question, AskQuestion(session_id=session.id, viewer=VIEWERS[0], words="面试要带什么材料？"))
    bench.run(close_livestream, CloseLivestream(session_id=session.id))
    assert bench.said == [
        LivestreamHeld(
            session_id=session.id,
            programme_id=session.programme_id,
            viewers=5,
            peak=3,
            questions=1,
            reactions=6,
            street="310101019",
        )
    ]
    assert bench.get(Session, session.id).state == "held"
    with pytest.raises(problems.RoomIsClosed):
        bench.run(close_livestream, CloseLivestream(session_id=session.id))
    with bench.service.begin() as unit:
        counted = recount(unit.cursor())
    assert (counted["livestream_viewers"], counted["livestream_questions"], counted["sessions_held"]) == (5, 1, 0)


def test_what_comes_in_after_the_close_counts_no_more(bench: Bench) -> None:
    session = an_open_room(bench)
    bench.run(close_livestream, CloseLivestream(session_id=session.id))
    bench.run(record_room, RecordRoom(session_id=session.id, viewers=frozenset(VIEWERS), reactions=9, peak=9))
    room = bench.get(LiveRoom, session.id)
    assert (room.viewers, room.reactions, room.peak) == (0, 0, 0)
    with pytest.raises(problems.RoomIsClosed):
        bench.run(ask_question, AskQuestion(session_id=session.id, viewer=VIEWERS[0], words="还在吗？"))


def test_only_a_planned_livestream_has_a_room_and_only_one(bench: Bench) -> None:
    with pytest.raises(problems.WrongKind):
        bench.run(open_livestream, OpenLivestream(session_id=a_session(bench).id))
    session = an_open_room(bench)
    with pytest.raises(problems.RoomIsOpen):
        bench.run(open_livestream, OpenLivestream(session_id=session.id))
    with pytest.raises(problems.RoomIsClosed):
        bench.run(ask_question, AskQuestion(session_id=new_id(), viewer=VIEWERS[0], words="有人吗？"))


def test_a_frame_shows_words_as_words(bench: Bench) -> None:
    session = an_open_room(bench)
    bench.run(ask_question, AskQuestion(session_id=session.id, viewer=VIEWERS[0], words="<script>alert(1)</script>"))
    state = bench.run(record_room, RecordRoom(session_id=session.id))
    shown = frame_of(state, viewers=13_000, reactions=7)
    assert "<script>" not in shown
    assert "13,000" in shown


class Watcher:
    """One viewer of the stream, as the server sees it."""

    def __init__(self, app: Any, session: Session, viewer: UUID) -> None:
        self.received = b""
        self.status = 0
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/registration/live/{session.id}/stream",
            "query_string": f"viewer={viewer}".encode(),
            "headers": [(b"last-event-id", b"gone:7")],
            "scheme": "http",
            "server": ("test", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
            "http_version": "1.1",
        }
        self._task = asyncio.create_task(app(scope, self._receive, self._send))

    async def until(self, text: str) -> str:
        """Everything received, once `text` is among it."""
        async with asyncio.timeout(20):
            while text not in self.received.decode():
                await asyncio.sleep(0.02)
        return self.received.decode()

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self._task, 10)

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.received += message["body"]


@asynccontextmanager
async def served(bench: Bench, app: Any) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"sec-fetch-site": "same-origin"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test", headers=headers) as client:
        await client.post("/registration/api/login/staff", json={"name": "clerk", "password": "jiamenkou"})
        yield client


async def test_viewers_see_each_other_and_what_is_asked_and_nothing_counted_is_lost(bench: Bench) -> None:
    app = bench.service.web(bench.service)
    session = an_open_room(bench)
    room = f"/registration/live/{session.id}"
    async with served(bench, app) as client:
        watchers = [Watcher(app, session, viewer) for viewer in VIEWERS[:3]]
        twice = Watcher(app, session, VIEWERS[0])
        await watchers[0].until('"#live-viewers">4<')
        for viewer in VIEWERS:
            assert (await client.post(f"{room}/reactions", json={"viewer": str(viewer)})).status_code == 202
        question = {"viewer": str(VIEWERS[4]), "words": "五十岁以上还收吗？"}
        assert (await client.post(f"{room}/questions", json=question)).status_code == 201
        seen = await watchers[1].until("五十岁以上还收吗？")
        assert '"#live-reactions">5<' in seen
        assert "event: reset" not in seen
        await twice.leave()
        closed = await client.post(f"/registration/api/livestreams/{session.id}/close")
        assert {key: closed.json()[key] for key in ("viewers", "peak", "reactions", "questions")} == {
            "viewers": 3,
            "peak": 4,
            "reactions": 5,
            "questions": 1,
        }
        await watchers[2].until("event: ended")
        for watcher in watchers:
            await watcher.leave()
        assert (await client.post(f"{room}/reactions", json={"viewer": str(VIEWERS[0])})).status_code == 409
        assert (await client.get(f"{room}/stream")).status_code == 409


def rename(bench: Bench, table: str, name: str) -> None:
    with bench.service.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


async def test_counts_that_could_not_be_written_are_written_with_the_next(bench: Bench) -> None:
    app = bench.service.web(bench.service)
    session = an_open_room(bench)
    async with served(bench, app) as client:
        room = await app.state.live.enter(session.id)
        rename(bench, "live_room", "live_room_away")
        room.react()
        with pytest.raises(Exception, match="live_room"):
            await room.record()
        rename(bench, "live_room_away", "live_room")
        await room.record()
        counted = await client.get(f"/registration/api/livestreams/{session.id}")
        assert counted.json()["reactions"] == 1
