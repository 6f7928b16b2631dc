"""Log-ins that end before their time, known to every service without asking registration at each request.

Registration tells `registration.log_in_ended`; every service keeps the ids in a small table until the log-in would have run out
by itself, and every web process reads that table again when what it knows is older than a few seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Engine

from shared import clock
from shared.contracts.registration import LogInEnded
from shared.inbox import Consumers
from shared.unit import Unit

FRESH = timedelta(seconds=5)
"""How long a process trusts what it read."""

_END = "INSERT INTO ended_log_in (log_in_id, until) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_DROP = "DELETE FROM ended_log_in WHERE until < now()"


class LogIns:
    """The ended log-ins as one process knows them."""

    def __init__(self, engine: Engine) -> None:
        self._commits = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ended: frozenset[UUID] = frozenset()
        self._read_at: datetime | None = None
        self._turn = Lock()

    @property
    def is_fresh(self) -> bool:
        """Whether `is_over` answers without asking the database."""
        return self._read_at is not None and abs(clock.now() - self._read_at) <= FRESH

    def read(self) -> None:
        """Ask the database, unless somebody just did."""
        with self._turn:
            if not self.is_fresh:
                with self._commits.connect() as connection:
                    self._ended = frozenset(connection.exec_driver_sql("SELECT log_in_id FROM ended_log_in").scalars())
                self._read_at = clock.now()

    def is_over(self, log_in: UUID) -> bool:
        """Whether this log-in was ended: known within seconds of its having been written down here."""
        if not self.is_fresh:
            self.read()
        return log_in in self._ended


def end(cursor: Cursor[Any], log_in_id: UUID, until: datetime) -> None:
    """Write down that a log-in is over; `until` is when it would have run out, on the real clock as its cookie is."""
    cursor.execute(_DROP)
    cursor.execute(_END, (log_in_id, until))


def hear_ended_log_ins(consumers: Consumers) -> None:
    """Let a service honour it when a log-in is ended."""

    @consumers.on(LogInEnded)
    def note_end(event: LogInEnded, unit: Unit) -> None:
        end(unit.cursor(), event.log_in_id, event.until)
