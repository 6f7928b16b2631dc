"""Put somebody's replies off the inbox: a person has dealt with them, in one way or another."""

from __future__ import annotations

from uuid import UUID

from services.notify.domain.replies import ReplyOutcome
from services.notify.features import Command
from services.notify.features.threads import open_replies
from services.notify.tables import Reply
from shared.unit import Unit


class CloseThread(Command):
    """`staff_id` has dealt with all that is open in the thread of `reply_id`."""

    reply_id: UUID
    staff_id: UUID
    outcome: ReplyOutcome


def close_thread(command: CloseThread, unit: Unit) -> None:
    """Note who dealt with it and how; the first note stays."""
    reply = unit.lock(Reply, command.reply_id)
    waiting = open_replies(reply.phone_fingerprint, unit) if reply.phone_fingerprint else [reply]
    for each in waiting:
        if each.handled_at is None:
            each.handled_at, each.handled_by, each.outcome = unit.now, command.staff_id, command.outcome
