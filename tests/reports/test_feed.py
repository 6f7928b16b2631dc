"""The console's feed: positions without gaps, crowds in one line, nothing sealed, each role its own, resumable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from services.reports.features.read_feed import FeedLine, after, feed_end, newest, raw
from services.reports.projections import fold
from shared.auth import COOKIE, Principal, sign_session
from shared.contracts import notify, registration
from shared.contracts.registration import ProgrammeOpened, RegistrationWaitlisted
from shared.crypto import Keyring
from shared.errors import NotFound
from shared.event import Envelope, Event, new_id, with_sequence
from shared.inbox import Delivery
from shared.outbox import row
from shared.testing import Bench
from shared.unit import Unit
from shared.web.words import Catalogue
from tests.reports.story import at, attendance, critical, opened, programme, referral, scheduled, text, uuid, visit
from tests.web.reading import Reader

NOON = at(date(2021, 5, 12), 12)
SAY = Catalogue("zh", []).say


def who(*roles: str) -> Principal:
    return Principal(id=new_id(), kind="staff", name="测试", roles=frozenset(roles))


def limited(bench: Bench, **limits: str) -> list[str]:
    """What a clerk sees who may act in one place only."""
    clerk = who("clerk").model_copy(update={"limits": {kind: frozenset({place}) for kind, place in limits.items()}})
    with bench.service.begin() as unit:
        return [line.text for line in newest(feed_end(unit).pos, 100, clerk, SAY, unit)]


def delivery(event: Event) -> Delivery:
    body = row(event, source="/stations", at=NOON, correlationid="c" * 32)[3]
    return Envelope.of(json.loads(with_sequence(body, 1))), event


def said_to(bench: Bench, *roles: str) -> list[str]:
    with bench.service.begin() as unit:
        return [line.text for line in newest(feed_end(unit).pos, 100, who(*roles), SAY, unit)]


def test_positions_have_no_gaps_whatever_came_between(bench: Bench) -> None:
    bench.hear(opened(1), visit(1), critical(1), referral(1))
    bench.hear(visit(2, imported=True), visit(3, imported=True))
    bench.hear(programme("series"), scheduled(1, "series", NOON), *attendance(1, "series", NOON, [1, 2]))
    positions = [pos for (pos,) in bench.query("SELECT pos FROM feed ORDER BY pos")]
    assert positions == list(range(1, len(positions) + 1))
    assert bench.query("SELECT pos FROM feed_head") == [(positions[-1],)]


def test_imported_history_is_counted_but_never_told(bench: Bench) -> None:
    bench.hear(*(visit(n, imported=True) for n in range(300)))
    assert bench.query("SELECT sum(visits) FROM visits_by_station_day") == [(300,)]
    assert bench.query("SELECT * FROM feed") == []


def test_visits_that_come_together_are_one_line(bench: Bench) -> None:
    bench.hear(opened(1), opened(2))
    bench.hear(*(visit(n, station=1 + n % 2) for n in range(7)))
    bench.hear(visit(8, items=5))
    assert said_to(bench, "clerk") == [
        "测试1驿站来了一位，做了 5 项",
        "驿站新到 7 人次，最近的在测试1驿站",
        "2 个驿站登记开放，最后是测试2驿站",
    ]


def test_texts_are_told_together_by_their_purpose(bench: Bench) -> None:
    bench.hear(text(1), text(2, "referral"), text(3))
    assert said_to(bench, "clerk") == ["发出短信 2 条（前一天提醒）", "发出短信 1 条（随访）"]


def test_people_are_never_named_and_sessions_always_are(bench: Bench) -> None:
    bench.hear(programme("series"), scheduled(1, "series", NOON))
    bench.hear(*attendance(1, "series", NOON, [1, 2], walk_ins=1))
    assert said_to(bench, "clerk") == [
        "“午间半小时”办完了，到场 2 人次",
        "有人没报名直接到了“午间半小时”",
        "有人到了“午间半小时”",
        "“午间半小时”空出的名额转给了候补的下一位",
        "“午间半小时”排上了日程，20 个名额",
        "老西门红十字会开了新项目“午间半小时”",
    ]


def test_a_session_not_known_yet_is_a_dash(bench: Bench) -> None:
    bench.hear(*attendance(1, "series", NOON, [1]))
    assert "有人到了“—”" in said_to(bench, "clerk")


def test_codes_for_logging_in_never_enter_and_sealed_values_stay_out(bench: Bench) -> None:
    keys = Keyring(bench.service.settings.keys, "registration")
    phone = keys.seal("notify", "13900000000")
    bench.hear(
        registration.LoginCodeRequested(login_id=uuid(12, 1), phone=phone, code=phone, expires_at=NOON),
        registration.ResidentRegistered(resident_id=uuid(8, 1), street="310101019", phone=phone, consents=("texts",)),
    )
    ((type, event),) = bench.query("SELECT type, event FROM feed")
    assert type == "registration.resident_registered"
    assert "phone" not in event["data"]
    assert "sealed." not in str(event)


@pytest.mark.parametrize(
    ("role", "sees_texts", "sees_critical"),
    [("clerk", True, False), ("nurse", False, True), ("editor", False, False), ("operator", True, True)],
)
def test_each_role_reads_its_own(bench: Bench, role: str, sees_texts: bool, sees_critical: bool) -> None:
    bench.hear(opened(1), critical(1))
    bench.hear(text(1))
    said = said_to(bench, role)
    assert ("发出短信 1 条（前一天提醒）" in said) is sees_texts
    assert ("测试1驿站有一项血压到了危急界限，请马上关心" in said) is sees_critical
    assert "测试1驿站登记开放" in said


def test_what_somebody_may_not_see_is_only_a_position(bench: Bench) -> None:
    bench.hear(opened(1), critical(1))
    with bench.service.begin() as unit:
        first, second = after(0, 10, who("clerk"), SAY, unit)
        assert isinstance(first, FeedLine)
        assert second == 2
        with pytest.raises(NotFound):
            raw(2, who("clerk"), SAY, unit)
        assert raw(2, who("nurse"), SAY, unit)[1]["data"]["item"] == "blood_pressure"


def test_a_failed_batch_leaves_no_hole(bench: Bench) -> None:
    def fail(unit: Unit) -> None:
        fold([delivery(opened(9))], unit)
        raise ZeroDivisionError

    bench.hear(opened(1))
    with pytest.raises(ZeroDivisionError), bench.service.begin() as unit:
        fail(unit)
    bench.hear(opened(2))
    assert bench.query("SELECT pos FROM feed ORDER BY pos") == [(1,), (2,)]


# ---- the stream ----


class Console:
    """The stream as a browser of somebody with these roles opens it."""

    def __init__(self, bench: Bench, *roles: str) -> None:
        self.service = bench.service
        self.app = bench.service.web(bench.service)
        session = sign_session(Keyring(bench.service.settings.keys, "registration"), who(*roles))
        self.headers = [(b"cookie", f"{COOKIE}={session}".encode())] if roles else []
        with bench.service.begin() as unit:
            self.epoch = feed_end(unit).epoch

    @asynccontextmanager
    async def opened(self, place: int) -> AsyncIterator[Reader]:
        """A reader that saw everything up to `place`; afterwards, nothing of the stream is still reading."""
        async with Reader(self._as_seen_by(self.app), last_event_id=f"{self.epoch}:{place}") as reader:
            yield reader
        while self.service.engine.pool.checkedout():  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)

    def _as_seen_by(self, app: ASGIApp) -> ASGIApp:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            given: dict[str, Any] = {
                "path": "/reports/stream",
                "raw_path": b"/reports/stream",
                "headers": [*scope["headers"], *self.headers, (b"host", b"testserver")],
                "scheme": "http",
                "server": ("testserver", 80),
                "client": ("127.0.0.1", 1),
                "http_version": "1.1",
                "root_path": "",
            }
            await app(dict(scope) | given, receive, send)

        return wrapped


def positions(reader: Reader) -> list[int]:
    return [int(told.id.rpartition(":")[2]) for told in reader.told if told.text]


async def test_a_console_that_comes_back_misses_nothing_and_hears_nothing_twice(bench: Bench) -> None:
    console = Console(bench, "operator")
    bench.hear(opened(1))
    heard: list[int] = []
    for n in range(3):
        async with console.opened(heard[-1] if heard else 0) as reader:
            bench.hear(critical(n), referral(n))
            await reader.sees(lambda reader: len(positions(reader)) >= 2)
        heard += positions(reader)
    async with console.opened(heard[-1]) as reader:
        await reader.sees(lambda reader: (heard + positions(reader))[-1] == 7)
    assert heard + positions(reader) == list(range(1, 8))


async def test_the_stream_holds_back_what_a_role_may_not_see_and_still_moves_on(bench: Bench) -> None:
    console = Console(bench, "clerk")
    bench.hear(opened(1), critical(1), referral(1), visit(1))
    async with console.opened(0) as reader:
        await reader.sees(lambda reader: bool(reader.told) and reader.place.endswith(":4"))
    assert positions(reader) == [1, 4]
    assert "危急" not in reader.content


async def test_a_line_of_the_stream_is_the_line_of_the_page(bench: Bench) -> None:
    console = Console(bench, "operator")
    bench.hear(opened(1))
    async with console.opened(0) as reader:
        await reader.sees(lambda reader: len(reader.texts) == 1)
    page = bench.client("operator", browser=True).get("/reports/console").text
    assert reader.texts[0] in page
    assert '<a class="at" href="/reports/events/1">' in reader.texts[0]


async def test_without_a_log_in_there_is_no_stream(bench: Bench) -> None:
    async with Console(bench).opened(0) as reader:
        await reader.closed()
    assert reader.status == 401


async def test_another_feed_sends_the_reader_back_to_the_page(bench: Bench) -> None:
    console = Console(bench, "clerk")
    bench.hear(opened(1))
    console.epoch = str(UUID(int=0))
    async with console.opened(1) as reader:
        await reader.sees(lambda reader: bool(reader.told))
    assert reader.told[0].event == "reset"


def test_a_reply_and_an_opt_out_are_told_without_the_resident(bench: Bench) -> None:
    bench.hear(
        notify.ReplyReceived(reply_id=uuid(11, 1), resident_id=uuid(8, 1), meaning="stop"),
        notify.OptedOut(resident_id=uuid(8, 1), category="service", channel="text"),
    )
    assert said_to(bench, "clerk") == ["一位居民不再收短信", "收到一条短信回复：退订"]


def test_somebody_limited_to_a_place_sees_what_happens_there_only(bench: Bench) -> None:
    here, there = new_id(), new_id()
    for id, title, street in ((here, "午间半小时", "310101019"), (there, "别处的课", "310101001")):
        bench.hear(
            ProgrammeOpened(programme_id=id, kind="series", title=title, organiser="红十字会", street=street),
            source="/registration",
        )
        waits = {"registration_id": new_id(), "session_id": new_id(), "programme_id": id, "resident_id": new_id()}
        bench.hear(RegistrationWaitlisted(**waits, position=3), source="/registration")
    everything = said_to(bench, "clerk")
    assert len(everything) == 4
    assert sorted(limited(bench, street="310101019")) == sorted(line for line in everything if "午间半小时" in line)
    assert limited(bench, programme=str(there)) == limited(bench, street="310101001")
    assert len(limited(bench, programme=str(there))) == 2
    assert limited(bench, station=str(new_id())) == []
