"""Ask somebody why they did not come: once in a while, and nothing follows from the answer but that it is known."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from services.notify.features import Command
from services.notify.features.call import contact_of
from services.notify.features.compose import Compose, compose, facts_of
from services.notify.tables import Contact, Message, Registration, Session
from shared.unit import Unit

AT_MOST_EVERY = timedelta(days=30)
"""A person is asked once in this time, however often they did not come."""
WORTH_ASKING = timedelta(days=3)
"""How long after a session was closed the question still makes sense."""


class AskWhyMissed(Command):
    """The holder of `registration_id` did not come."""

    registration_id: UUID


def ask_why_missed(command: AskWhyMissed, unit: Unit) -> Message | None:
    """Plan the question, unless the person was asked lately."""
    registration = unit.get(Registration, command.registration_id)
    session = unit.get(Session, registration.session_id)
    asked = select(Message.id).where(
        col(Message.resident_id).in_(_records_of(registration.resident_id, unit)),
        col(Message.purpose) == "missed_you",
        col(Message.state) != "skipped",
        col(Message.planned_at) > unit.now - AT_MOST_EVERY,
    )
    if unit.session.exec(asked.limit(1)).first() is not None:
        return None
    return compose(
        Compose(
            purpose="missed_you",
            subject=registration.id,
            facts=facts_of(session),
            not_after=unit.now + WORTH_ASKING,
            resident_id=registration.resident_id,
            registration_id=registration.id,
            session_id=session.id,
        ),
        unit,
    )


def _records_of(resident_id: UUID, unit: Unit) -> set[UUID]:
    """The ids the same person is known by."""
    contact = contact_of(resident_id, unit)
    one = contact.resident_id if contact is not None else resident_id
    merged = select(Contact.resident_id).where(col(Contact.merged_into) == one)
    return {one, resident_id, *unit.session.exec(merged)}
