"""The event log of one service: written with the change it tells, numbered without gaps, read in parcels.

The number comes from one counter row, updated as the last statement before commit: its lock is held until the commit is done, so
the order of numbers is the order of commits, a rollback gives its numbers back, and `seq > cursor` misses nothing. (A sequence
leaves holes and reorders: a reader can pass a number whose transaction commits later.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from pydantic import ValidationError

from shared.event import Envelope, Event, envelope_json, new_id, with_sequence

PARCEL = 500
"""Most events in one parcel: one task per event tops out near 1,000 events/s, batches of 500 near 48,000."""

_COPY_FROM = 1_000

_APPEND = """
    WITH head AS (UPDATE outbox_head SET seq = seq + %(n)s RETURNING seq)
    INSERT INTO outbox (seq, id, type, subject, body)
    SELECT head.seq - %(n)s + e.ord, e.id, e.type, e.subject, e.body
    FROM head, unnest(%(ids)b::uuid[], %(types)b::text[], %(subjects)b::text[], %(bodies)b::text[])
        WITH ORDINALITY AS e (id, type, subject, body, ord)
"""
"""Arrays travel in binary: as text, a regular expression would escape every quotation mark of every body, some 60 µs an event."""

_NOT_MIGRATED = "the counter row of the outbox is missing: this database was not migrated"

_READ = "SELECT seq, body FROM outbox WHERE seq > %s AND seq <= %s AND type = ANY(%s) ORDER BY seq LIMIT %s"

Row = tuple[UUID, str, str, str]
"""id, type, subject and envelope (without its sequence) of an event about to be recorded."""


def row(event: Event, *, source: str, at: datetime, correlationid: str, causationid: str = "") -> Row:
    """The log row of `event`, recorded by `source` at `at`."""
    id = new_id()
    body = envelope_json(event, id=id, source=source, at=at, correlationid=correlationid, causationid=causationid)
    return id, event.type, event.subject, body


def append(cursor: Cursor[Any], rows: Sequence[Row]) -> None:
    """Record `rows` in order. Must be the last statement of the transaction: the counter row stays locked until its end."""
    if not rows:
        return
    if len(rows) < _COPY_FROM:
        ids, types, subjects, bodies = zip(*rows, strict=True)
        columns = {"ids": list(ids), "types": list(types), "subjects": list(subjects), "bodies": list(bodies)}
        cursor.execute(_APPEND, {"n": len(rows), **columns})
        assert cursor.rowcount == len(rows), _NOT_MIGRATED
        return
    cursor.execute("UPDATE outbox_head SET seq = seq + %s RETURNING seq", (len(rows),))
    first = _one(cursor)[0] - len(rows) + 1
    with cursor.copy("COPY outbox (seq, id, type, subject, body) FROM STDIN") as copy:
        for seq, values in enumerate(rows, start=first):
            copy.write_row((seq, *values))


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: its identity, which changes when the log is another one, and its last number."""

    source: str
    log_id: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """The facts of the wanted `types` of one log in (after, upto].

    `after_id` and `upto_id` are the ids of the facts at both ends, wanted or not, by which a rewritten log is noticed.
    """

    source: str
    log_id: UUID
    after: int
    after_id: UUID | None
    upto: int
    upto_id: UUID | None
    types: tuple[str, ...]
    events: str

    @property
    def is_empty(self) -> bool:
        """Whether none of the facts in this stretch was wanted."""
        return self.events == "[]"

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a Celery message or an HTTP answer; `events` stays one JSON array in a string, encoded once."""
        return {
            "source": self.source,
            "log_id": str(self.log_id),
            "after": self.after,
            "after_id": str(self.after_id) if self.after_id else None,
            "upto": self.upto,
            "upto_id": str(self.upto_id) if self.upto_id else None,
            "types": list(self.types),
            "events": self.events,
        }

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Parcel:
        """Read what `as_json` made; raises KeyError, TypeError or ValueError when it is something else."""
        return cls(
            source=str(raw["source"]),
            log_id=UUID(raw["log_id"]),
            after=int(raw["after"]),
            after_id=UUID(raw["after_id"]) if raw["after_id"] else None,
            upto=int(raw["upto"]),
            upto_id=UUID(raw["upto_id"]) if raw["upto_id"] else None,
            types=tuple(raw["types"]),
            events=str(raw["events"]),
        )

    def unpack(self) -> list[Envelope]:
        """The envelopes, in order; raises ValueError when they are not this parcel's."""
        try:
            envelopes = Envelope.all_of(self.events)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise ValueError(f"not an envelope: {first['loc']} {first['msg']}") from None
        last = self.after
        for envelope in envelopes:
            if envelope.source != self.source or not last < envelope.sequence <= self.upto:
                raise ValueError(f"event {envelope.sequence} of {envelope.source} does not belong here")
            last = envelope.sequence
        return envelopes


def head(cursor: Cursor[Any], source: str) -> Head:
    """Where this service's log ends now."""
    log_id, seq = _one(cursor.execute("SELECT log_id, seq FROM outbox_head"))
    return Head(source, log_id, seq)


def read(
    cursor: Cursor[Any], source: str, after: int, types: Iterable[str], limit: int = PARCEL, *, end: Head | None = None
) -> Parcel:
    """The next at most `limit` facts of `types` after number `after`; reaches to the head (`end`) when there are fewer."""
    end = end or head(cursor, source)
    wanted = tuple(types)
    rows = cursor.execute(_READ, (after, end.seq, list(wanted), limit)).fetchall()
    upto = rows[-1][0] if len(rows) == limit else max(after, end.seq)
    ids = dict(cursor.execute("SELECT seq, id FROM outbox WHERE seq IN (%s, %s)", (after, upto)).fetchall())
    events = f"[{','.join([with_sequence(body, seq) for seq, body in rows])}]"
    return Parcel(source, end.log_id, after, ids.get(after), upto, ids.get(upto), wanted, events)


def subscribe(cursor: Cursor[Any], source: str, name: str, types: list[str], applied: int) -> Head:
    """Note what the service `name` hears and how far it has applied it; returns where this log ends."""
    cursor.execute("SET LOCAL synchronous_commit = off")
    cursor.execute(
        """INSERT INTO subscriber (name, types, pushed_seq, acked_seq) VALUES (%(name)s, %(types)s, %(applied)s, %(applied)s)
           ON CONFLICT (name) DO UPDATE SET types = excluded.types, acked_seq = excluded.acked_seq, seen_at = now()""",
        {"name": name, "types": types, "applied": applied},
    )
    return head(cursor, source)


def erase_sealed(cursor: Cursor[Any], *subjects: str) -> int:
    """Blank every sealed value in the facts about `subjects`, a person being erased and what is theirs; returns how many."""
    cursor.execute("SET LOCAL jiamenkou.erasing = 'on'")
    cursor.execute(
        r"""UPDATE outbox SET body = regexp_replace(body, '"sealed\.[a-z]+\.[A-Za-z0-9_-]+"', '""', 'g')
            WHERE subject = ANY(%s) AND body LIKE '%%"sealed.%%'""",
        (list(subjects),),
    )
    changed = cursor.rowcount
    cursor.execute("SET LOCAL jiamenkou.erasing = 'off'")
    return changed


def _one(cursor: Cursor[Any]) -> TupleRow:
    found = cursor.fetchone()
    assert found is not None, _NOT_MIGRATED
    return found  # type: ignore[no-any-return]
