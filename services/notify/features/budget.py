"""Which texts have to wait because their number has had enough of them: counted from attempts, so that nothing can reset it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.notify.domain import limits
from services.notify.tables import Message
from shared.unit import Unit

_TAKEN = """
    SELECT phone_fingerprint, category, started_at FROM attempt
    WHERE phone_fingerprint = ANY(%s) AND started_at > %s AND outcome IN ('open', 'accepted', 'unknown', 'doubtful')
"""


def held(messages: Sequence[Message], unit: Unit) -> dict[UUID, datetime]:
    """Until when each has to wait; those that may go now are left out, and each of them counts for the ones after it.

    Whoever calls this holds the claim of the lane, so that no other sender counts at the same time.
    """
    numbers = sorted({message.phone_fingerprint for message in messages})
    taken: dict[tuple[str, str], list[datetime]] = {}
    for number, category, at in unit.cursor().execute(_TAKEN, (numbers, unit.now - limits.LONGEST)):
        taken.setdefault((number, category), []).append(at)
    waits: dict[UUID, datetime] = {}
    for message in messages:
        before = taken.setdefault((message.phone_fingerprint, message.category), [])
        free_at = limits.free_at(message.category, before, unit.now)
        if free_at is not None:
            waits[message.id] = free_at
        else:
            before.append(unit.now)
    return waits
