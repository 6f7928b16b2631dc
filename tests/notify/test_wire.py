"""The calls of carriers over kept connections: what certainly never arrived is told apart from what may have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from infra.local.ports import free_port
from services.notify.gateways.wire import NoAnswer, NoConnection, Wire

PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@asynccontextmanager
async def a_server(*answers: bytes) -> AsyncIterator[tuple[Wire, list[int]]]:
    """A server that gives these answers in turn, and hangs up after an empty one; with how many calls each connection made."""
    calls: list[int] = []
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = len(calls)
        calls.append(0)
        while await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            calls[connection] += 1
            writer.write(left.pop(0))
            if not left:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connect=2, answer=2, most=4)
    try:
        yield wire, calls
    finally:
        await wire.close()
        server.close()


async def test_calls_in_turn_share_one_connection() -> None:
    async with a_server(PLAIN, PLAIN, PLAIN) as (wire, calls):
        assert [(await wire.call("GET", "/")).body for _ in range(3)] == [b"ok"] * 3
        assert calls == [3]


async def test_an_answer_in_chunks_is_put_together_and_the_connection_stays() -> None:
    chunks = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\none\r\n4\r\n two\r\n0\r\n\r\n"
    async with a_server(chunks, PLAIN) as (wire, calls):
        reply = await wire.call("GET", "/")
        assert (reply.status, reply.body) == (201, b"one two")
        assert (await wire.call("GET", "/")).body == b"ok"
        assert calls == [2]


async def test_a_server_that_wants_to_hang_up_is_called_anew() -> None:
    closing = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
    async with a_server(closing, PLAIN) as (wire, calls):
        await wire.call("GET", "/")
        await wire.call("GET", "/")
        assert calls == [1, 1]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: much\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\nok",
        b"HTTP/1.1 what\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nok",
    ],
    ids=["none", "cut short", "no number", "too long", "no status", "no chunk"],
)
async def test_an_answer_that_cannot_be_read_is_none(answer: bytes) -> None:
    async with a_server(answer) as (wire, _):
        with pytest.raises(NoAnswer):
            await wire.call("GET", "/")


async def test_nobody_there_is_certain() -> None:
    wire = Wire(f"http://127.0.0.1:{free_port()}", connect=2, answer=2, most=4)
    with pytest.raises(NoConnection):
        await wire.call("GET", "/")
