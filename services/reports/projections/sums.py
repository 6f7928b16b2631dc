"""What the areas of a batch have in common: rows in the making, plain counts, and how a run of rows becomes one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor

from shared.clock import SHANGHAI
from shared.event import Envelope, Event

Row = list[Any]
Take = Callable[[Envelope, Any], None]
Takes = Mapping[type[Event], Take]
Writes = Iterable[tuple[str, Iterable[Sequence[Any]]]]
"""Statements in the order in which they are carried out, each with its rows."""


class Tallies:
    """Facts that are only counted, by name and day."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, date], int] = {}

    def count(self, name: str, at: datetime) -> None:
        """One more fact called `name`."""
        key = name, day_of(at)
        self.counts[key] = self.counts.get(key, 0) + 1

    def by_name(self, envelope: Envelope, event: Event) -> None:
        """One more fact, counted by its own name."""
        self.count(event.type.partition(".")[2], envelope.time)

    def writes(self) -> Writes:
        """The counts so far."""
        yield _TALLY, ((*key, n) for key, n in self.counts.items())


def only_told(_: Envelope, __: Event) -> None:
    """Nothing is counted from it: it is a line of the feed."""


def write(cursor: Cursor[Any], sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """Carry out the statement, unless there are no rows for it."""
    columns = list(zip(*rows, strict=True))
    if columns:
        cursor.execute(sql, [_array(column) for column in columns])


def day_of(at: datetime) -> date:
    """The day in Shanghai."""
    return at.astimezone(SHANGHAI).date()


def _array(column: Sequence[Any]) -> Any:
    """The column as a parameter. Ids, numbers and days are written out here: psycopg takes several times as long for them."""
    match column[0]:
        case UUID():
            return f"{{{','.join([f'{value.int:032x}' for value in column])}}}"
        case bool() | str() | datetime():
            return list(column)
        case _:
            return f"{{{','.join([str(value) for value in column])}}}"


_TALLY = """
    INSERT INTO tally AS so_far (name, day, n) SELECT * FROM unnest(%s::text[], %s::date[], %s::int[]) ORDER BY 1, 2
    ON CONFLICT (name, day) DO UPDATE SET n = so_far.n + excluded.n
"""
