"""Several reminders of one person become one text when they are about the same day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import texts
from services.notify.domain.hours import SHANGHAI, TOGETHER
from services.notify.features import group, progress
from services.notify.features.compose import Compose, compose, facts_of
from services.notify.tables import Message, Registration, Session
from shared.unit import Unit

MERGED = ("reminder_day", "reminder_hours")
VARIANTS = {2: "two", 3: "three"}
"""The wordings there are, by how many sessions they name."""

Planned = tuple[Message, Session]


def merge_reminders(going: Sequence[Message], unit: Unit) -> list[Message]:
    """Those of `going` that stay texts of their own. Of the others, and what was to follow them that day, one text is planned."""
    reminders = [message for message in going if message.purpose in MERGED and message.registration_id is not None]
    residents = {message.resident_id for message in reminders if message.resident_id is not None}
    if not residents:
        return list(going)
    gone: set[UUID] = set()
    for together in _together(reminders, residents, unit):
        _plan_one(together, unit)
        gone |= {message.id for message, _ in together}
        group.save([message for message, _ in together if message not in going], [], unit)
    return [message for message in going if message.id not in gone]


def _together(reminders: Sequence[Message], residents: set[UUID], unit: Unit) -> list[list[Planned]]:
    """The reminders that become one text, each list in the order of their sessions and led by one that is due."""
    due = {message.id: message for message in reminders}
    found = (
        select(Message, Session)
        .join(Session, col(Session.id) == col(Message.session_id))
        .join(Registration, col(Registration.id) == col(Message.registration_id))
        .where(
            col(Message.resident_id).in_(residents),
            col(Message.purpose).in_(MERGED),
            col(Message.state) == "planned",
            col(Registration.state) == "confirmed",
            col(Session.state) == "scheduled",
            col(Session.starts_at) > unit.now,
        )
        .order_by(col(Message.resident_id), col(Message.purpose), col(Session.starts_at), col(Message.id))
        .with_for_update(of=Message, skip_locked=True)
    )
    planned = [(due.get(message.id, message), session) for message, session in unit.session.exec(found).all()]
    for message, _ in planned:
        if message in unit.session:
            unit.session.expunge(message)
    lists = []
    for _, of_one in groupby(planned, key=lambda it: (it[0].resident_id, it[0].purpose)):
        rest = list(of_one)
        while rest:
            lead = next((number for number, (message, _) in enumerate(rest) if message.id in due), None)
            if lead is None:
                break
            together = [rest[lead], *(it for it in rest[lead + 1 :] if _belongs(it, rest[lead]))][: max(VARIANTS)]
            if len(together) > 1:
                lists.append(together)
            taken = {message.id for message, _ in together}
            rest = [it for it in rest[lead + 1 :] if it[0].id not in taken]
    return lists


def _belongs(other: Planned, lead: Planned) -> bool:
    """Whether both are of one day, and, for the reminder of the day itself, start close to each other."""
    first, second = lead[1].starts_at.astimezone(SHANGHAI), other[1].starts_at.astimezone(SHANGHAI)
    within = TOGETHER if lead[0].purpose == "reminder_hours" else timedelta(days=1)
    return first.date() == second.date() and second - first <= within


def _plan_one(together: Sequence[Planned], unit: Unit) -> None:
    lead, session = together[0]
    facts: texts.Facts = facts_of(session) | {"topic": "", "variant": VARIANTS[len(together)]}
    for number, (_, other) in enumerate(together[1:], start=2):
        facts |= {
            f"title{number}": other.title,
            f"starts_at{number}": other.starts_at.isoformat(),
            f"place{number}": other.place,
        }
    for message, _ in together:
        progress.skip(message, "merged", unit)
    assert lead.resident_id is not None
    compose(
        Compose(
            purpose=lead.purpose,
            subject=lead.id,
            slot="merged",
            facts=facts,
            due_at=unit.now,
            not_after=min(message.not_after for message, _ in together),
            resident_id=lead.resident_id,
        ),
        unit,
    )
