"""Reminders of a place: planned when it is given, taken back when it is lost."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import hours
from services.notify.features import progress
from services.notify.features.compose import Compose, compose, facts_of
from services.notify.features.house_rules import hours_in_force, reminders_in_force
from services.notify.tables import Message, Registration, Session
from shared.unit import Unit


def remind(registration: Registration, session: Session, unit: Unit) -> None:
    """Plan the reminders that can still come in time."""
    for reminder in reminders_in_force(unit):
        due_at = hours.due_reminder(reminder, session.starts_at, unit.now, hours_in_force(unit))
        if due_at is not None:
            compose(
                Compose(
                    purpose=reminder.purpose,
                    subject=registration.id,
                    slot=session.starts_at.isoformat(),
                    facts=facts_of(session),
                    due_at=due_at,
                    not_after=session.starts_at - reminder.until,
                    resident_id=registration.resident_id,
                    registration_id=registration.id,
                    session_id=session.id,
                ),
                unit,
            )


def withdraw(registration_id: UUID, unit: Unit) -> None:
    """Nothing still planned about this registration is sent any more; the same may be planned anew, as for a move and back."""
    planned = select(Message).where(col(Message.registration_id) == registration_id, col(Message.state) == "planned")
    for message in unit.session.exec(planned.order_by(col(Message.id)).with_for_update()):
        message.dedupe_key = f"{message.dedupe_key}:{message.id}"
        progress.skip(message, "cancelled", unit)
