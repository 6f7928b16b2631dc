"""The way to a carrier over HTTP: connections that stay, many calls at once, from ordinary code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import httpx2

from services.notify.gateways.crowd import Crowd

T = TypeVar("T")
Key = TypeVar("Key")

TIMEOUT = httpx2.Timeout(10, connect=3, pool=None)
KEPT = 4.0
"""Seconds that an unused connection is kept: less than servers keep theirs, or a text would meet one that is being closed."""

NOT_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout)
"""No connection was made, so certainly nothing was handed over."""


class Line:
    """One carrier's address. Threads and connections begin with the first call, so that a process that never sends has none."""

    def __init__(self, url: str, *, at_once: int, timeout: httpx2.Timeout = TIMEOUT) -> None:
        self._url, self._at_once, self._timeout = url.rstrip("/"), at_once, timeout
        self._crowd = Crowd()

    @property
    def host(self) -> str:
        """The host as requests name it."""
        return httpx2.URL(self._url).netloc.decode()

    @cached_property
    def http(self) -> httpx2.AsyncClient:
        """The client; to be used in calls given to `each` and `run` only."""
        limits = httpx2.Limits(max_connections=self._at_once, max_keepalive_connections=self._at_once, keepalive_expiry=KEPT)
        return httpx2.AsyncClient(base_url=self._url, timeout=self._timeout, limits=limits, trust_env=False)

    def each(self, calls: Iterable[tuple[Key, Callable[[], Awaitable[T]]]]) -> Iterator[tuple[Key, T]]:
        """Make all `calls` at once; each one's result comes with its key as soon as it is there. A call must not raise."""
        return self._crowd.each(calls)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Make one call and wait for it."""
        return self._crowd.run(call)

    def close(self) -> None:
        """Let go of thread and connections."""
        if "http" in vars(self):
            self._crowd.run(self.http.aclose())
        self._crowd.close()
