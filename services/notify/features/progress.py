"""How a text moves on: each news of it is written down and told once, whatever order the news comes in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.notify.domain import carrier_codes, outcomes
from services.notify.domain.outcomes import State
from services.notify.tables import Attempt, Message
from shared.contracts.notify import MessageSkipped
from shared.unit import Unit

SkipReason = Literal["opted_out", "expired", "no_phone", "cancelled", "called_instead", "merged", "stopped"]
Hold = Literal["night", "limit", "carrier", "template", "broken"]


def accept(message: Message, attempt: Attempt, reference: str, unit: Unit) -> None:
    """The carrier has taken the text."""
    if attempt.outcome in ("open", "unknown"):
        attempt.outcome, attempt.ended_at = "accepted", attempt.ended_at or unit.now
        attempt.reference, attempt.asks, attempt.ask_at = reference, 0, unit.now + outcomes.LOOK_AFTER[0]
    if message.accepted_at is None:
        message.accepted_at = unit.now
        unit.emit(message.sent(attempt.carrier))
    _move(message, attempt, "accepted")


def report(message: Message, attempt: Attempt, arrived: bool, code: str, reference: str, unit: Unit) -> None:
    """The carrier says how it ended, which also says that it had taken the text. Arrived beats whatever else is said."""
    accept(message, attempt, reference, unit)
    attempt.ask_at = None
    if arrived and message.delivered_at is None:
        message.delivered_at = unit.now
        unit.emit(message.delivered(attempt.carrier))
    elif not arrived and message.delivered_at is None:
        attempt.code = code
        _fail(message, attempt, code, unit)
    _move(message, attempt, "delivered" if arrived else "failed")


def refuse(message: Message, attempt: Attempt, code: str, unit: Unit, *, elsewhere: bool = False) -> None:
    """The carrier has not taken the text: it goes `elsewhere` at once, or later if the carrier is only busy, else never."""
    if attempt.outcome not in ("open", "unknown"):
        return
    attempt.outcome, attempt.ended_at, attempt.code, attempt.ask_at = "refused", unit.now, code, None
    if elsewhere:
        try_again(message, unit.now, "carrier", unit)
    elif carrier_codes.family(attempt.carrier, code) is carrier_codes.Family.BUSY:
        try_again(message, unit.now + outcomes.try_again_after(message.attempts), "carrier", unit)
    else:
        _fail(message, attempt, code, unit)
        _move(message, attempt, "failed")


def lose(message: Message, attempt: Attempt, unit: Unit) -> None:
    """Nobody knows whether the text went: the carrier is asked about it, and nothing is sent meanwhile."""
    if attempt.outcome != "open":
        return
    attempt.outcome, attempt.ended_at = "unknown", unit.now
    message.state, message.lease_until = "unknown", None
    _forget_code(message, attempt)
    attempt.ask_at = unit.now + outcomes.ASK_AFTER[0]
    unit.emit(message.unknown(attempt.carrier))


def never_sent(message: Message, attempt: Attempt, unit: Unit) -> None:
    """The carrier is certain not to have the text: it goes again, except a log-in code, which is too old by now."""
    attempt.outcome, attempt.code, attempt.ask_at = "not_sent", "not_sent", None
    if message.category == "code":
        _fail(message, attempt, attempt.code, unit)
        _move(message, attempt, "failed")
    else:
        try_again(message, unit.now, "", unit)


def give_up_asking(message: Message, attempt: Attempt, unit: Unit) -> None:
    """Nobody will ever know: the text goes once more where that does no harm, else it stays for the staff to decide about."""
    attempt.ask_at = None
    again = message.purpose in outcomes.SENT_AGAIN and message.category != "code" and message.attempts == attempt.number == 1
    if again:
        attempt.outcome, attempt.code = "doubtful", "doubtful"
        try_again(message, unit.now, "", unit)


def try_again(message: Message, due_at: datetime, held_for: Hold | Literal[""], unit: Unit) -> None:
    """Plan the next attempt, unless it would come too late."""
    if due_at > message.not_after:
        skip(message, "expired", unit)
        return
    message.state, message.lease_until, message.due_at, message.held_for = "planned", None, due_at, held_for
    unit.wake()


def skip(message: Message, reason: SkipReason, unit: Unit) -> None:
    """The text is not sent, for a reason."""
    message.state, message.lease_until, message.skipped_at, message.skip_reason = "skipped", None, unit.now, reason
    _forget_code(message)
    unit.emit(MessageSkipped(message_id=message.id, resident_id=message.resident_id, purpose=message.purpose, reason=reason))


def _fail(message: Message, attempt: Attempt, code: str, unit: Unit) -> None:
    if message.failed_at is None:
        message.failed_at = unit.now
        unit.emit(message.failed(attempt.carrier, code))


def _move(message: Message, attempt: Attempt, news: State) -> None:
    message.state = outcomes.higher(message.state, news)
    message.lease_until, message.held_for = None, ""
    _forget_code(message, attempt)


def _forget_code(message: Message, *attempts: Attempt) -> None:
    """A log-in code that went out, or never will, is kept nowhere."""
    if message.category == "code":
        message.facts = ""
        for attempt in attempts:
            attempt.words = ""
