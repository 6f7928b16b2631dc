"""One parcel of facts, added up in Python and written with one statement per table it touches: tables in a fixed order.

Keys are sorted, so that appliers of different sources never wait for each other in a circle."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor

from services.reports.projections.activities import Activities
from services.reports.projections.care import Care
from services.reports.projections.sums import Takes, Tallies, write
from services.reports.projections.texts import Texts
from shared.event import Envelope, Event


class Batch:
    """A run of facts, added up per row of each table, area by area."""

    def __init__(self) -> None:
        tallies = Tallies()
        care, activities, texts = Care(), Activities(tallies), Texts(tallies)
        self.takes: Takes = {**care.takes(), **activities.takes(), **texts.takes()}
        self._areas = care, activities, texts, tallies

    def take(self, envelope: Envelope, event: Event) -> None:
        """Add one fact."""
        self.takes[type(event)](envelope, event)

    def write(self, cursor: Cursor[Any]) -> None:
        """Put the sums into the tables."""
        for area in self._areas:
            for sql, rows in area.writes():
                write(cursor, sql, rows)


HEARD = tuple(Batch().takes)
"""Every class of event that is folded."""
