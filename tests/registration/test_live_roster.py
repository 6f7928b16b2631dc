"""The roster as it changes: everybody who has it open sees the same, at once, for as long as they may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send

from services.registration.features.check_in import CheckIn, check_in
from services.registration.tables import Session
from shared import log_ins
from shared.auth import COOKIE, Principal, sign_session
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import HALF_HOUR, WEDNESDAY, a_resident, a_session, sign_up
from tests.web.reading import Reader


class Desk:
    """The stream of one session's roster, as the browser of somebody with this role opens it."""

    def __init__(self, bench: Bench, app: ASGIApp, session_id: UUID, role: str = "clerk", view: str = "") -> None:
        self._service = bench.service
        self._app = app
        self._path = f"/registration/desk/sessions/{session_id}/stream"
        kind = "resident" if role == "resident" else "staff"
        self.principal = Principal(id=new_id(), kind=kind, name="", roles=frozenset({role}))
        self._cookie = f"{COOKIE}={sign_session(bench.service.keys, self.principal)}; {view}"

    @asynccontextmanager
    async def opened(self, place: str = "") -> AsyncIterator[Reader]:
        """A reader; afterwards, nothing of the stream is still reading."""
        async with Reader(self._as_browser, last_event_id=place) as reader:
            yield reader
        while self._service.engine.pool.checkedout():  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)

    async def _as_browser(self, scope: Scope, receive: Receive, send: Send) -> None:
        given: dict[str, Any] = {
            "path": self._path,
            "raw_path": self._path.encode(),
            "headers": [*scope["headers"], (b"cookie", self._cookie.encode()), (b"host", b"testserver")],
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "root_path": "",
        }
        await self._app(dict(scope) | given, receive, send)


def shows(text: str) -> Any:
    return lambda reader: bool(reader.texts) and text in reader.texts[-1]


async def run(bench: Bench, *given: Any) -> Any:
    return await asyncio.to_thread(bench.run, *given)


async def test_two_at_the_desk_see_who_signs_up_comes_and_leaves_without_loading_the_page_again(bench: Bench) -> None:
    app, session = bench.service.web(bench.service), a_session(bench)
    mine = sign_up(bench, session, a_resident(bench, "王秀珍"))
    bench.at(WEDNESDAY)
    async with (
        Desk(bench, app, session.id).opened() as one,
        Desk(bench, app, session.id, view="view-language=en").opened() as two,
    ):
        await one.sees(shows("王秀珍"))
        await two.sees(shows("王秀珍"))
        assert '<b id="inside">0</b>' in one.texts[-1]
        await run(bench, check_in, CheckIn(registration_id=mine.id))
        for reader in (one, two):
            await reader.sees(shows('<b id="inside">1</b>'))
        assert "已到 12:00" in one.texts[-1]
        assert "Came at 12:00" in two.texts[-1]
        bench.at(WEDNESDAY + HALF_HOUR)
        await run(bench, check_in, CheckIn(registration_id=mine.id, direction="exit"))
        for reader in (one, two):
            await reader.sees(shows('<b id="inside">0</b>'))
        assert "12:30 离开" in one.texts[-1]


async def test_the_line_and_its_offers_move_on_the_open_page(bench: Bench) -> None:
    app, session = bench.service.web(bench.service), a_session(bench, capacity=1)
    sign_up(bench, session)
    async with Desk(bench, app, session.id).opened() as reader:
        await reader.sees(shows("已报名"))
        waiting = await asyncio.to_thread(sign_up, bench, session, a_resident(bench, "李建国"))
        await reader.sees(shows("1 人候补"))
        assert "李建国" in reader.texts[-1]
        bench.query(
            "UPDATE registration SET state = 'offered', offered_at = now(), offer_expires_at = %s WHERE id = %s RETURNING id",
            (WEDNESDAY, waiting.id),
        )
        await reader.sees(shows("已问，留到 12:00"))
        assert "人候补" not in reader.texts[-1]


async def test_who_comes_back_starts_with_the_present_roster_whatever_they_saw_before(bench: Bench) -> None:
    app, session = bench.service.web(bench.service), a_session(bench)
    desk = Desk(bench, app, session.id)
    async with desk.opened() as reader:
        await reader.sees(shows("还没有人报名"))
        place = reader.place
    await asyncio.to_thread(sign_up, bench, session, a_resident(bench, "王秀珍"))
    for seen in (place, "roster:999", "another:1"):
        async with desk.opened(seen) as again:
            await again.sees(shows("王秀珍"))
            assert [told.event for told in again.told] == ["message"]


async def test_the_stream_is_for_staff_and_ends_with_the_log_in(bench: Bench) -> None:
    app, session = bench.service.web(bench.service), a_session(bench)
    async with Desk(bench, app, session.id, role="resident").opened() as reader:
        await reader.closed()
    assert reader.status == 403
    async with Desk(bench, app, new_id()).opened() as reader:
        await reader.closed()
    assert reader.status == 404
    desk = Desk(bench, app, session.id)
    async with desk.opened() as reader:
        await reader.sees(shows("还没有人报名"))
        with bench.service.begin() as unit:
            log_ins.end(unit.cursor(), desk.principal.log_in, WEDNESDAY)
        bench.at(WEDNESDAY)
        await asyncio.wait_for(reader.closed(), 20)
    assert reader.ended


def test_the_page_holds_what_the_stream_will_change(bench: Bench) -> None:
    session: Session = a_session(bench)
    page = bench.client("clerk", browser=True).get(f"/registration/desk/sessions/{session.id}").text
    assert f'hx-sse:connect="/registration/desk/sessions/{session.id}/stream"' in page
    assert 'id="roster"' in page
    assert 'id="counts"' in page
