"""Many calls of a carrier at once, from ordinary code: an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from functools import cached_property
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Key = TypeVar("Key")


class Crowd:
    """Runs coroutines on its loop. The thread starts at the first call, so that a process that never sends has none."""

    def each(self, calls: Iterable[tuple[Key, Callable[[], Awaitable[T]]]]) -> Iterator[tuple[Key, T]]:
        """Make all `calls` at once; each one's result comes with its key as soon as it is there. A call must not raise."""
        done: SimpleQueue[tuple[Key, T]] = SimpleQueue()

        async def one(key: Key, call: Callable[[], Awaitable[T]]) -> None:
            done.put((key, await call()))

        waiting = [asyncio.run_coroutine_threadsafe(one(key, call), self._loop) for key, call in calls]
        for _ in waiting:
            yield done.get()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Make one call and wait for it."""
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def close(self) -> None:
        """End the thread; what is under way is given up."""
        if "_loop" in vars(self):
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, args=(loop,), name="carrier", daemon=True)
        self._thread.start()
        return loop

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_forever()
        loop.close()
