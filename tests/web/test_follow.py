"""Consoles follow a feed: nothing missed, nothing twice, nothing they may not see."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import NotLoggedIn
from shared.stream import Feed, Pace, Seats, Wake, follow
from tests.web.reading import BRISK, Reader


class Rows:
    """A feed in memory, of which the oldest rows may be swept away."""

    def __init__(self, last: int = 0) -> None:
        self.rows = [(position, f"row {position}") for position in range(1, last + 1)]
        self.kept_after = 0
        self.withdrawn = False
        self.away = False
        self.wake = Wake()

    def add(self, text: str | None = None) -> None:
        position = self.rows[-1][0] + 1 if self.rows else 1
        self.rows.append((position, text or f"row {position}"))
        self.wake.ring()

    def read(self, after: int, limit: int) -> Sequence[tuple[int, str]]:
        if self.withdrawn:
            raise NotLoggedIn
        if self.away:
            raise ConnectionError
        return [row for row in self.rows if row[0] > after][:limit]

    def bounds(self) -> tuple[int, int]:
        return self.kept_after, self.rows[-1][0] if self.rows else 0

    def app(self, epoch: str = "e1", **options: Any) -> ASGIApp:
        feed = Feed(epoch=epoch, bounds=self.bounds, read=self.read)
        settings: dict[str, Any] = {"person": "wang", "wake": self.wake, "pace": BRISK, "seats": Seats()} | options

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await follow(Request(scope), feed, **settings)(scope, receive, send)

        return app


async def test_a_new_reader_hears_what_comes_from_now_on() -> None:
    rows = Rows(last=3)
    async with Reader(rows.app()) as reader:
        await reader.sees(lambda reader: bool(reader.told))
        assert reader.place == "e1:3"
        rows.add()
        await reader.hears("row 4")
    assert reader.status == 200
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["x-accel-buffering"] == "no"
    assert reader.content.startswith("retry: ")


async def test_a_reader_that_comes_back_misses_nothing_and_hears_nothing_twice() -> None:
    rows = Rows()
    heard: list[str] = []
    place = "e1:0"
    for _ in range(5):
        async with Reader(rows.app(), last_event_id=place) as reader:
            for _ in range(3):
                rows.add()
            await reader.sees(lambda reader: len(reader.texts) >= 3)
            rows.add()
        heard += reader.texts
        place = reader.place
    async with Reader(rows.app(), last_event_id=place) as reader:
        await reader.sees(lambda reader: len(heard) + len(reader.texts) >= 20)
    assert heard + reader.texts == [f"row {position}" for position in range(1, 21)]


async def test_a_page_says_from_where_its_first_stream_goes_on() -> None:
    rows = Rows(last=5)
    async with Reader(rows.app(), query="after=e1:3") as reader:
        await reader.hears("row 4", "row 5")


async def test_a_long_absence_is_made_up_batch_by_batch() -> None:
    rows = Rows(last=1001)
    async with Reader(rows.app(), last_event_id="e1:0") as reader:
        await reader.hears(*(f"row {position}" for position in range(1, 1002)))


async def test_who_was_away_for_too_long_is_told_to_load_the_page_again() -> None:
    rows = Rows(last=9)
    rows.kept_after = 4
    async with Reader(rows.app(), last_event_id="e1:3") as reader:
        await reader.hears("{}")
        assert (reader.told[0].event, reader.place) == ("reset", "e1:9")
        rows.add()
        await reader.hears("{}", "row 10")
    async with Reader(rows.app(), last_event_id="e1:4") as reader:
        await reader.hears(*(f"row {position}" for position in range(5, 11)))


async def test_a_place_of_another_epoch_or_of_the_future_or_no_place_at_all_resets() -> None:
    rows = Rows(last=2)
    for place in ("e0:1", "e1:3", "e1:-1", "e1:", "nonsense", "e1:" + "9" * 5000):
        async with Reader(rows.app(), last_event_id=place) as reader:
            await reader.hears("{}")
            assert (reader.told[0].event, reader.place) == ("reset", "e1:2"), place
    async with Reader(rows.app(), query="after=e1:%C2%B2") as reader:
        await reader.hears("{}")
        assert reader.place == "e1:2"


async def test_each_row_is_shown_only_to_who_may_see_it_and_the_place_moves_on_all_the_same() -> None:
    rows = Rows()
    async with Reader(rows.app(may_see=lambda text: "nurse" not in text)) as reader:
        await reader.sees(lambda reader: bool(reader.told))
        for text in ("one", "for the nurse", "two", "for the nurse"):
            rows.add(text)
        await reader.sees(lambda reader: reader.place == "e1:4")
        assert reader.texts == ["one", "two"]


async def test_a_text_of_several_lines_arrives_as_it_was() -> None:
    rows = Rows()
    rows.add("<li>\n  14:03\u2028王**\n</li>\n")
    async with Reader(rows.app(), last_event_id="e1:0") as reader:
        await reader.hears("<li>\n  14:03\u2028王**\n</li>\n")


async def test_a_reader_that_stops_reading_is_dropped_and_comes_back_to_the_rest() -> None:
    rows = Rows()
    async with Reader(rows.app(pace=Pace(ping=60, send=0.01, wait=0.01)), last_event_id="e1:0") as reader:
        rows.add()
        await reader.hears("row 1")
        reader.reading.clear()
        rows.add()
        await reader.closed()
    async with Reader(rows.app(), last_event_id=reader.place) as again:
        await again.hears("row 2")


async def test_a_withdrawn_log_in_ends_the_stream() -> None:
    rows = Rows()
    async with Reader(rows.app()) as reader:
        await reader.sees(lambda reader: bool(reader.told))
        rows.withdrawn = True
        await reader.closed()
    assert reader.ended


async def test_a_feed_that_cannot_be_read_ends_the_stream_so_that_the_reader_comes_back() -> None:
    rows = Rows()
    async with Reader(rows.app()) as reader:
        await reader.sees(lambda reader: bool(reader.told))
        rows.away = True
        await reader.closed()
    assert reader.ended


async def test_a_stream_ends_by_itself_when_its_time_is_up() -> None:
    async with Reader(Rows().app(pace=Pace(life=0.03, spread=0, wait=0.01))) as reader:
        await reader.closed()
    assert reader.ended


async def test_a_quiet_stream_is_kept_open_by_pings() -> None:
    async with Reader(Rows().app()) as reader:
        await reader.sees(lambda reader: reader.content.count(": ping\n\n") >= 2)
        assert reader.texts == []


async def test_a_person_has_three_streams_and_a_place_is_given_back() -> None:
    rows, seats = Rows(), Seats(each=3)
    readers = [await Reader(rows.app(seats=seats)).__aenter__() for _ in range(3)]
    async with Reader(rows.app(seats=seats)) as fourth:
        await fourth.closed()
    assert (fourth.status, fourth.headers["retry-after"]) == (503, "30")
    async with Reader(rows.app(seats=seats, person="li")) as other:
        await other.sees(lambda reader: reader.status == 200)
    await readers.pop().leave()
    async with Reader(rows.app(seats=seats)) as fourth:
        await fourth.sees(lambda reader: reader.status == 200)
    for reader in readers:
        await reader.leave()


async def test_a_process_has_so_many_streams_and_no_more() -> None:
    rows, seats = Rows(), Seats(in_all=1)
    async with Reader(rows.app(seats=seats)) as first, Reader(rows.app(seats=seats, person="li")) as second:
        await second.closed()
        assert (first.status, second.status) == (200, 503)


async def test_a_probe_wakes_every_stream_without_their_asking() -> None:
    rows = Rows()
    wake = Wake(probe=rows.bounds, every=0.01)
    patient = Pace(ping=3600, wait=3600)
    async with Reader(rows.app(wake=wake, pace=patient)) as one, Reader(rows.app(wake=wake, pace=patient)) as two:
        for reader in (one, two):
            await reader.sees(lambda reader: bool(reader.told))
        rows.rows.append((1, "row 1"))
        await asyncio.gather(one.hears("row 1"), two.hears("row 1"))


async def test_a_bell_from_another_thread_is_heard() -> None:
    rows = Rows()
    async with Reader(rows.app(pace=Pace(ping=3600, wait=3600))) as reader:
        await reader.sees(lambda reader: bool(reader.told))
        await asyncio.to_thread(rows.add)
        await reader.hears("row 1")
