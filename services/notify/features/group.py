"""Texts in groups: taken out of the session, moved on one by one in memory, and written back in one statement for each table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, select

from services.notify.tables import Attempt, Message
from shared.unit import Unit

_MESSAGE = {
    "state": "text",
    "held_for": "text",
    "skip_reason": "text",
    "facts": "text",
    "phone_fingerprint": "text",
    "due_at": "timestamptz",
    "attempts": "int",
    "parts": "int",
    "template_version": "int",
    "mark": "text",
    "lease_until": "timestamptz",
    "accepted_at": "timestamptz",
    "delivered_at": "timestamptz",
    "failed_at": "timestamptz",
    "skipped_at": "timestamptz",
}
_ATTEMPT = {
    "words": "text",
    "ended_at": "timestamptz",
    "outcome": "text",
    "reference": "text",
    "code": "text",
    "asks": "int",
    "ask_at": "timestamptz",
}
"""What moves on, with its type."""

Pair = tuple[Message, Attempt]


def pairs(out_ids: Sequence[UUID], unit: Unit) -> dict[UUID, Pair]:
    """The attempts with these ids and their texts, locked in the order of the texts, so that groups cannot block each other."""
    of = select(Attempt.message_id).where(col(Attempt.id).in_(out_ids))
    found = select(Message).where(col(Message.id).in_(of)).order_by(col(Message.id)).with_for_update()
    messages = {message.id: message for message in unit.session.exec(found)}
    attempts = unit.session.exec(select(Attempt).where(col(Attempt.id).in_(out_ids)).order_by(col(Attempt.id)).with_for_update())
    together = {attempt.id: (messages[attempt.message_id], attempt) for attempt in attempts}
    for row in (*messages.values(), *(attempt for _, attempt in together.values())):
        unit.session.expunge(row)
    return together


def save(messages: Sequence[Message], attempts: Sequence[Attempt], unit: Unit) -> None:
    """Write back what moved on."""
    _write("message", _MESSAGE, messages, unit)
    _write("attempt", _ATTEMPT, attempts, unit)


def _write(table: str, columns: dict[str, str], rows: Sequence[SQLModel], unit: Unit) -> None:
    if not rows:
        return
    arrays = ", ".join(f"%({name})s::{type}[]" for name, type in columns.items())
    values: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in ("id", *columns)}
    unit.cursor().execute(
        f"""UPDATE {table} SET {", ".join(f"{name} = moved.{name}" for name in columns)}
            FROM unnest(%(id)s::uuid[], {arrays}) AS moved (id, {", ".join(columns)}) WHERE {table}.id = moved.id""",
        values,
    )
