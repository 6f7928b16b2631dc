"""A small HTTP load generator, run as a process of its own: sends prepared requests over some connections, as fast as answered.

python -m infra.bench.load PORT CONNECTIONS < requests        requests: each with its length in four bytes before it
"""

import asyncio
import json
import struct
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import cast

import httptools
import uvloop


class Client(asyncio.Protocol):
    """One connection that keeps exactly one request under way."""

    def __init__(self, requests: Iterator[bytes], took: list[float], wrong: list[int], over: "asyncio.Future[None]") -> None:
        self._requests, self._took, self._wrong, self.over = requests, took, wrong, over
        self._parser = httptools.HttpResponseParser(self)
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Note how long the answer took, and send the next request."""
        self._took.append(time.perf_counter() - self._sent)
        if self._parser.get_status_code() // 100 != 2:
            self._wrong.append(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """A server that hangs up early ends the measurement."""
        if not self.over.done():
            self.over.set_exception(error or ConnectionResetError("the server hung up"))

    def _next(self) -> None:
        request = next(self._requests, None)
        self._sent = time.perf_counter()
        if request is not None:
            self._transport.write(request)
        elif not self.over.done():
            self.over.set_result(None)


async def drive(port: int, connections: int, requests: list[bytes]) -> dict[str, float | int]:
    """Send everything; returns seconds in all, answers that refuse, and the median and 99th percentile in milliseconds."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    wrong: list[int] = []
    waiting = iter(requests)
    started = time.perf_counter()
    clients = [Client(waiting, took, wrong, loop.create_future()) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_itself, client), "127.0.0.1", port)
    await asyncio.gather(*(client.over for client in clients))
    seconds = time.perf_counter() - started
    took.sort()
    return {
        "seconds": seconds,
        "wrong": len(wrong),
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000,
    }


def _itself(client: Client) -> Client:
    return client


def read_requests(raw: bytes) -> list[bytes]:
    """The requests that `pack` put together."""
    requests, at = [], 0
    while at < len(raw):
        (length,) = struct.unpack_from("!I", raw, at)
        requests.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    return requests


def pack(requests: list[bytes]) -> bytes:
    """Requests as this program reads them."""
    return b"".join(struct.pack("!I", len(request)) + request for request in requests)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(drive(int(sys.argv[1]), int(sys.argv[2]), read_requests(sys.stdin.buffer.read())))))
