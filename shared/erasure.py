"""Forgetting a person in one service: the note that says so, and what the bus kept about them.

A service that has forgotten somebody notes their id. Facts about them that come late, from another log or out of a dead letter,
are then passed over (`Consumers(forgets=True)`), so that nothing brings them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor

from shared.event import Envelope

_NOTE = "INSERT INTO erased_person (resident_id, at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_LETTERS = r"""
    UPDATE dead_letter SET body = regexp_replace(body, '"sealed\.[a-z]+\.[A-Za-z0-9_-]+"', '""', 'g'),
        state = CASE state WHEN 'parked' THEN 'discarded' ELSE state END,
        decided_at = coalesce(decided_at, now()), decided_by = coalesce(decided_by, 'erasure'),
        note = coalesce(note, 'the person was erased')
    WHERE strpos(body, %s) > 0 AND (state = 'parked' OR strpos(body, '"sealed.') > 0)
"""
_OLD_LETTERS = r"""
    UPDATE dead_letter SET body = regexp_replace(body, '"sealed\.[a-z]+\.[A-Za-z0-9_-]+"', '""', 'g'),
        state = CASE state WHEN 'parked' THEN 'discarded' ELSE state END,
        decided_at = coalesce(decided_at, now()), decided_by = coalesce(decided_by, 'retention'),
        note = coalesce(note, 'what it was about is over')
    WHERE type = %s AND parked_at < now() - interval '1 day' AND strpos(body, '"sealed.') > 0
"""


def forget(cursor: Cursor[Any], resident_id: UUID, now: datetime) -> bool:
    """Note that the person is forgotten and empty their dead letters; False when that was done before."""
    fresh = cursor.execute(_NOTE, (resident_id, now)).rowcount == 1
    cursor.execute(_LETTERS, (str(resident_id),))
    return fresh


def forget_old_codes(cursor: Cursor[Any]) -> None:
    """Log-in codes that could not be sent yesterday will not be sent: their numbers are taken out of the dead letters."""
    cursor.execute(_OLD_LETTERS, ("registration.login_code_requested",))


def without_the_forgotten(envelopes: Sequence[Envelope], cursor: Cursor[Any]) -> Sequence[Envelope]:
    """The facts but those about people who are forgotten here."""
    about = {str(id) for envelope in envelopes if (id := envelope.data.get("resident_id"))}
    gone = _forgotten(about, cursor) if about else set()
    return [envelope for envelope in envelopes if envelope.data.get("resident_id") not in gone] if gone else envelopes


def _forgotten(ids: Iterable[str], cursor: Cursor[Any]) -> set[str]:
    found = cursor.execute("SELECT resident_id::text FROM erased_person WHERE resident_id::text = ANY(%s)", (list(ids),))
    return {row[0] for row in found.fetchall()}
