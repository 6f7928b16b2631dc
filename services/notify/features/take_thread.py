"""See to somebody who texted: take their thread, or give it back."""

from __future__ import annotations

from uuid import UUID

from services.notify.features import Command
from services.notify.features.threads import open_replies
from services.notify.tables import Reply
from shared.errors import Conflict
from shared.unit import Unit
from shared.web import phrase

DONE = phrase("这位居民的短信已经有人处理过了。")
TAKEN = phrase("已有同事在办这位居民的短信。")


class TakeThread(Command):
    """`staff_id` sees to the thread of `reply_id` from now on, or (`back`) no longer does."""

    reply_id: UUID
    staff_id: UUID
    back: bool = False


def take_thread(command: TakeThread, unit: Unit) -> None:
    """Take it while nobody has it; anybody may give it back, for whoever took it may have gone home."""
    waiting = open_replies(unit.get(Reply, command.reply_id).phone_fingerprint, unit)
    if not waiting:
        raise Conflict(DONE)
    if not command.back and any(reply.taken_by not in (None, command.staff_id) for reply in waiting):
        raise Conflict(TAKEN)
    for reply in waiting:
        reply.taken_by, reply.taken_at = (None, None) if command.back else (command.staff_id, reply.taken_at or unit.now)
