"""Texts in a batch: what became of each, and what people answered."""

from __future__ import annotations

from uuid import UUID

from services.reports.projections.sums import Row, Takes, Tallies, Writes, day_of, only_told
from shared.contracts import notify
from shared.event import Envelope

OfMessage = notify.MessageSent | notify.MessageDelivered | notify.MessageFailed | notify.MessageUnknown | notify.MessageSkipped


class Texts:
    """What notify told, added up per row."""

    def __init__(self, tallies: Tallies) -> None:
        self.count = tallies.count
        self.messages: dict[UUID, Row] = {}

    def takes(self) -> Takes:
        """What is done with each class of event."""
        return {
            notify.MessageSent: self.sent,
            notify.MessageDelivered: self.delivered,
            notify.MessageFailed: self.failed,
            notify.MessageUnknown: self.unknown,
            notify.MessageSkipped: self.skipped,
            notify.ReplyReceived: self.reply,
            notify.OptedOut: self.opt_out,
            **dict.fromkeys((notify.OptedIn, notify.FellBack, notify.CallMade, notify.ErrandDone), only_told),
            **dict.fromkeys((notify.CarrierLeft, notify.CarrierBack), only_told),
        }

    def writes(self) -> Writes:
        """The statements and their rows."""
        yield _MESSAGE, self.messages.values()

    def sent(self, envelope: Envelope, event: notify.MessageSent) -> None:
        """A text that the carrier took."""
        row = self._message(envelope, event)
        row[3], row[4] = event.parts, True

    def delivered(self, envelope: Envelope, event: notify.MessageDelivered) -> None:
        """A text on the phone."""
        self._message(envelope, event)[5] = True

    def failed(self, envelope: Envelope, event: notify.MessageFailed) -> None:
        """A text that did not arrive."""
        self._message(envelope, event)[6] = True

    def unknown(self, envelope: Envelope, event: notify.MessageUnknown) -> None:
        """A text whose fate the carrier did not tell at once."""
        self._message(envelope, event)[7] = True

    def skipped(self, envelope: Envelope, event: notify.MessageSkipped) -> None:
        """A text not sent, and why."""
        self._message(envelope, event)[8] = event.reason

    def _message(self, envelope: Envelope, event: OfMessage) -> Row:
        row = self.messages.get(event.message_id)
        if row is None:
            row = self.messages[event.message_id] = [
                event.message_id, event.purpose, day_of(envelope.time), 0, False, False, False, False, "",
            ]  # fmt: skip
        return row

    def reply(self, envelope: Envelope, event: notify.ReplyReceived) -> None:
        """One more answer to a text, by what it meant."""
        self.count(f"reply_{event.meaning}", envelope.time)

    def opt_out(self, envelope: Envelope, _: notify.OptedOut) -> None:
        """One more category of texts that somebody wants no more of."""
        self.count("opted_out", envelope.time)


_MESSAGE = """
    INSERT INTO message AS so_far (message_id, purpose, day, parts, sent, delivered, failed, unknown, skipped)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::date[], %s::int[],
        %s::bool[], %s::bool[], %s::bool[], %s::bool[], %s::text[]) ORDER BY 1
    ON CONFLICT (message_id) DO UPDATE SET parts = greatest(so_far.parts, excluded.parts), sent = so_far.sent OR excluded.sent,
        delivered = so_far.delivered OR excluded.delivered, failed = so_far.failed OR excluded.failed,
        unknown = so_far.unknown OR excluded.unknown, skipped = coalesce(nullif(excluded.skipped, ''), so_far.skipped)
"""
