"""Give texts to carriers: by their shares, around those that fail, and a single text to find out whether one is back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from services.notify.domain import routing
from services.notify.tables import CarrierStanding, Message
from services.notify.tables.messages import Lane
from shared.event import new_id
from shared.unit import Unit

_TRY = """
    UPDATE carrier_standing SET trial_at = %(again)s WHERE name = %(name)s AND state = 'left' AND trial_at <= %(now)s
    RETURNING name
"""
_REFUSED = "SELECT message_id, carrier FROM attempt WHERE message_id = ANY(%s) AND outcome = 'refused'"


@dataclass(frozen=True, slots=True)
class Way:
    """The number of a text's next attempt, and the carriers to use for it, the best first."""

    out_id: UUID
    carriers: Sequence[str]


class Routes:
    """The carriers as they stand now, for the texts of one lane. `shares`: those in use, and the settings' share of each."""

    def __init__(self, shares: Mapping[str, int], lane: Lane, unit: Unit) -> None:
        self._unit = unit
        kept = {standing.name: standing for standing in unit.session.exec(select(CarrierStanding))}
        named = {name: kept[name].state if name in kept else "open" for name, share in shares.items() if share > 0}
        left = {name: shares[name] for name, state in named.items() if state == "left"}
        self.shares = {name: shares[name] for name, state in named.items() if state == "open"}
        self._due = [name for name in left if (at := kept[name].trial_at) is not None and at <= unit.now]
        if lane == "codes":
            # Somebody is waiting, and a code that is late is of no use: rather a carrier that fails than none; never as a trial.
            self.shares, self._due = self.shares or left, []

    @property
    def room(self) -> int | None:
        """How many texts can be given away now; None for any number."""
        return None if self.shares else len(self._due)

    def give(self, messages: Sequence[Message]) -> dict[UUID, Way]:
        """The way of each text; without carriers for those that have to wait until one is back."""
        refused: dict[UUID, set[str]] = {}
        again = [message.id for message in messages if message.attempts]
        for message_id, carrier in self._unit.cursor().execute(_REFUSED, (again,)).fetchall() if again else ():
            refused.setdefault(message_id, set()).add(carrier)
        given = {}
        for message in messages:
            out_id, tried = new_id(), self._try() if self._due else []
            given[message.id] = Way(out_id, [*tried, *self._ordered(out_id, refused.get(message.id, set()))])
        return given

    def _ordered(self, out_id: UUID, refused: set[str]) -> list[str]:
        """By share, and those that have refused this very text last."""
        fresh = {name: share for name, share in self.shares.items() if name not in refused} or self.shares
        if not fresh:
            return []
        first = routing.pick(fresh, out_id)
        return [first, *(name for name in fresh if name != first), *(name for name in self.shares if name not in fresh)]

    def _try(self) -> list[str]:
        """A carrier whose trial is ours to make."""
        now = self._unit.now
        taken = {"name": self._due.pop(0), "now": now, "again": now + routing.TRIAL_LEASE}
        return [name for (name,) in self._unit.cursor().execute(_TRY, taken).fetchall()]
