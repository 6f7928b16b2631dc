"""Ask the carrier, by our own number, what became of an attempt that it never answered, or whose receipt is missing."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.notify.domain import outcomes
from services.notify.features import progress
from services.notify.features.call import contact_of
from services.notify.features.compose import PHONE
from services.notify.gateways import Found, NotFound, SmsGateway, Unanswered
from services.notify.tables import Attempt, Message
from shared.jobs import Begin
from shared.unit import Unit


def ask_carrier(key: str, begin: Begin, carriers: Mapping[str, SmsGateway]) -> None:
    """Ask its carrier about the attempt with this id, unless it is known by now."""
    out_id = UUID(key)
    with begin() as unit:
        attempt = unit.get(Attempt, out_id)
        message = unit.get(Message, attempt.message_id)
        if not _is_open(message, attempt):
            return
        contact = contact_of(message.resident_id, unit) if message.resident_id else None
        kept = message.phone or (contact.phone if contact else "")
        phone = unit.keys.decrypt(kept, PHONE) if kept else ""
    try:
        answer: Found | NotFound | None = carriers[attempt.carrier].query(
            out_id, phone=phone, sent_at=attempt.started_at, reference=attempt.reference
        )
    except Unanswered:
        answer = None
    with begin() as unit:
        learn(out_id, answer, unit)


def learn(out_id: UUID, answer: Found | NotFound | None, unit: Unit) -> None:
    """Write down what the carrier knows of the attempt; None is no answer."""
    message_id = unit.get(Attempt, out_id).message_id
    message, attempt = unit.lock(Message, message_id), unit.lock(Attempt, out_id)
    if not _is_open(message, attempt):
        return
    match answer:
        case Found(reference, "accepted", _):
            if attempt.outcome == "unknown":
                progress.accept(message, attempt, reference, unit)
            else:
                _look_again(attempt, unit)
        case Found(reference, status, code):
            progress.report(message, attempt, status == "delivered", code, reference, unit)
        case _ if attempt.outcome == "accepted":
            _look_again(attempt, unit)
        case NotFound() if attempt.asks == len(outcomes.ASK_AFTER) - 1:
            progress.never_sent(message, attempt, unit)
        case _:
            attempt.asks = min(attempt.asks + 1, len(outcomes.ASK_AFTER) - 1)
            unit.later("resolve", attempt.id, unit.now + outcomes.ASK_AFTER[attempt.asks])


def _is_open(message: Message, attempt: Attempt) -> bool:
    return attempt.outcome == "unknown" or (attempt.outcome == "accepted" and message.state == "accepted")


def _look_again(attempt: Attempt, unit: Unit) -> None:
    """The receipt is still missing; after the last look the text stays accepted."""
    attempt.asks += 1
    if attempt.asks < len(outcomes.LOOK_AFTER):
        unit.later("look", attempt.id, unit.now + outcomes.LOOK_AFTER[attempt.asks])
