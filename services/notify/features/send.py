"""Send one text, at most once: claimed and written down in one transaction, handed over in none, its outcome kept in another.

Whoever dies between the first and the last leaves the text `sending`. When its job is claimed again the lease has passed, so the
text becomes `unknown`: it may have gone, and only the carrier can tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import hours, lengths, limits, texts
from services.notify.features import progress
from services.notify.features.call import ask_for_call, contact_of
from services.notify.features.choose import wants_texts
from services.notify.features.compose import FACTS, PHONE
from services.notify.features.prompts import mark_of
from services.notify.features.wordings import Worded, wordings
from services.notify.gateways import Accepted, Answer, Refused, SmsGateway, Text
from services.notify.tables import Attempt, Contact, Message, Registration, Session
from shared.event import new_id
from shared.jobs import Begin
from shared.unit import Unit

WORDS = "attempt.words"
LEASE = timedelta(seconds=60)
LOOK_FOR_WORDING = timedelta(minutes=10)
"""How often a text that has no approved wording looks whether there is one now."""

NEEDS = {
    "place_confirmed": "confirmed",
    "reminder_day": "confirmed",
    "reminder_hours": "confirmed",
    "place_waitlisted": "waitlisted",
}
"""The state a registration must still be in for a text about it to be true."""


def send(key: str, begin: Begin, carrier: SmsGateway) -> None:
    """Make the attempt that `key` (`message id/attempt number`) names."""
    message_id, number = UUID(key.partition("/")[0]), int(key.partition("/")[2])
    with begin() as unit:
        ready = claim(message_id, number, carrier.name, unit)
    for out_id, answer in carrier.send([ready] if ready else []):
        with begin() as unit:
            settle(message_id, out_id, answer, unit)


def claim(message_id: UUID, number: int, carrier: str, unit: Unit) -> Text | None:
    """Take the text for its attempt `number` if it may go now. Else it waits, is skipped, or its sender died."""
    message = unit.lock(Message, message_id)
    if message.state == "sending" and number == message.attempts:
        progress.lose(message, _open_attempt(message, unit), unit)
    if message.state != "planned" or number != message.attempts + 1:
        return None
    if message.due_at > unit.now:
        unit.later(message.job_kind, message.next_attempt, message.due_at)
        return None
    known = contact_of(message.resident_id, unit) if message.resident_id else None
    contact = unit.lock(Contact, known.resident_id) if known is not None else None
    phone, fingerprint = (
        (message.phone, message.phone_fingerprint) if contact is None else (contact.phone, contact.phone_fingerprint)
    )
    for reason, holds in _reasons(message, contact, phone):
        if holds(unit):
            if reason in ("no_phone", "called_instead"):
                ask_for_call(message, unit)
            progress.skip(message, reason, unit)
            return None
    held = _held(message, fingerprint, unit)
    if held is not None:
        progress.try_again(message, *held, unit)
        return None
    message.mark = mark_of(message, fingerprint, unit)
    facts: texts.Facts = json.loads(unit.keys.decrypt(message.facts, FACTS)) | {"mark": message.mark}
    worded = wordings(unit).word(message.purpose, facts, unit.now, carrier)
    if worded is None:
        progress.try_again(message, unit.now + LOOK_FOR_WORDING, "template", unit)
        return None
    return _attempt(message, carrier, phone, fingerprint, worded, unit)


def settle(message_id: UUID, out_id: UUID, answer: Answer, unit: Unit) -> None:
    """Write down what the carrier answered; None is no answer."""
    message, attempt = unit.lock(Message, message_id), unit.lock(Attempt, out_id)
    match answer:
        case Accepted(reference):
            progress.accept(message, attempt, reference, unit)
        case Refused(code):
            progress.refuse(message, attempt, code, unit)
        case None:
            progress.lose(message, attempt, unit)


def end_abandoned(unit: Unit) -> None:
    """Texts whose sender died, and whose job nobody claimed again, become unknown: the carrier is asked about them."""
    abandoned = unit.cursor().execute(
        """SELECT id FROM message WHERE state = 'sending' AND lease_until < now() - interval '1 minute'
           ORDER BY id FOR UPDATE SKIP LOCKED"""
    )
    for (message_id,) in abandoned.fetchall():
        message = unit.lock(Message, message_id)
        progress.lose(message, _open_attempt(message, unit), unit)


def _reasons(message: Message, contact: Contact | None, phone: str) -> list[tuple[progress.SkipReason, Callable[[Unit], bool]]]:
    """Why a text is not sent at all, the strongest reason first."""
    asks_leave_to_text = message.category != "code" and message.purpose != "answer"
    asks_leave = message.category not in limits.URGENT and message.purpose != "answer"
    return [
        ("cancelled", lambda unit: _is_off(message, unit)),
        ("called_instead", lambda _: asks_leave_to_text and contact is not None and contact.calls),
        ("no_phone", lambda _: not phone),
        ("opted_out", lambda unit: asks_leave and contact is not None and not wants_texts(contact, message.category, unit)),
        ("expired", lambda unit: unit.now > message.not_after),
    ]


def _is_off(message: Message, unit: Unit) -> bool:
    needed = NEEDS.get(message.purpose)
    if needed is None or message.registration_id is None or message.session_id is None:
        return False
    return (
        unit.get(Registration, message.registration_id).state != needed
        or unit.get(Session, message.session_id).state == "cancelled"
    )


def _held(message: Message, fingerprint: str, unit: Unit) -> tuple[datetime, progress.Hold] | None:
    """Until when the text has to wait, and for what."""
    exempt, reminder = message.category in limits.URGENT, message.purpose.startswith("reminder_")
    morning = hours.next_civil(unit.now) if reminder else hours.earliest(unit.now, exempt=exempt, event_at=message.not_after)
    if morning > unit.now:
        return morning, "night"
    unit.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (fingerprint,))
    free_at = limits.free_at(message.category, _taken(message, fingerprint, unit), unit.now)
    return (free_at, "limit") if free_at is not None else None


def _taken(message: Message, fingerprint: str, unit: Unit) -> list[datetime]:
    """When texts of this category went, or may have gone, to this number."""
    return list(
        unit.session.exec(
            select(Attempt.started_at).where(
                col(Attempt.phone_fingerprint) == fingerprint,
                col(Attempt.category) == message.category,
                col(Attempt.started_at) > unit.now - limits.LONGEST,
                col(Attempt.outcome).in_(("open", "accepted", "unknown")),
            )
        )
    )


def _attempt(message: Message, carrier: str, phone: str, fingerprint: str, worded: Worded, unit: Unit) -> Text:
    """Write the attempt down: from the commit of this on, the text may have gone."""
    text = worded.text
    message.template_version = worded.version
    message.attempts += 1
    message.state, message.held_for, message.parts = "sending", "", lengths.parts(text)
    message.phone_fingerprint = fingerprint
    message.lease_until = _database_now(unit) + LEASE
    attempt = Attempt(
        id=new_id(),
        message_id=message.id,
        number=message.attempts,
        carrier=carrier,
        category=message.category,
        phone_fingerprint=fingerprint,
        words=unit.keys.encrypt(text, WORDS),
        started_at=unit.now,
    )
    unit.add(attempt)
    return Text(attempt.id, unit.keys.decrypt(phone, PHONE), text, worded.code, worded.values)


def _open_attempt(message: Message, unit: Unit) -> Attempt:
    return unit.session.exec(
        select(Attempt).where(col(Attempt.message_id) == message.id, col(Attempt.outcome) == "open").with_for_update()
    ).one()


def _database_now(unit: Unit) -> datetime:
    """The database's clock, by which leases run: the demo's clock jumps."""
    row = unit.cursor().execute("SELECT now()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now
