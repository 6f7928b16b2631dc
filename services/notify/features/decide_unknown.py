"""Decide about a text that no carrier can be asked about: it went, or it did not and goes again if it still makes sense."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from services.notify.features import Command, progress
from services.notify.tables import Attempt, Message
from shared.errors import Conflict
from shared.log import log
from shared.unit import Unit
from shared.web import phrase

KNOWN = phrase("这条短信已经有结果，不用再定。请刷新看看。")


class DecideUnknown(Command):
    """Somebody of the staff asked the person, or the carrier on the phone: the text `went`, or certainly not."""

    message_id: UUID
    went: bool
    staff_id: UUID


def decide_unknown(command: DecideUnknown, unit: Unit) -> Message:
    """Write it down as if the carrier had said so. Raises `NotFound`, or `Conflict` when it is known by now."""
    message = unit.lock(Message, command.message_id)
    open_attempt = select(Attempt).where(col(Attempt.message_id) == message.id, col(Attempt.outcome) == "unknown")
    attempt = unit.session.exec(open_attempt.with_for_update()).one_or_none()
    if message.state != "unknown" or attempt is None:
        raise Conflict(KNOWN)
    log.info("unknown_decided", message_id=str(message.id), went=command.went, staff_id=str(command.staff_id))
    if command.went:
        progress.accept(message, attempt, "", unit)
    else:
        progress.never_sent(message, attempt, unit)
    return message
