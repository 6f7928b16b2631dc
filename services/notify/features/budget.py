"""Which texts have to wait because their number has had enough of them: counted from attempts, so that nothing can reset it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notify.domain import limits
from services.notify.domain.limits import Rank, Taken
from services.notify.tables import Message
from shared.unit import Unit

_TAKEN = """
    SELECT phone_fingerprint, category, carrier, started_at FROM attempt
    WHERE phone_fingerprint = ANY(%s) AND started_at > %s AND outcome IN ('open', 'accepted', 'unknown', 'doubtful')
"""


def held(messages: Sequence[Message], carriers: Mapping[UUID, str], unit: Unit) -> dict[UUID, datetime]:
    """Until when each has to wait with the carrier meant for it. Those left out may go now; each counts for the ones after it.

    Whoever calls this holds the claim of the lane, so that no other sender counts at the same time.
    """
    taken = taken_by({message.phone_fingerprint for message in messages}, unit)
    waits: dict[UUID, datetime] = {}
    for message in messages:
        carrier, before = carriers[message.id], taken.setdefault(message.phone_fingerprint, [])
        free_at = limits.free_at(Rank(message.priority), message.category, before, unit.now, carrier)
        if free_at is not None:
            waits[message.id] = free_at
        else:
            before.append(Taken(unit.now, message.category, carrier))
    return waits


def taken_by(numbers: Collection[str], unit: Unit) -> dict[str, list[Taken]]:
    """The texts that went, or may have gone, to each of these numbers within what any limit looks back on."""
    taken: dict[str, list[Taken]] = {}
    rows = unit.cursor().execute(_TAKEN, (sorted(numbers), unit.now - limits.LONGEST))
    for number, category, carrier, at in rows.fetchall():
        taken.setdefault(number, []).append(Taken(at, category, carrier))
    return taken
