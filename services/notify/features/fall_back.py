"""Fall back on a call where a text did not arrive, or nobody knows for too long whether it did."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import and_, col, or_, select

from services.notify.domain import calls, texts
from services.notify.features.call import ask_for_call
from services.notify.tables import Call, Message
from shared.unit import Unit

LOOKS_BACK = timedelta(days=1)
AT_ONCE = 500


def fall_back(unit: Unit) -> None:
    """Ask for a call about every matter that is worth one and whose text failed, or has been unknown for half an hour."""
    waiting = (
        select(Message)
        .where(
            col(Message.not_after) > unit.now,
            col(Message.purpose).in_(list(texts.CALLS)),
            or_(
                and_(col(Message.state) == "failed", col(Message.failed_at) > unit.now - LOOKS_BACK),
                and_(col(Message.state) == "unknown", col(Message.due_at) < unit.now - calls.UNKNOWN_FOR),
            ),
            ~select(Call.message_id).where(col(Call.message_id) == col(Message.id)).exists(),
        )
        .order_by(col(Message.not_after), col(Message.id))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    for message in unit.session.exec(waiting).all():
        ask_for_call(message, "failed" if message.state == "failed" else "unknown", unit)
