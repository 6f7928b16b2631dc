"""Put a reply off the inbox: somebody has talked to the resident."""

from __future__ import annotations

from uuid import UUID

from services.notify.features import Command
from services.notify.tables import Reply
from shared.unit import Unit


class CloseReply(Command):
    """`staff_id` has dealt with the reply."""

    reply_id: UUID
    staff_id: UUID


def close_reply(command: CloseReply, unit: Unit) -> None:
    """Note who dealt with it; the first note stays."""
    reply = unit.lock(Reply, command.reply_id)
    if reply.handled_at is None:
        reply.handled_at, reply.handled_by = unit.now, command.staff_id
