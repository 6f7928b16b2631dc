"""Calls in the place of texts: for people whom no text reaches, and for those who would rather be called.

A call is listed for the staff while there is something to say: until somebody was reached, it is too late, or the matter is off.
What is said on the phone counts as the same said by text. Who cannot be reached that way is, where it matters, told at the door.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select

from services.notify.domain import calls, texts
from services.notify.domain.calls import CallOutcome
from services.notify.features import Command
from services.notify.features.choose import Choose, choose, wants_calls
from services.notify.features.compose import FACTS, LANDLINE, NAME, PHONE
from services.notify.features.go_to_door import Why, ask_to_go
from services.notify.features.within import Limits, texts_within
from services.notify.tables import Call, CallTry, Carer, Contact, Message, Registration, Session
from shared.contracts.notify import CallMade, FellBack, ReplyReceived
from shared.errors import Invalid, NotFound
from shared.event import new_id
from shared.unit import Unit
from shared.web import phrase

GONE = phrase("这个电话不用打了：已经打通，或事情已经过去。")
PAST = phrase("再打的时间要在现在以后、最晚时间以前。")
NO_QUESTION = phrase("这件事不用问来不来，请选“说到了”。")
MOST = 200


class NoteCall(Command):
    """Somebody called about this text's matter; `again_at`: when to call again, where that was said."""

    message_id: UUID
    outcome: CallOutcome
    staff_id: UUID
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToCall:
    """One call to make: whom, by which numbers, and what to say; `asks`: whether they come is asked."""

    call: Call
    resident_id: UUID | None
    name: str
    numbers: Sequence[str]
    carers: Sequence[tuple[str, str]]
    words: str
    asks: bool
    tries: Sequence[CallTry]


def ask_for_call(message: Message, why: Why, unit: Unit) -> None:
    """List a call in the place of a text that does not arrive, if its matter is worth one and not over."""
    if message.purpose not in texts.CALLS or message.not_after <= unit.now:
        return
    facts = json.loads(unit.keys.decrypt(message.facts, FACTS))
    # Who has just signed up heard so at the counter; a place that came from the waitlist is news.
    if message.purpose == "place_confirmed" and facts.get("variant") != "from_waitlist":
        return
    contact = contact_of(message.resident_id, unit) if message.resident_id else None
    if contact is not None and not wants_calls(contact, unit):
        if message.category == "critical":
            ask_to_go(message, "no_calls", unit)
        return
    unit.add(Call(message_id=message.id, asked_at=unit.now, call_by=message.not_after, why=why))
    unit.emit(FellBack(message_id=message.id, resident_id=message.resident_id, purpose=message.purpose, step="call", why=why))


def note_call(command: NoteCall, unit: Unit) -> Call:
    """Write down what came of a call; what the person said of their place is told as their answer."""
    call = unit.session.get(Call, command.message_id, with_for_update=True, populate_existing=True)
    if call is None or call.ended_at is not None:
        raise NotFound(GONE)
    message = unit.get(Message, call.message_id)
    if command.again_at is not None and not unit.now < command.again_at < call.call_by:
        raise Invalid(PAST)
    if command.outcome in calls.COMMANDS and not _asks(message):
        raise Invalid(NO_QUESTION)
    tried = CallTry(
        id=new_id(), message_id=call.message_id, at=unit.now, staff_id=command.staff_id, outcome=command.outcome,
        again_at=_again_at(command, unit.now),
    )  # fmt: skip
    unit.add(tried)
    call.tries, call.tried_at, call.tried_by = call.tries + 1, unit.now, command.staff_id
    call.misses += command.outcome in calls.NOT_REACHED
    call.again_at = tried.again_at
    if command.outcome not in calls.STAYS or call.misses >= calls.TRIES:
        call.ended_at, call.again_at = unit.now, None
    _act(command, call, message, tried, unit)
    unit.emit(CallMade(message_id=message.id, purpose=message.purpose, outcome=command.outcome, tries=call.tries))
    return call


def list_calls(unit: Unit, limits: Limits | None = None) -> list[ToCall]:
    """The calls to make, those to make now first, then the most urgent; what was called off or has arrived since is left out."""
    found = (
        select(Call, Message, Registration, Session)
        .join(Message, col(Message.id) == col(Call.message_id))
        .outerjoin(Registration, col(Registration.id) == col(Message.registration_id))
        .outerjoin(Session, col(Session.id) == col(Message.session_id))
        .where(
            col(Call.ended_at).is_(None),
            col(Call.call_by) > unit.now,
            col(Message.state) != "delivered",
            texts_within(limits or {}),
        )
        .order_by(
            or_(col(Call.again_at).is_(None), col(Call.again_at) <= unit.now).desc(), col(Call.call_by), col(Call.message_id)
        )
        .limit(MOST)
    )
    return [
        _to_call(call, message, unit)
        for call, message, registration, session in unit.session.exec(found)
        if not is_off(message, registration, session)
    ]


def contact_of(resident_id: UUID, unit: Unit) -> Contact | None:
    """How the resident is reached now: of records made one, by the one that stays."""
    contact = unit.find(Contact, resident_id)
    while contact is not None and contact.merged_into is not None:
        contact = unit.find(Contact, contact.merged_into)
    return contact


def is_off(message: Message, registration: Registration | None, session: Session | None) -> bool:
    """Whether what the text says is no longer so: the place or the session has gone."""
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
        name=name_of(contact, unit) if contact else "",
        numbers=_numbers(contact, unit) if contact else (),
        carers=[(name_of(carer, unit), number) for carer in carers for number in _numbers(carer, unit)],
        words=texts.spoken(message.purpose, facts, unit.now),
        asks=_asks(message),
        tries=unit.session.exec(
            select(CallTry).where(col(CallTry.message_id) == call.message_id).order_by(col(CallTry.id))
        ).all(),
    )


def _asks(message: Message) -> bool:
    """Whether the matter is one that can be answered: a place in a session."""
    return message.registration_id is not None and message.purpose != "session_cancelled"


def _again_at(command: NoteCall, now: datetime) -> datetime | None:
    after = calls.AGAIN_AFTER.get(command.outcome)
    return command.again_at or (now + after if after is not None else None)


def _act(command: NoteCall, call: Call, message: Message, tried: CallTry, unit: Unit) -> None:
    """What follows from the call: an answer told, a choice kept, or the next way tried."""
    meaning = calls.COMMANDS.get(command.outcome)
    if meaning is not None and message.resident_id is not None:
        unit.emit(
            ReplyReceived(
                reply_id=tried.id,
                resident_id=message.resident_id,
                meaning=meaning,
                registration_id=message.registration_id,
                session_id=message.session_id,
                channel="call",
            )
        )
    if command.outcome == "no_more_calls" and message.resident_id is not None:
        contact = contact_of(message.resident_id, unit)
        if contact is not None:
            wish = {"category": "calls", "wanted": False, "channel": "staff", "proof": command.staff_id}
            choose(Choose.model_validate({"resident_id": contact.resident_id, **wish}), unit)
    if command.outcome == "wrong_number":
        ask_to_go(message, "wrong_number", unit)
    elif call.misses >= calls.TRIES and command.outcome in calls.NOT_REACHED:
        ask_to_go(message, "not_reached", unit)


def name_of(contact: Contact, unit: Unit) -> str:
    """What the resident is called; empty when it is not known."""
    return unit.keys.decrypt(contact.name, NAME) if contact.name else ""


def _numbers(contact: Contact, unit: Unit) -> list[str]:
    """Landline first: who has one is mostly at home."""
    kept = ((contact.landline, LANDLINE), (contact.phone, PHONE))
    return [unit.keys.decrypt(number, field) for number, field in kept if number]
