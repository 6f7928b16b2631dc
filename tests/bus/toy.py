"""Two small services for the tests of the bus: one counts things aloud, the other keeps a list of what it heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine

from shared.event import Envelope, Event
from shared.inbox import Consumers, Delivery
from shared.migrate import bus_tables
from shared.service import Service
from shared.settings import Settings
from shared.unit import Unit

TABLES = """
    CREATE TABLE counted (n bigint PRIMARY KEY);
    CREATE TABLE heard (place bigint GENERATED ALWAYS AS IDENTITY, source text, sequence bigint, n bigint, subject text);
"""
"""`heard` has no key on purpose: an event applied twice shows as two rows."""


class Counted(Event, type="toy.counted", subject="thing"):
    """The teller counted one more."""

    n: int
    thing: str


class Folded(Event, type="toy.folded", subject="thing"):
    """The same, but heard in batches."""

    n: int
    thing: str


class Unheard(Event, type="toy.unheard", subject="thing"):
    """Something nobody subscribed to."""

    thing: str


def teller(database_url: str, keys: Path, **given: Any) -> Service:
    """A service that only tells."""
    return _made(Service("toy", Settings(database_url=database_url, keys=keys, profile="demo", **given), no_web))


def listener(database_url: str, keys: Path, fail: Callable[[Event], None] = lambda event: None, **given: Any) -> Service:
    """A service that writes down what it hears; `fail` may raise for some events."""
    consumers = Consumers()

    @consumers.on(Counted)
    def write_down(event: Counted, unit: Unit) -> None:
        fail(event)
        assert unit.cause is not None
        _write(unit, unit.cause, event.n)

    @consumers.in_batches(Folded)
    def fold(deliveries: list[Delivery], unit: Unit) -> None:
        for envelope, event in deliveries:
            assert isinstance(event, Folded)
            fail(event)
            _write(unit, envelope, event.n)

    return _made(Service("listener", Settings(database_url=database_url, keys=keys, profile="demo", **given), no_web, consumers=consumers))


def count(service: Service, *numbers: int, thing: str = "thing", kind: type[Counted] | type[Folded] = Counted) -> None:
    """Count each number, one transaction each."""
    for n in numbers:
        with service.begin() as unit:
            unit.cursor().execute("INSERT INTO counted VALUES (%s)", (n,))
            unit.emit(kind(n=n, thing=thing))


def heard(service: Service) -> list[int]:
    """The numbers written down, in the order of writing."""
    return [row[0] for row in rows(service.engine, "SELECT n FROM heard ORDER BY place")]


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql).all()]


def no_web(service: Service) -> FastAPI:
    """The toys serve nothing but their log."""
    from shared.http import create_app

    return create_app(service, service.name, [])


def _write(unit: Unit, envelope: Envelope, n: int) -> None:
    unit.cursor().execute(
        "INSERT INTO heard (source, sequence, n, subject) VALUES (%s, %s, %s, %s)", (envelope.source, envelope.sequence, n, envelope.subject)
    )


def _made(service: Service) -> Service:
    with service.engine.begin() as connection:
        if connection.exec_driver_sql("SELECT to_regclass('outbox')").scalar_one() is None:
            connection.exec_driver_sql(bus_tables())
            connection.exec_driver_sql(TABLES)
    return service
