"""Work that time itself starts: small units run by the relay at an interval, all safe to run twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from shared.unit import Unit

Tick = Callable[[Unit], None]


class Schedule:
    """What a service does every so often. Each run is one unit of work."""

    def __init__(self) -> None:
        self.ticks: list[tuple[timedelta, Tick]] = []

    def every(self, interval: timedelta) -> Callable[[Tick], Tick]:
        """The decorated function runs at this interval, in a unit of its own."""

        def register(function: Tick) -> Tick:
            self.ticks.append((interval, function))
            return function

        return register
