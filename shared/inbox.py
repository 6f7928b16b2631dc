"""Applying facts: every one once, in order, together with the cursor that says so.

One cursor row per source. A parcel is applied in one transaction: drop what is at or below the cursor, run the handlers in order,
move the cursor, commit. A duplicate costs nothing; a gap is answered by pulling from the source's own log. Appliers of one source
take turns (a session lock of the database, gone when its process dies); and should two ever overlap, the cursor moves only from
where its mover found it.

A handler that fails: faults of the database are raised and the stream is tried again later, uncounted. For anything else the
parcel is halved until the one event stands alone; it is tried five times in all, then parked as a dead letter together with later
events of its subject, and the rest goes on. The size of the attempt is written down before it starts, so an event that kills its
process is found the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from shared.erasure import without_the_forgotten
from shared.event import Envelope, Event, Undecodable
from shared.faults import passes, plain
from shared.log import bound, log
from shared.outbox import Head, Parcel
from shared.unit import Unit

E = TypeVar("E", bound=Event)

TRIES = 5
BACK_OFF = (timedelta(seconds=0.2), timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=6))

Delivery = tuple[Envelope, Event]
Fold = Callable[[list[Delivery], Unit], None]

_READ = """
    SELECT log_id, seq, last_id, trying_size, tries, coalesce(retry_at > now(), false), stopped,
           ARRAY(SELECT DISTINCT subject FROM dead_letter WHERE dead_letter.source = inbox.source AND state = 'parked')
    FROM inbox WHERE source = %s
"""

_WRITE_DOWN = """
    UPDATE inbox SET trying_size = %s, tries = %s
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
    WHERE source = %s
"""
"""No need to wait for the disk: a note lost with the power costs one uncounted try."""

_MOVE = """
    UPDATE inbox SET log_id = %s, seq = %s, last_id = %s, trying_size = %s, tries = 0, retry_at = NULL, updated_at = now()
    WHERE source = %s AND seq = %s
"""

_SET_ASIDE = """
    INSERT INTO dead_letter (source, seq, type, subject, body, reason, tries) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source, seq) DO UPDATE SET
        (type, subject, body, reason, tries) = (excluded.type, excluded.subject, excluded.body, excluded.reason, excluded.tries),
        state = 'parked', parked_at = now(), decided_at = NULL, decided_by = NULL, note = NULL
"""
"""A letter with this number can only be there already when the log behind the source was replaced by another."""

_NEXT_LETTER = """
    SELECT seq, body FROM dead_letter WHERE source = %s AND subject = %s AND state = 'parked' ORDER BY seq LIMIT 1
"""

_DECIDE = """
    UPDATE dead_letter SET state = %s, decided_at = now(), decided_by = %s, note = %s
    WHERE source = %s AND seq = %s AND state = 'parked'
"""

_FOLLOW_NEW_LOG = """
    UPDATE inbox SET log_id = %s, seq = %s, last_id = %s, stopped = '', trying_size = 0, tries = 0, retry_at = NULL
    WHERE source = %s
"""


class Consumers:
    """Which function hears which event. `forgets`: facts about people who were erased here are passed over, however late."""

    def __init__(self, *, forgets: bool = False) -> None:
        self._forgets = forgets
        self._one: dict[str, tuple[type[Event], Callable[[Any, Unit], None]]] = {}
        self._many: dict[str, tuple[type[Event], Fold]] = {}

    def on(self, event: type[E]) -> Callable[[Callable[[E, Unit], None]], Callable[[E, Unit], None]]:
        """The decorated function is called for each `event`, inside the unit that moves the cursor."""

        def hear(function: Callable[[E, Unit], None]) -> Callable[[E, Unit], None]:
            self._one[event.type] = (event, function)
            return function

        return hear

    def in_batches(self, *events: type[Event]) -> Callable[[Fold], Fold]:
        """The decorated function gets runs of consecutive `events` as (envelope, event) pairs, in order."""

        def hear(function: Fold) -> Fold:
            self._many.update({event.type: (event, function) for event in events})
            return function

        return hear

    @property
    def types(self) -> list[str]:
        """Every event type heard, sorted."""
        return sorted(self._one.keys() | self._many.keys())

    def handle(self, envelopes: Sequence[Envelope], unit: Unit) -> None:
        """Run the handlers of `envelopes` in order. Unknown types are ignored; raises what a handler raises, or `Undecodable`."""
        for fold, run in self._runs(without_the_forgotten(envelopes, unit.cursor()) if self._forgets else envelopes):
            envelope, event = run[0]
            with bound(correlationid=envelope.correlationid, source=envelope.source, sequence=envelope.sequence):
                unit.cause = envelope
                if fold is not None:
                    fold(run, unit)
                else:
                    self._one[envelope.type][1](event, unit)
        unit.cause = None

    def _runs(self, envelopes: Sequence[Envelope]) -> Iterator[tuple[Fold | None, list[Delivery]]]:
        """Runs of consecutive events of one fold, and between them single events."""
        fold: Fold | None = None
        run: list[Delivery] = []
        for envelope in envelopes:
            heard, batch = self._many.get(envelope.type, (None, None))
            if heard is None and envelope.type in self._one:
                heard = self._one[envelope.type][0]
            if heard is None:
                continue
            if run and batch is not fold:
                yield fold, run
                run = []
            delivery = (envelope, heard.decode(envelope.data, envelope.dataversion))
            if batch is None:
                yield None, [delivery]
            else:
                fold = batch
                run.append(delivery)
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
    """Where the applying of one source stands: its row of `inbox`, and the subjects it has parked.

    `suspects` counts the facts after the cursor among which one is known to fail (0: none is); at 1, `tries` counts its tries.
    """

    log_id: UUID | None
    seq: int
    last_id: UUID | None
    suspects: int
    tries: int
    waits: bool
    stopped: str
    parked: set[str]


End = tuple[UUID, int, UUID | None]
"""Where a cursor moves to: log, number, and the id of the fact with that number."""


class CursorMoved(Exception):
    """Another applier moved this cursor meanwhile: nothing of this attempt is kept."""


class Inbox:
    """The applying side of one service."""

    def __init__(self, engine: Engine, consumers: Consumers, open_unit: Callable[[Session], Unit]) -> None:
        self.engine, self.consumers = engine, consumers
        self._notes = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._open = open_unit
        self._forgiven: dict[str, tuple[int, int, int]] = {}

    def cursor(self, source: str) -> int:
        """The number up to which everything of `source` is applied."""
        with self._notes.connect() as notes:
            found = notes.exec_driver_sql("SELECT seq FROM inbox WHERE source = %s", (source,)).scalar_one_or_none()
            return int(found or 0)

    def apply(self, parcel: Parcel) -> Outcome:
        """Apply what is new in `parcel`. When the database fails that is raised, and nothing happened.

        Raises ValueError when the parcel's content is not what its cover says.
        """
        with self._turn(parcel.source) as notes:
            at = self._read(notes, parcel.source)
            if at.stopped:
                return Outcome.STOPPED
            if trouble := _divergence(at, parcel):
                self._stop(notes, parcel.source, trouble)
                return Outcome.STOPPED
            if parcel.upto <= at.seq:
                return Outcome.APPLIED
            if parcel.after > at.seq or not set(self.consumers.types) <= set(parcel.types):
                return Outcome.GAP
            facts = parcel.unpack()
            if parcel.after < at.seq and (at.seq, at.last_id) not in {(fact.sequence, fact.id) for fact in facts}:
                return Outcome.GAP  # an overlap that does not show the fact at the cursor proves nothing: a pull starts there
            if at.waits:
                return Outcome.WAITING
            return self._apply(notes, at, parcel, [fact for fact in facts if fact.sequence > at.seq])

    def compare(self, end: Head, applied: int) -> None:
        """Note where the log of a source ends, and stop its stream if that log is another or went back in time.

        `applied` is the cursor as it was before the source was asked: by now it may be past that end, and rightly so.
        """
        with self._notes.connect() as notes:
            at = self._read(notes, end.source)
            notes.exec_driver_sql(
                "UPDATE inbox SET head_seen = %s WHERE source = %s AND head_seen <> %s", (end.seq, end.source, end.seq)
            )
            if at.stopped or at.log_id is None:
                return
            if at.log_id != end.log_id:
                self._stop(notes, end.source, _replaced(at.log_id, end.log_id))
            elif end.seq < applied:
                trouble = f"the log went back in time: {applied} events were applied, it now ends at {end.seq}"
                self._stop(notes, end.source, trouble)

    def replay(self, source: str, subject: str, *, who: str, note: str) -> int:
        """Apply the parked events of one subject again, in order, each with its own commit; returns how many.

        Stops at the first that fails, raising its error.
        """
        done = 0
        with self._turn(source):
            while True:
                with Session(self.engine, expire_on_commit=False) as session:
                    unit = self._open(session)
                    letter = unit.cursor().execute(_NEXT_LETTER, (source, subject)).fetchone()
                    if letter is None:
                        return done
                    self.consumers.handle([Envelope.of(json.loads(letter[1]))], unit)
                    unit.session.flush()
                    if unit.cursor().execute(_DECIDE, ("replayed", who, note, source, letter[0])).rowcount:
                        unit.commit()
                        done += 1

    def discard(self, source: str, seq: int, *, who: str, note: str) -> bool:
        """Give up one parked event, for a stated reason; later events of its subject can then be replayed."""
        with Session(self.engine) as session:
            unit = self._open(session)
            done = unit.cursor().execute(_DECIDE, ("discarded", who, note, source, seq)).rowcount == 1
            unit.commit()
            return done

    def accept_new_log(self, source: str, log_id: UUID, seq: int, last_id: UUID | None) -> None:
        """Take up a stopped stream again at `seq` of the log `log_id`: an operator's decision after a publisher was restored."""
        with self._turn(source) as notes:
            notes.exec_driver_sql(_FOLLOW_NEW_LOG, (log_id, seq, last_id, source))

    def _apply(self, notes: Connection, at: Position, parcel: Parcel, facts: list[Envelope]) -> Outcome:
        while True:
            size = max(1, at.suspects // 2) if at.suspects else len(facts)
            part, rest = facts[:size], facts[size:]
            end = (parcel.log_id, part[-1].sequence, part[-1].id) if rest else (parcel.log_id, parcel.upto, parcel.upto_id)
            if at.suspects == 1 and at.tries >= TRIES and part:
                self._park(parcel.source, at, part[0], end, "it ended the process that applied it")
            elif not self._attempt(notes, at, parcel.source, part, end):
                if at.suspects == 1:
                    return Outcome.WAITING
                continue
            if not rest:
                return Outcome.APPLIED
            facts = rest

    def _attempt(self, notes: Connection, at: Position, source: str, part: list[Envelope], end: End) -> bool:
        """Apply `part` in one transaction, or park it when it is one event and hopeless; False when it is to be tried again."""
        tries = at.tries + 1 if len(part) == 1 else 0
        try:
            if part:
                notes.exec_driver_sql(_WRITE_DOWN, (len(part), tries, source))
            self._apply_together(at, source, part, end)
        except Exception as error:
            if isinstance(error, CursorMoved) or passes(error) or not part:
                self._forgive(notes, at, source)
                raise
            at.suspects, at.tries = len(part), tries
            if len(part) > 1:
                return False
            reason = plain(error)
            if tries < TRIES and not isinstance(error, Undecodable):
                notes.exec_driver_sql("UPDATE inbox SET retry_at = now() + %s WHERE source = %s", (BACK_OFF[tries - 1], source))
                fact = part[0]
                log.warning("event_failed", source=source, sequence=fact.sequence, type=fact.type, tries=tries, reason=reason)
                return False
            self._park(source, at, part[0], end, reason)
        return True

    def _forgive(self, notes: Connection, at: Position, source: str) -> None:
        """Take back the note of an attempt: now if the database still listens, otherwise when it does again."""
        self._forgiven[source] = (at.seq, at.suspects, at.tries)
        with suppress(SQLAlchemyError):
            notes.exec_driver_sql(_WRITE_DOWN, (at.suspects, at.tries, source))
            del self._forgiven[source]

    def _apply_together(self, at: Position, source: str, part: list[Envelope], end: End) -> None:
        """Run the handlers, set aside what is behind a parked event, move the cursor: all or nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            unit = self._open(session)
            behind = [fact for fact in part if fact.subject in at.parked]
            self.consumers.handle([fact for fact in part if fact.subject not in at.parked], unit)
            for fact in behind:
                _set_aside(unit.cursor(), source, fact, "an earlier event of the same subject is parked", 0)
            unit.session.flush()
            suspects = max(0, at.suspects - len(part))
            _move(unit.cursor(), source, at, end, suspects)
            unit.commit()
        _, at.seq, at.last_id = end
        at.suspects, at.tries = suspects, 0

    def _park(self, source: str, at: Position, fact: Envelope, end: End, reason: str) -> None:
        with Session(self.engine) as session:
            unit = self._open(session)
            _set_aside(unit.cursor(), source, fact, reason, at.tries)
            _move(unit.cursor(), source, at, end, 0)
            unit.commit()
        log.warning("event_parked", source=source, sequence=fact.sequence, type=fact.type, tries=at.tries, reason=reason)
        at.parked.add(fact.subject)
        _, at.seq, at.last_id = end
        at.suspects, at.tries = 0, 0

    def _read(self, notes: Connection, source: str) -> Position:
        row = notes.exec_driver_sql(_READ, (source,)).one_or_none()
        if row is None:
            notes.exec_driver_sql("INSERT INTO inbox (source) VALUES (%s) ON CONFLICT DO NOTHING", (source,))
            return self._read(notes, source)
        at = Position(*row)
        at.parked = set(at.parked)
        seq, suspects, tries = self._forgiven.pop(source, (-1, 0, 0))
        if seq == at.seq:
            at.suspects, at.tries = suspects, tries
            notes.exec_driver_sql(_WRITE_DOWN, (suspects, tries, source))
        return at

    def _stop(self, notes: Connection, source: str, trouble: str) -> None:
        notes.exec_driver_sql("UPDATE inbox SET stopped = %s, updated_at = now() WHERE source = %s", (trouble, source))
        log.error("stream_stopped", source=source, reason=trouble)

    @contextmanager
    def _turn(self, source: str) -> Iterator[Connection]:
        """Wait until no other applier of `source` is at work; the connection given commits each statement by itself."""
        with self._notes.connect() as notes:
            key = (f"inbox:{source}",)
            notes.exec_driver_sql("SELECT pg_advisory_lock(hashtextextended(%s, 0))", key)
            try:
                yield notes
            finally:
                try:
                    notes.exec_driver_sql("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
                except SQLAlchemyError:
                    notes.invalidate()


def _divergence(at: Position, parcel: Parcel) -> str:
    """Why this parcel cannot come from the log that was followed so far; empty when it can."""
    if at.log_id is None:
        return ""
    if at.log_id != parcel.log_id:
        return _replaced(at.log_id, parcel.log_id)
    ends = {(parcel.after, parcel.after_id), (parcel.upto, parcel.upto_id)}
    if at.seq in (parcel.after, parcel.upto) and (at.seq, at.last_id) not in ends:
        return f"the log was rewritten: event {at.seq} is not the one that was applied"
    return ""


def _replaced(old: UUID, new: UUID) -> str:
    return f"the log was replaced: {old} became {new}"


def _move(cursor: Cursor[Any], source: str, at: Position, end: End, suspects: int) -> None:
    if cursor.execute(_MOVE, (*end, suspects, source, at.seq)).rowcount != 1:
        raise CursorMoved(f"the cursor of {source} is no longer at {at.seq}")


def _set_aside(cursor: Cursor[Any], source: str, fact: Envelope, reason: str, tries: int) -> None:
    body = json.dumps(fact.as_json())
    cursor.execute(_SET_ASIDE, (source, fact.sequence, fact.type, fact.subject, body, reason, tries))
