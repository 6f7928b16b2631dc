"""A bench with reports on it, and a city in which the other services only tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from shared.event import Event
from shared.migrate import bus_tables
from shared.service import Service
from shared.settings import Settings
from shared.testing import Bench, LocalPeers, World
from tests.conftest import Databases

OTHERS = ("registration", "notify", "stations")


class City:
    """Reports beside three services that tell what they are bidden, each through an outbox of its own."""

    def __init__(self, reports: Service, others: list[Service]) -> None:
        self.world = World([*others, reports])
        self.reports = self.world["reports"]
        self.peers = LocalPeers("reports", self.world.services)

    def tell(self, *events: Event, settle: bool = True) -> None:
        """Each event is told by the service it belongs to, and heard."""
        for event in events:
            with self.world.services[event.type.split(".")[0]].begin() as unit:
                unit.emit(event)
        if settle:
            self.settle()

    def settle(self) -> None:
        """Everything told is heard."""
        self.world.settle()


@pytest.fixture
def bench(new_bench: Callable[[str], Bench]) -> Bench:
    """Reports on a database of its own."""
    return new_bench("reports")


@pytest.fixture
def city(new_service: Callable[[str], Service], databases: Databases, keys: Path) -> Iterator[City]:
    """Reports, and somebody who tells for each of the others."""
    others = [Service(name, Settings(database_url=databases.bare(), keys=keys, profile="demo"), _no_web) for name in OTHERS]
    for other in others:
        with other.engine.begin() as connection:
            connection.exec_driver_sql(bus_tables())
    yield City(new_service("reports"), others)
    for other in others:
        other.close()


def _no_web(service: Service) -> FastAPI:
    return FastAPI()
