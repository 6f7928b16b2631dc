"""A carrier in the same process: the simulator's phones behind the gateway's protocol, with faults a test can order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from infra.simulators.phones import Phones, status
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, Text, Unanswered


class Crash(BaseException):
    """The process dies here: nothing catches it."""


class PocketCarrier:
    """Hands texts to `phones`, unless `next_sends` holds what happens to the next one instead: see `send`."""

    def __init__(self, name: str = "pocket", *, asks: bool = True) -> None:
        self.name, self.asks = name, asks
        self.phones = Phones()
        self.next_sends: deque[str] = deque()
        self.down = False
        self.under_way = False
        self.calls: list[UUID] = []
        self.before_send: Callable[[], None] = lambda: None

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """Take the texts one after the other, each as `next_sends` orders."""
        for text in texts:
            yield text.out_id, self._take(text)

    def _take(self, text: Text) -> Answer:
        """Take a text, or do as ordered: no answer (`lost`, or `taken` all the same), crash (`dies`, `dies_after`), or refuse."""
        self.calls.append(text.out_id)
        self.before_send()
        order = self.next_sends.popleft() if self.next_sends else ""
        if self.down or order == "lost":
            return None
        if order == "dies":
            raise Crash
        if order not in ("", "taken", "dies_after"):
            return Refused(order)
        taken, _ = self.phones.take(str(text.out_id), text.phone, text.text)
        if order == "taken":
            return None
        if order == "dies_after":
            raise Crash
        return Accepted(taken.reference)

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:  # noqa: ARG002
        """What became of a text."""
        if self.down:
            raise Unanswered("down")
        taken = self.phones.find(str(out_id))
        if taken is None:
            return NotFound()
        return Found(taken.reference, "accepted", "") if self.under_way else Found(taken.reference, *status(taken.phone))

    def close(self) -> None:
        """As `SmsGateway.close`: there is nothing to let go of."""
