"""Two small services on the real bus: the teller counts aloud, the listener writes down what it hears and echoes it.

`python -m infra.chaos.toy teller|listener web|relay|events` starts a process of one of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine

from shared.crypto import create_keys
from shared.event import Envelope, Event
from shared.inbox import Consumers, Delivery
from shared.jobs import Begin, Jobs
from shared.service import Service
from shared.settings import Settings
from shared.unit import Unit

if TYPE_CHECKING:
    from fastapi import FastAPI

NAMES = ("teller", "listener")

TABLES = """
    CREATE TABLE counted (n bigint PRIMARY KEY);
    CREATE TABLE heard (place bigint GENERATED ALWAYS AS IDENTITY, source text, sequence bigint, n bigint, subject text);
    CREATE TABLE tally (thing text PRIMARY KEY, times bigint NOT NULL, total bigint NOT NULL);
    CREATE TABLE done (place bigint GENERATED ALWAYS AS IDENTITY, key text);
"""
"""`heard` and `done` have no key on purpose: what happens twice shows as two rows."""


class Counted(Event, type="teller.counted", subject="thing"):
    """The teller counted one more."""

    n: int
    thing: str


class Folded(Event, type="teller.folded", subject="thing"):
    """The same, but heard in batches."""

    n: int
    thing: str


class Unheard(Event, type="teller.unheard", subject="thing"):
    """Something nobody subscribed to."""

    thing: str


class Echoed(Event, type="listener.echoed", subject="thing"):
    """The listener heard a number that was counted."""

    n: int
    thing: str


Fail = Callable[[Event], None]


def no_failure(_: Event) -> None:
    """What the consumers of a sound service raise."""


def teller(settings: Settings, *, fail: Fail = no_failure, kind: type[Service] = Service) -> Service:
    """A service that counts, and hears the echo."""
    consumers = Consumers()

    @consumers.on(Echoed)
    def hear_echo(event: Echoed, unit: Unit) -> None:
        fail(event)
        _write_down(unit, [(_cause(unit), event.n)])

    return _made(kind("teller", settings, web, consumers=consumers, jobs=toy_jobs()))


def listener(settings: Settings, *, fail: Fail = no_failure, kind: type[Service] = Service) -> Service:
    """A service that writes down what it hears; `fail` may raise for some events."""
    consumers = Consumers()

    @consumers.on(Counted)
    def hear(event: Counted, unit: Unit) -> None:
        fail(event)
        _write_down(unit, [(_cause(unit), event.n)])
        unit.emit(Echoed(n=event.n, thing=event.thing))

    @consumers.in_batches(Folded)
    def fold(deliveries: list[Delivery], unit: Unit) -> None:
        facts = [(envelope, event) for envelope, event in deliveries if isinstance(event, Folded)]
        for _, event in facts:
            fail(event)
        _write_down(unit, [(envelope, event.n) for envelope, event in facts])
        _fold(unit, [event for _, event in facts])

    return _made(kind("listener", settings, web, consumers=consumers, jobs=toy_jobs()))


def toy_jobs() -> Jobs:
    """One kind of job, which writes its key down in a unit of its own."""
    jobs = Jobs()

    @jobs.on("write", lease=timedelta(seconds=2))
    def write(key: str, begin: Begin) -> None:
        with begin() as unit:
            unit.cursor().execute("INSERT INTO done (key) VALUES (%s)", (key,))

    return jobs


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


def web(service: Service) -> FastAPI:
    """The toys serve their log, and the teller counts on demand."""
    from infra.chaos import api
    from shared.http import create_app

    return create_app(service, service.name, [api.router])


def make_tables(database_url: str) -> None:
    """Give an empty database the tables of the bus and of the toys."""
    from shared.migrate import bus_tables

    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(bus_tables())
        connection.exec_driver_sql(TABLES)
    engine.dispose()


def _made(service: Service) -> Service:
    create_keys(service.settings.keys, NAMES)
    return service


def _cause(unit: Unit) -> Envelope:
    assert unit.cause is not None
    return unit.cause


def _write_down(unit: Unit, facts: Iterable[tuple[Envelope, int]]) -> None:
    values = [(envelope.source, envelope.sequence, n, envelope.subject) for envelope, n in facts]
    sources, sequences, numbers, subjects = (list(column) for column in zip(*values, strict=True))
    unit.cursor().execute(
        """INSERT INTO heard (source, sequence, n, subject)
           SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[])""",
        (sources, sequences, numbers, subjects),
    )


def _fold(unit: Unit, events: list[Folded]) -> None:
    sums: dict[str, tuple[int, int]] = {}
    for event in events:
        times, total = sums.get(event.thing, (0, 0))
        sums[event.thing] = (times + 1, total + event.n)
    unit.cursor().execute(
        """INSERT INTO tally SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
           ON CONFLICT (thing) DO UPDATE SET times = tally.times + excluded.times, total = tally.total + excluded.total""",
        (list(sums), [times for times, _ in sums.values()], [total for _, total in sums.values()]),
    )


if __name__ == "__main__":
    {"teller": teller, "listener": listener}[sys.argv[1]](Settings()).main(sys.argv[2:])
