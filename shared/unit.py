"""The unit of work: one transaction, what it changed, what it says, and what it asks to be done later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

import structlog
from psycopg import Cursor
from psycopg.errors import InFailedSqlTransaction
from psycopg.pq import TransactionStatus
from sqlmodel import Session, SQLModel

from shared import clock, outbox
from shared.crypto import Keyring
from shared.errors import NotFound
from shared.event import Envelope, Event, new_id

T = TypeVar("T", bound=SQLModel)

_LATER = """
    INSERT INTO job (id, kind, key, due_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at, state = 'waiting', tries = 0
    WHERE job.state IN ('waiting', 'cancelled')
"""
"""A job being done keeps its lease; `tries = 0` beside a lease tells its worker that it was asked for again meanwhile."""

_FORGET = "UPDATE job SET state = 'cancelled' WHERE kind = %s AND key = %s AND state = 'waiting'"


class Unit:
    """One transaction of one service. Edges open it and commit it; features read, write, emit, and never commit.

    `correlation` is the id by which what is told can be followed; an edge that carries out several requests sets each one's.
    """

    def __init__(self, session: Session, *, source: str, keys: Keyring, ring: Callable[[], None] = lambda: None) -> None:
        self.session = session
        self.source = source
        self.keys = keys
        self.said: list[Event] = []
        self.cause: Envelope | None = None
        self._ring = ring
        self._rows: list[outbox.Row] = []
        self._wakes = False
        self.correlation: str = structlog.contextvars.get_contextvars().get("correlationid") or uuid4().hex

    @property
    def now(self) -> datetime:
        """The current time, UTC."""
        return clock.now()

    def add(self, *rows: SQLModel) -> None:
        """Put new rows in; they are written at the latest when the unit commits."""
        self.session.add_all(rows)

    def find(self, table: type[T], key: Any) -> T | None:
        """The row with this primary key, or None."""
        return self.session.get(table, key)

    def get(self, table: type[T], key: Any) -> T:
        """The row with this primary key; raises `NotFound`."""
        return self._found(self.session.get(table, key), table)

    def lock(self, table: type[T], key: Any) -> T:
        """The row with this primary key, fresh and locked until the unit ends; raises `NotFound`."""
        return self._found(self.session.get(table, key, with_for_update=True, populate_existing=True), table)

    def emit(self, event: Event) -> None:
        """Tell a fact. It is recorded if and only if this unit commits."""
        cause = self.cause
        self.said.append(event)
        self._rows.append(
            outbox.row(
                event,
                source=self.source,
                at=self.now,
                correlationid=cause.correlationid if cause else self.correlation,
                causationid=str(cause.id) if cause else "",
            )
        )

    def later(self, kind: str, key: str | UUID, due_at: datetime | None = None) -> None:
        """Ask for the job `kind` to be done for `key` at `due_at` (default: at once).

        Asked again, it moves; asked again while it is being done, it is done once more; once done, it stays done.
        """
        self.cursor().execute(_LATER, (new_id(), kind, str(key), due_at or self.now))
        self._wakes = True

    def forget(self, kind: str, key: str | UUID) -> None:
        """Take back what `later` asked for, unless it is done."""
        self.cursor().execute(_FORGET, (kind, str(key)))

    def wake(self) -> None:
        """Have the relay look, after the commit, for rows that are due in a group."""
        self._wakes = True

    def cursor(self) -> Cursor[Any]:
        """A psycopg cursor inside this transaction, for set-wise SQL."""
        return cast("Cursor[Any]", self.session.connection().connection.cursor())

    def record(self) -> None:
        """Write everything out and number what was said: the last statement before the commit.

        Raises `InFailedSqlTransaction` when a statement failed and its error was swallowed: such a commit would undo silently.
        """
        self.session.flush()
        if self.session.in_transaction() and self.cursor().connection.info.transaction_status is TransactionStatus.INERROR:
            raise InFailedSqlTransaction("a statement of this unit failed, so that nothing of it can be kept")
        if self._rows:
            outbox.append(self.cursor(), self._rows)
            self._rows, self._wakes = [], True

    def commit(self) -> None:
        """Record, commit, and ring for the relay (edges only)."""
        self.record()
        self.session.commit()
        if self._wakes:
            self._ring()

    def _found(self, row: T | None, table: type[T]) -> T:
        if row is None:
            raise NotFound(f"没有找到您要的内容（{table.__tablename__}），它可能已被移走。")
        return row
