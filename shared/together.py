"""Requests that wait together share one transaction, and each is answered for itself after the commit.

For the few paths where many write at once: while one group of a key is being carried out, those that arrive meanwhile gather
into the next. When a group fails, each of it is tried alone, so that one cannot fail the others, unless the database is away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from shared.faults import DATABASE_AWAY
from shared.log import log

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


class Together(Generic[Wish, Answer]):
    """Carries out wishes in groups, one group of a key at a time and in the order in which they came.

    `carry_out` gets a group and returns, in its order, an answer or an exception for each. A group takes no more once its wishes
    weigh `most`. `threads` groups, of different keys, may be under way at once.
    """

    def __init__(
        self,
        carry_out: Callable[[list[Wish]], Sequence[Answer | Exception]],
        *,
        name: str,
        most: int,
        weight: Callable[[Wish], int] = lambda _: 1,
        threads: int = 1,
    ) -> None:
        self._carry_out, self._most, self._weight = carry_out, most, weight
        self._waiting: dict[Hashable, deque[tuple[Wish, Future[Answer]]]] = {}
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def put(self, wish: Wish, key: Hashable = None) -> Future[Answer]:
        """Have `wish` carried out with others of its key; the future is done after the commit."""
        future: Future[Answer] = Future()
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is not None:
                waiting.append((wish, future))
                return future
            self._waiting[key] = deque([(wish, future)])
        self._threads.submit(self._next, key)
        return future

    def _next(self, key: Hashable) -> None:
        group = self._gather(key)
        if group:
            self._settle(group)
        with self._lock:
            over = not self._waiting[key]
            if over:
                del self._waiting[key]
        if not over:
            self._threads.submit(self._next, key)

    def _gather(self, key: Hashable) -> list[tuple[Wish, Future[Answer]]]:
        group: list[tuple[Wish, Future[Answer]]] = []
        weight = 0
        with self._lock:
            waiting = self._waiting[key]
            while waiting and weight < self._most:
                wish, future = waiting.popleft()
                if future.set_running_or_notify_cancel():
                    group.append((wish, future))
                    weight += self._weight(wish)
        return group

    def _settle(self, group: list[tuple[Wish, Future[Answer]]]) -> None:
        fault = self._try(group)
        if fault is None:
            return
        if len(group) == 1:
            group[0][1].set_exception(fault)
            return
        log.warning("group_divided", wishes=len(group), reason=type(fault).__name__)
        away: Exception | None = None
        for alone in group:
            alones = away or self._try([alone])
            if alones is not None:
                alone[1].set_exception(alones)
            if isinstance(alones, DATABASE_AWAY):
                away = alones

    def _try(self, group: list[tuple[Wish, Future[Answer]]]) -> Exception | None:
        """Carry the group out and answer it; returns what made that impossible."""
        try:
            answers = self._carry_out([wish for wish, _ in group])
        except Exception as fault:
            return fault
        for (_, future), answer in zip(group, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        return None
