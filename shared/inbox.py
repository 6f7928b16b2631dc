"""Applying facts: every one once, in order, together with the cursor that says so.

One cursor row per source. A parcel is applied in one transaction: drop what is at or below the cursor, run the handlers in order, move the
cursor, commit. A duplicate costs nothing; a gap is answered by pulling from the source's own log. Appliers of one source take turns
(a session lock of the database, gone when its process dies).

A handler that fails: faults of the database are raised and the stream is tried again later, uncounted. For anything else the parcel is halved
until the one event stands alone; it is tried five times in all, then parked as a dead letter together with later events of its subject,
and the rest goes on. The size of the attempt is written down before it starts, so an event that kills its process is found the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Cursor
from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session

from shared.event import Envelope, Event, Undecodable
from shared.log import bound, log
from shared.outbox import Parcel
from shared.unit import Unit

E = TypeVar("E", bound=Event)

TRIES = 5
BACK_OFF = (timedelta(seconds=0.2), timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=6))

Delivery = tuple[Envelope, Event]


class Consumers:
    """Which function hears which event. One function per event; `in_batches` for those that fold many at once."""

    def __init__(self) -> None:
        self._one: dict[str, tuple[type[Event], Callable[[Any, Unit], None]]] = {}
        self._many: dict[str, tuple[type[Event], Callable[[list[Delivery], Unit], None]]] = {}

    def on(self, event: type[E]) -> Callable[[Callable[[E, Unit], None]], Callable[[E, Unit], None]]:
        """The decorated function is called for each `event`, inside the unit that moves the cursor."""

        def hear(function: Callable[[E, Unit], None]) -> Callable[[E, Unit], None]:
            self._one[event.type] = (event, function)
            return function

        return hear

    def in_batches(self, *events: type[Event]) -> Callable[[Callable[[list[Delivery], Unit], None]], Callable[[list[Delivery], Unit], None]]:
        """The decorated function gets runs of consecutive `events` as (envelope, event) pairs, in order."""

        def hear(function: Callable[[list[Delivery], Unit], None]) -> Callable[[list[Delivery], Unit], None]:
            self._many.update({event.type: (event, function) for event in events})
            return function

        return hear

    @property
    def types(self) -> list[str]:
        """Every event type heard, sorted."""
        return sorted(self._one.keys() | self._many.keys())

    def handle(self, envelopes: Sequence[Envelope], unit: Unit) -> None:
        """Run the handlers of `envelopes` in order. Unknown types are ignored; raises what a handler raises, or `Undecodable`."""
        for fold, run in self._runs(envelopes):
            unit.cause = run[0][0]
            if fold is not None:
                fold(run, unit)
            else:
                (envelope, event) = run[0]
                self._one[envelope.type][1](event, unit)
        unit.cause = None

    def _runs(self, envelopes: Sequence[Envelope]) -> Iterator[tuple[Callable[[list[Delivery], Unit], None] | None, list[Delivery]]]:
        fold: Callable[[list[Delivery], Unit], None] | None = None
        run: list[Delivery] = []
        for envelope in envelopes:
            cls, batch = self._many.get(envelope.type, (None, None))
            if run and batch is not fold:
                yield fold, run
                run = []
            if cls is not None:
                fold = batch
                run.append((envelope, cls.decode(envelope.data, envelope.dataversion)))
            elif envelope.type in self._one:
                fold = None
                yield None, [(envelope, self._one[envelope.type][0].decode(envelope.data, envelope.dataversion))]
        if run:
            yield fold, run


class Outcome(Enum):
    """What became of a parcel."""

    APPLIED = "applied"
    GAP = "gap"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(slots=True)
class Position:
    """One row of `inbox`."""

    source: str
    log_id: UUID | None
    seq: int
    last_id: UUID | None
    trying_size: int
    tries: int
    retry_at: datetime | None
    stopped: str


class Inbox:
    """The applying side of one service."""

    def __init__(self, engine: Engine, consumers: Consumers, open_unit: Callable[[Session], Unit]) -> None:
        self.engine, self.consumers = engine, consumers
        self._open = open_unit
        self._forgiven: dict[str, tuple[int, int]] = {}

    def cursor(self, source: str) -> int:
        """The number up to which everything of `source` is applied."""
        with self.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT coalesce((SELECT seq FROM inbox WHERE source = %s), 0)", (source,)).scalar_one()  # type: ignore[no-any-return]

    def apply(self, parcel: Parcel) -> Outcome:
        """Apply what is new in `parcel`. Raises `OperationalError` when the database fails; then nothing happened."""
        with self.engine.connect() as connection, _turn(connection, parcel.source):
            return self._apply(connection, parcel)

    def _apply(self, connection: Connection, parcel: Parcel) -> Outcome:
        at = self._read(connection, parcel.source)
        trouble = _divergence(at, parcel)
        if at.stopped or trouble:
            if trouble and not at.stopped:
                connection.exec_driver_sql("UPDATE inbox SET stopped = %s, updated_at = now() WHERE source = %s", (trouble, parcel.source))
                connection.commit()
                log.error("stream_stopped", source=parcel.source, reason=trouble, cursor=at.seq)
            return Outcome.STOPPED
        if parcel.upto <= at.seq:
            return Outcome.APPLIED
        if parcel.after > at.seq:
            return Outcome.GAP
        if at.retry_at is not None and at.retry_at > connection.exec_driver_sql("SELECT now()").scalar_one():
            return Outcome.WAITING
        connection.rollback()
        rest = [envelope for raw in parcel.unpack() if (envelope := Envelope.of(raw)).sequence > at.seq]
        while True:
            size = len(rest) if at.trying_size == 0 else max(1, at.trying_size // 2)
            part, after = rest[:size], rest[size:]
            end = (part[-1].sequence, part[-1].id) if after else (parcel.upto, parcel.upto_id)
            if part and at.trying_size == 1 and at.tries >= TRIES:
                self._park(connection, at, part[0], "it ended the process that applied it", parcel.log_id, end)
            else:
                failed = self._attempt(connection, at, part, parcel.log_id, end)
                if failed is Outcome.WAITING:
                    return failed
                if failed is not None:
                    continue
            if not after:
                return Outcome.APPLIED
            rest = after

    def _attempt(self, connection: Connection, at: Position, part: list[Envelope], log_id: UUID, end: tuple[int, UUID | None]) -> Outcome | None:
        """One transaction over `part`. None: done. GAP: failed, try a smaller part. WAITING: failed alone, to be tried again later."""
        counted = at.tries + 1 if len(part) == 1 else 0
        before = (at.trying_size, at.tries)
        if part:
            self._write_down(connection, at, len(part), counted)
        try:
            with Session(connection, expire_on_commit=False) as session:
                unit = self._open(session)
                parked = self._parked_subjects(unit.cursor(), at.source)
                self.consumers.handle([envelope for envelope in part if envelope.subject not in parked], unit)
                for envelope in part:
                    if envelope.subject in parked and envelope.type in self.consumers.types:
                        _set_aside(unit.cursor(), envelope, "an earlier event of the same subject is parked", 0)
                unit.session.flush()
                _move(unit.cursor(), at.source, log_id, end)
                unit.commit()
        except Exception as error:
            if _transient(error):
                self._forgiven[at.source] = before
                raise
            connection.rollback()
            if len(part) > 1:
                at.trying_size, at.tries = len(part), 0
                return Outcome.GAP
            reason = f"{type(error).__name__}: {_plain(error)}"
            if isinstance(error, Undecodable) or counted >= TRIES:
                self._park(connection, at, part[0], reason, log_id, end, counted)
                return None
            connection.exec_driver_sql("UPDATE inbox SET retry_at = now() + %s WHERE source = %s", (BACK_OFF[counted - 1], at.source))
            connection.commit()
            log.warning("event_failed", source=at.source, sequence=part[0].sequence, type=part[0].type, tries=counted, reason=reason)
            return Outcome.WAITING
        at.seq, at.last_id, at.trying_size, at.tries = *end, 0, 0
        return None

    def _park(
        self, connection: Connection, at: Position, envelope: Envelope, reason: str, log_id: UUID, end: tuple[int, UUID | None], tries: int = TRIES
    ) -> None:
        with Session(connection) as session:
            unit = self._open(session)
            _set_aside(unit.cursor(), envelope, reason, tries)
            _move(unit.cursor(), at.source, log_id, end)
            unit.commit()
        log.error("event_parked", source=at.source, sequence=envelope.sequence, type=envelope.type, reason=reason)
        at.seq, at.last_id, at.trying_size, at.tries = *end, 0, 0

    def _write_down(self, connection: Connection, at: Position, size: int, tries: int) -> None:
        """Note the attempt before it is made. No need to wait for the disk: a lost note costs one counted try."""
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.exec_driver_sql("UPDATE inbox SET trying_size = %s, tries = %s WHERE source = %s", (size, tries, at.source))
        connection.commit()
        at.trying_size, at.tries = size, tries

    def _read(self, connection: Connection, source: str) -> Position:
        connection.exec_driver_sql("INSERT INTO inbox (source) VALUES (%s) ON CONFLICT DO NOTHING", (source,))
        row = connection.exec_driver_sql(
            "SELECT source, log_id, seq, last_id, trying_size, tries, retry_at, stopped FROM inbox WHERE source = %s", (source,)
        ).one()
        connection.commit()
        at = Position(*row)
        at.trying_size, at.tries = self._forgiven.pop(source, (at.trying_size, at.tries))
        return at

    def _parked_subjects(self, cursor: Cursor[Any], source: str) -> set[str]:
        return {
            subject for (subject,) in cursor.execute("SELECT DISTINCT subject FROM dead_letter WHERE source = %s AND state = 'parked'", (source,))
        }

    def replay(self, source: str, subject: str, *, who: str, note: str) -> int:
        """Apply the parked events of one subject again, in order, each with its own commit; stops at the first that fails, raising its error."""
        done = 0
        with self.engine.connect() as connection, _turn(connection, source):
            while True:
                with Session(connection, expire_on_commit=False) as session:
                    unit = self._open(session)
                    row = unit.cursor().execute(
                        "SELECT seq, body FROM dead_letter WHERE source = %s AND subject = %s AND state = 'parked' ORDER BY seq LIMIT 1",
                        (source, subject),
                    ).fetchone()
                    if row is None:
                        return done
                    with bound(source=source, sequence=row[0]):
                        self.consumers.handle([Envelope.of(json.loads(row[1]))], unit)
                    unit.session.flush()
                    _decide(unit.cursor(), source, row[0], "replayed", who, note)
                    unit.commit()
                    done += 1

    def discard(self, source: str, seq: int, *, who: str, note: str) -> bool:
        """Give up one parked event, for a stated reason; later events of its subject can then be replayed."""
        with Session(self.engine) as session:
            unit = self._open(session)
            done = _decide(unit.cursor(), source, seq, "discarded", who, note) == 1
            unit.commit()
            return done

    def accept_new_log(self, source: str, log_id: UUID, seq: int, last_id: UUID | None) -> None:
        """Take up a stopped stream again at `seq` of the log `log_id`: an operator's decision after a publisher was restored."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE inbox SET log_id = %s, seq = %s, last_id = %s, stopped = '', trying_size = 0, tries = 0, retry_at = NULL WHERE source = %s",
                (log_id, seq, last_id, source),
            )


def _divergence(at: Position, parcel: Parcel) -> str:
    """Why this parcel cannot come from the log that was followed so far; empty when it can."""
    if at.log_id is None:
        return ""
    if at.log_id != parcel.log_id:
        return f"the log was replaced: {at.log_id} became {parcel.log_id}"
    if parcel.after == at.seq and at.seq > 0 and parcel.after_id != at.last_id:
        return f"the log was rewritten: event {at.seq} is not the one that was applied"
    if parcel.upto == at.seq and at.seq > 0 and parcel.upto_id != at.last_id:
        return f"the log was rewritten: event {at.seq} is not the one that was applied"
    return ""


class _turn:
    """Appliers of one source take turns; the lock lives in the database session and dies with it."""

    def __init__(self, connection: Connection, source: str) -> None:
        self.connection, self.key = connection, f"inbox:{source}"

    def __enter__(self) -> None:
        self.connection.exec_driver_sql("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (self.key,))
        self.connection.commit()

    def __exit__(self, *_: object) -> None:
        try:
            self.connection.rollback()
            self.connection.exec_driver_sql("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (self.key,))
            self.connection.commit()
        except Exception:
            self.connection.invalidate()


def _move(cursor: Cursor[Any], source: str, log_id: UUID, end: tuple[int, UUID | None]) -> None:
    cursor.execute(
        """UPDATE inbox SET log_id = %s, seq = %s, last_id = %s, trying_size = 0, tries = 0, retry_at = NULL, updated_at = now()
           WHERE source = %s""",
        (log_id, *end, source),
    )


def _set_aside(cursor: Cursor[Any], envelope: Envelope, reason: str, tries: int) -> None:
    cursor.execute(
        """INSERT INTO dead_letter (source, seq, type, subject, body, reason, tries) VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (source, seq) DO NOTHING""",
        (envelope.source, envelope.sequence, envelope.type, envelope.subject, json.dumps(envelope.as_json()), reason[:1000], tries),
    )


def _decide(cursor: Cursor[Any], source: str, seq: int, state: str, who: str, note: str) -> int:
    cursor.execute(
        """UPDATE dead_letter SET state = %s, decided_at = now(), decided_by = %s, note = %s
           WHERE source = %s AND seq = %s AND state = 'parked'""",
        (state, who, note, source, seq),
    )
    return cursor.rowcount


def _transient(error: Exception) -> bool:
    """Faults that pass by themselves: the database or the network, never the event. (A statement that runs out of time is the event's.)"""
    if isinstance(error, DBAPIError) and isinstance(error.orig, QueryCanceled):
        return False
    if isinstance(error, OperationalError | ConnectionError | TimeoutError):
        return True
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError) and error.connection_invalidated


def _plain(error: Exception) -> str:
    """The first line of the error, without the statement and parameters that SQLAlchemy appends."""
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return text.strip().splitlines()[0] if text.strip() else ""
