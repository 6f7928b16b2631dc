"""Plan a text: what it is filled with, whom it goes to, when it may go and until when it makes sense."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import hours, limits, texts
from services.notify.features import Command
from services.notify.features.house_rules import hours_in_force
from services.notify.tables import Message, Session
from shared.contracts.notify import Category, Purpose
from shared.unit import Unit

FACTS = "message.facts"
PHONE, LANDLINE, NAME, NEIGHBOURHOOD = "phone", "contact.landline", "contact.name", "contact.neighbourhood"
"""What encrypted values and fingerprints are bound to; one for all numbers, so that they can be compared across tables."""


class Compose(Command):
    """A text about `subject`, sent once per resident and `slot`. Without `due_at` it goes as soon as the hour allows.

    `phone` (already encrypted, with its fingerprint) is given only for texts to a number that no contact has to know.
    """

    purpose: Purpose
    category: Category = "service"
    subject: UUID
    slot: str = ""
    facts: texts.Facts
    not_after: datetime
    due_at: datetime | None = None
    resident_id: UUID | None = None
    registration_id: UUID | None = None
    session_id: UUID | None = None
    phone: str = ""
    phone_fingerprint: str = ""
    batch_id: UUID | None = None


def compose(command: Compose, unit: Unit) -> Message:
    """Write the text down and ask for it to be sent when due; asked twice for the same, it is planned once."""
    dedupe_key = f"{command.purpose}:{command.subject}:{command.resident_id or ''}:{command.slot}"
    planned = unit.session.exec(select(Message).where(col(Message.dedupe_key) == dedupe_key)).one_or_none()
    if planned is not None:
        return planned
    message = Message(
        dedupe_key=dedupe_key,
        cause=f"{unit.cause.type} {unit.cause.id}" if unit.cause else "",
        facts=unit.keys.encrypt(json.dumps(command.facts), FACTS),
        planned_at=unit.now,
        due_at=command.due_at or _earliest(command, unit),
        priority=limits.rank_of(command.purpose, command.category),
        **command.model_dump(exclude={"subject", "slot", "facts", "due_at"}),
    )
    unit.add(message)
    unit.wake()
    return message


def _earliest(command: Compose, unit: Unit) -> datetime:
    exempt, open_hours = command.category in limits.URGENT, hours.hours_of(command.category, hours_in_force(unit))
    return hours.earliest(unit.now, exempt=exempt, event_at=command.not_after, hours=open_hours)


def facts_of(session: Session) -> texts.Facts:
    """What texts say of a session."""
    topic = session.topic_title if session.topic_title != session.title else ""
    return {"title": session.title, "topic": topic, "starts_at": session.starts_at.isoformat(), "place": session.place}
