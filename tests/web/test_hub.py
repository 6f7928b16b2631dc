"""A room: one frame for everybody, and nobody who stops reading holds up the others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from shared.stream import Hub, Pace
from tests.web.reading import BRISK, Reader, parse


async def test_everybody_hears_the_same_from_when_they_came() -> None:
    hub = Hub(pace=BRISK)
    async with Reader(hub) as first:
        await first.sees(lambda reader: bool(reader.told))
        hub.publish("one")
        async with Reader(hub) as second:
            await second.sees(lambda reader: bool(reader.told))
            assert hub.viewers == 2
            hub.publish("two")
            await first.hears("one", "two")
            await second.hears("two")
    assert hub.viewers == 0


async def test_a_viewer_that_comes_back_hears_what_it_missed_once() -> None:
    hub = Hub(pace=BRISK)
    async with Reader(hub) as viewer:
        await viewer.sees(lambda reader: bool(reader.told))
        hub.publish("one")
        await viewer.hears("one")
    hub.publish("two")
    hub.publish("three")
    async with Reader(hub, last_event_id=viewer.place) as viewer:
        hub.publish("four")
        await viewer.hears("two", "three", "four")


async def test_a_page_says_from_where_its_viewer_goes_on() -> None:
    hub = Hub(pace=BRISK)
    hub.publish("one")
    place = f"{hub.epoch}:{hub.position}"
    hub.publish("two")
    async with Reader(hub, query=f"after={place}") as viewer:
        await viewer.hears("two")


async def test_a_viewer_away_for_longer_than_the_ring_loads_the_page_again() -> None:
    hub = Hub(ring=3, pace=BRISK)
    for number in range(5):
        hub.publish(str(number))
    async with Reader(hub, last_event_id=f"{hub.epoch}:2") as near, Reader(hub, last_event_id=f"{hub.epoch}:1") as far:
        await near.hears("2", "3", "4")
        await far.hears("{}")
        assert (far.told[0].event, far.place) == ("reset", f"{hub.epoch}:5")


async def test_a_place_of_another_room_or_of_the_future_resets() -> None:
    hub = Hub(pace=BRISK)
    hub.publish("one")
    for place in ("another:1", f"{hub.epoch}:2", "nonsense"):
        async with Reader(hub, last_event_id=place) as viewer:
            await viewer.hears("{}")
            assert viewer.told[0].event == "reset"


async def test_a_viewer_that_falls_behind_catches_up_while_the_others_go_on() -> None:
    hub = Hub(pace=BRISK)
    async with Reader(hub) as slow, Reader(hub) as quick:
        for viewer in (slow, quick):
            await viewer.sees(lambda reader: bool(reader.told))
        slow.reading.clear()
        for number in range(20):
            hub.publish(str(number))
        await quick.hears(*map(str, range(20)))
        assert slow.texts == []
        slow.reading.set()
        await slow.hears(*map(str, range(20)))
        hub.publish("20")
        await slow.sees(lambda reader: len(reader.texts) == 21)


async def test_a_viewer_that_falls_out_of_the_ring_loads_the_page_again() -> None:
    hub = Hub(ring=3, pace=BRISK)
    async with Reader(hub) as slow:
        await slow.sees(lambda reader: bool(reader.told))
        slow.reading.clear()
        for number in range(9):
            hub.publish(str(number))
        await asyncio.sleep(0)
        slow.reading.set()
        await slow.hears("0", "{}")
        assert slow.place == f"{hub.epoch}:9"


async def test_a_viewer_that_stops_reading_is_sent_away() -> None:
    hub = Hub(pace=Pace(send=0.01))
    async with Reader(hub) as frozen, Reader(hub) as lively:
        for viewer in (frozen, lively):
            await viewer.sees(lambda reader: bool(reader.told))
        frozen.reading.clear()
        hub.publish("one")
        await frozen.closed()
        assert hub.viewers == 1
        hub.publish("two")
        await lively.hears("one", "two")


async def test_the_state_of_the_room_is_asked_for_and_told_when_it_changes() -> None:
    states = iter(["13,000", "13,000", "13,000", None, "13,001"])
    hub = Hub(lambda: next(states, "13,001"), every=0.01, pace=BRISK)
    async with Reader(hub) as viewer:
        await viewer.hears("13,000", "13,001")


async def test_a_source_that_fails_is_asked_again() -> None:
    answers = iter([1, 0])
    hub = Hub(lambda: f"{1 // (1 - next(answers))}", every=0.01, pace=BRISK)
    async with Reader(hub) as viewer:
        await viewer.hears("1")


async def test_a_room_that_was_empty_wakes_for_its_next_viewer() -> None:
    count = iter(range(1000))
    hub = Hub(lambda: str(next(count)), every=0.01, pace=BRISK)
    for _ in range(2):
        async with Reader(hub) as viewer:
            await viewer.sees(lambda reader: len(reader.texts) >= 2)


async def test_viewers_are_pinged_and_their_lives_end() -> None:
    hub = Hub(every=0.01, pace=Pace(ping=0.01, life=0.1, spread=0))
    async with Reader(hub) as viewer:
        await viewer.closed()
    assert ": ping\n\n" in viewer.content
    assert viewer.ended
    assert hub.viewers == 0


async def test_a_full_room_says_when_to_come_back() -> None:
    hub = Hub(most=1, pace=BRISK)
    async with Reader(hub) as first, Reader(hub) as second:
        await second.closed()
        assert (first.status, second.status, second.headers["retry-after"]) == (200, 503, "30")


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The application on a real server; its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


async def connect(port: int, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A viewer over TCP that stops reading from its socket when `limit` bytes wait to be read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    writer.write(b"GET / HTTP/1.1\r\nhost: home\r\n\r\n")
    await reader.readuntil(b"id: ")
    await reader.readuntil(b"\n\n\r\n")
    return reader, writer


PAGE = "x" * 65_536


async def test_on_a_real_server_a_frozen_viewer_goes_and_the_others_hear_everything() -> None:
    hub = Hub(ring=64, pace=Pace(send=0.2))
    async with served(hub) as port:
        _, frozen = await connect(port, 4096)
        lively, other = await connect(port, 1 << 20)
        numbers = iter(range(10_000))
        while hub.viewers == 2:
            number = next(numbers)
            hub.publish(f"{number}{PAGE}")
            assert f"data: {number}x".encode() in await lively.readuntil(b"x\n\n\r\n")
        hub.publish("the last")
        assert b"data: the last\n" in await lively.readuntil(b"last\n\n\r\n")
        for end in (frozen, other):
            end.close()


async def test_on_a_real_server_a_slow_viewer_that_goes_on_reading_hears_everything() -> None:
    hub = Hub(pace=Pace(send=30))
    async with served(hub) as port:
        slow, end = await connect(port, 4096)
        for number in range(200):
            hub.publish(f"{number}{PAGE}")
        content = b""
        while not (b"data: 199x" in content and content.endswith(b"\n\n\r\n")):
            content += await slow.read(1 << 16)
        end.close()
    heard = [told.text[: -len(PAGE)] for told in parse(unchunked(content)) if told.text]
    assert heard == [str(number) for number in range(200)]


def unchunked(content: bytes) -> str:
    """The bodies inside HTTP/1.1 chunks."""
    body = b""
    while content:
        size, _, content = content.partition(b"\r\n")
        length = int(size, 16)
        body, content = body + content[:length], content[length + 2 :]
    return body.decode()
