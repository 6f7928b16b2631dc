"""A carrier in the same process: the simulator's phones behind the gateway's protocol, with faults a test can order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from uuid import UUID

from infra.simulators.phones import Phones, status
from services.notify.gateways import Accepted, Found, NotFound, Refused, Unanswered


class Crash(BaseException):
    """The process dies here: nothing catches it."""


class PocketCarrier:
    """Hands texts to `phones`, unless `next_sends` holds what happens to the next one instead: see `send`."""

    name = "pocket"

    def __init__(self) -> None:
        self.phones = Phones()
        self.next_sends: deque[str] = deque()
        self.down = False
        self.under_way = False
        self.calls: list[UUID] = []
        self.before_send: Callable[[], None] = lambda: None

    def send(self, out_id: UUID, phone: str, text: str) -> Accepted | Refused:
        """Take a text, or do as ordered: no answer (`lost`, or `taken` all the same), crash (`dies`, `dies_after`), or refuse."""
        self.calls.append(out_id)
        self.before_send()
        order = self.next_sends.popleft() if self.next_sends else ""
        if self.down or order == "lost":
            raise Unanswered("lost")
        if order == "dies":
            raise Crash
        if order not in ("", "taken", "dies_after"):
            return Refused(order)
        taken, _ = self.phones.take(str(out_id), phone, text)
        if order == "taken":
            raise Unanswered("the answer was lost")
        if order == "dies_after":
            raise Crash
        return Accepted(taken.reference)

    def query(self, out_id: UUID) -> Found | NotFound:
        """What became of a text."""
        if self.down:
            raise Unanswered("down")
        taken = self.phones.find(str(out_id))
        if taken is None:
            return NotFound()
        return Found(taken.reference, "accepted", "") if self.under_way else Found(taken.reference, *status(taken.phone))
