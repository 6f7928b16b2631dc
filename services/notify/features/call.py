"""Calls in the place of texts: for people without a phone that takes texts, and for those who would rather be called.

A call is listed for the staff while there is something to say: until somebody was reached, it is too late, or the matter is off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import texts
from services.notify.features import Command
from services.notify.features.compose import FACTS, LANDLINE, NAME, PHONE
from services.notify.tables import Call, Carer, Contact, Message, Registration, Session
from shared.errors import NotFound
from shared.unit import Unit
from shared.web import phrase

GONE = phrase("这个电话不用打了：已经打通，或事情已经过去。")
MOST = 200


Outcome = Literal["reached", "unreachable"]


class NoteCall(Command):
    """Somebody called about this text's matter, and reached the person or not."""

    message_id: UUID
    outcome: Outcome
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class ToCall:
    """One call to make: whom, by which numbers, and what to say."""

    call: Call
    resident_id: UUID | None
    name: str
    numbers: Sequence[str]
    carers: Sequence[tuple[str, str]]
    words: str


def ask_for_call(message: Message, unit: Unit) -> None:
    """List a call in the place of a text that is not sent, if its matter is worth one and not over."""
    if message.purpose not in texts.CALLS or message.not_after <= unit.now:
        return
    facts = json.loads(unit.keys.decrypt(message.facts, FACTS))
    # Who has just signed up heard so at the counter; a place that came from the waitlist is news.
    if message.purpose == "place_confirmed" and facts.get("variant") != "from_waitlist":
        return
    unit.add(Call(message_id=message.id, asked_at=unit.now, call_by=message.not_after))


def note_call(command: NoteCall, unit: Unit) -> Call:
    """Write down that somebody called; who was not reached stays on the list."""
    call = unit.session.get(Call, command.message_id, with_for_update=True, populate_existing=True)
    if call is None or call.reached_at is not None:
        raise NotFound(GONE)
    call.tries, call.tried_at, call.tried_by = call.tries + 1, unit.now, command.staff_id
    call.reached_at = unit.now if command.outcome == "reached" else None
    return call


def list_calls(unit: Unit) -> list[ToCall]:
    """The calls to make, the most urgent first; what was called off since is left out."""
    found = (
        select(Call, Message, Registration, Session)
        .join(Message, col(Message.id) == col(Call.message_id))
        .outerjoin(Registration, col(Registration.id) == col(Message.registration_id))
        .outerjoin(Session, col(Session.id) == col(Message.session_id))
        .where(col(Call.reached_at).is_(None), col(Call.call_by) > unit.now)
        .order_by(col(Call.call_by), col(Call.message_id))
        .limit(MOST)
    )
    return [
        _to_call(call, message, unit)
        for call, message, registration, session in unit.session.exec(found)
        if not _is_off(message, registration, session)
    ]


def contact_of(resident_id: UUID, unit: Unit) -> Contact | None:
    """How the resident is reached now: of records made one, by the one that stays."""
    contact = unit.find(Contact, resident_id)
    while contact is not None and contact.merged_into is not None:
        contact = unit.find(Contact, contact.merged_into)
    return contact


def _is_off(message: Message, registration: Registration | None, session: Session | None) -> bool:
    needed = {"place_confirmed": "confirmed", "reminder_day": "confirmed", "place_offered": "offered"}.get(message.purpose)
    if needed is None or registration is None or session is None:
        return False
    return registration.state != needed or session.state == "cancelled"


def _to_call(call: Call, message: Message, unit: Unit) -> ToCall:
    contact = contact_of(message.resident_id, unit) if message.resident_id else None
    facts: texts.Facts = json.loads(unit.keys.decrypt(message.facts, FACTS))
    carers = (
        unit.session.exec(
            select(Contact)
            .join(Carer, col(Carer.carer_id) == col(Contact.resident_id))
            .where(col(Carer.elder_id) == contact.resident_id)
            .order_by(col(Contact.resident_id))
        ).all()
        if contact
        else []
    )
    return ToCall(
        call=call,
        resident_id=contact.resident_id if contact else None,
        name=_name(contact, unit) if contact else "",
        numbers=_numbers(contact, unit) if contact else (),
        carers=[(_name(carer, unit), number) for carer in carers for number in _numbers(carer, unit)],
        words=texts.spoken(message.purpose, facts, unit.now),
    )


def _name(contact: Contact, unit: Unit) -> str:
    return unit.keys.decrypt(contact.name, NAME) if contact.name else ""


def _numbers(contact: Contact, unit: Unit) -> list[str]:
    """Landline first: who has one is mostly at home."""
    kept = ((contact.landline, LANDLINE), (contact.phone, PHONE))
    return [unit.keys.decrypt(number, field) for number, field in kept if number]
