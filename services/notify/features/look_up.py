"""What staff see of one text, from what caused it to what was answered; and the replies that wait for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, desc, select

from services.notify.domain import texts
from services.notify.domain.approvals import HOUSE
from services.notify.domain.carrier_codes import Family
from services.notify.domain.lengths import signed
from services.notify.domain.phones import masked
from services.notify.features.claim import WORDS
from services.notify.features.compose import FACTS, PHONE
from services.notify.features.list_messages import PAGE, Line, family_of, lines_of
from services.notify.features.take_reply import WORDS as REPLY_WORDS
from services.notify.features.within import Limits, replies_within
from services.notify.features.wordings import wordings
from services.notify.tables import Attempt, Call, CallTry, Message, Receipt, Reply, Session
from shared.unit import Unit


@dataclass(frozen=True, slots=True)
class Said:
    """A reply with its words."""

    reply: Reply
    number: str
    words: str
    session: str


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt with what came of it."""

    attempt: Attempt
    family: Family | None
    receipts: Sequence[Receipt]


StepKind = Literal["tried", "receipt", "delivered", "failed", "skipped", "call", "called", "reply"]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a text: `it` is the attempt, receipt, call (asked for or made) or reply."""

    at: datetime
    kind: StepKind
    it: Try | Receipt | Call | CallTry | Said | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """A text from what caused it to what was answered. `in_doubt`: nobody is asked any more whether it went, staff decide."""

    line: Line
    cause: str
    cause_id: str
    session: str
    words: str
    in_doubt: bool
    steps: Sequence[Step]


def show_message(message_id: UUID, unit: Unit) -> Life:
    """One text's life. Raises `NotFound`."""
    message = unit.get(Message, message_id)
    (line,) = lines_of([message], unit)
    attempts = unit.session.exec(select(Attempt).where(col(Attempt.message_id) == message.id).order_by(col(Attempt.number))).all()
    replies = unit.session.exec(select(Reply).where(col(Reply.prompt_id) == message.id).order_by(col(Reply.id))).all()
    cause, _, cause_id = message.cause.partition(" ")
    return Life(
        line=line,
        cause=cause,
        cause_id=cause_id,
        session=_title(message.session_id, unit),
        words=_words(message, attempts, unit),
        in_doubt=any(attempt.outcome == "unknown" and attempt.ask_at is None for attempt in attempts),
        steps=_steps(message, [_try(attempt, unit) for attempt in attempts], [_said(reply, unit) for reply in replies], unit),
    )


def _steps(message: Message, tries: Sequence[Try], replies: Sequence[Said], unit: Unit) -> list[Step]:
    """What happened, in its order. Receipts are kept a while only: without them, the text itself knows how it ended."""
    steps = [Step(each.attempt.started_at, "tried", each) for each in tries]
    receipts = [Step(receipt.received_at, "receipt", receipt) for each in tries for receipt in each.receipts]
    steps += receipts
    if message.delivered_at and not receipts:
        steps.append(Step(message.delivered_at, "delivered"))
    elif message.failed_at and not receipts:
        steps.append(Step(message.failed_at, "failed"))
    if message.skipped_at:
        steps.append(Step(message.skipped_at, "skipped"))
    call = unit.find(Call, message.id)
    if call is not None:
        steps.append(Step(call.asked_at, "call", call))
        tries_of = select(CallTry).where(col(CallTry.message_id) == message.id).order_by(col(CallTry.id))
        steps += [Step(tried.at, "called", tried) for tried in unit.session.exec(tries_of)]
    steps += [Step(said.reply.received_at, "reply", said) for said in replies]
    return sorted(steps, key=lambda step: step.at)


def list_replies(unit: Unit, limits: Limits) -> list[Said]:
    """The newest replies, whatever became of them."""
    newest = select(Reply).where(replies_within(limits)).order_by(desc(col(Reply.id))).limit(PAGE)
    return [_said(reply, unit) for reply in unit.session.exec(newest)]


def _said(reply: Reply, unit: Unit) -> Said:
    words = unit.keys.decrypt(reply.words, REPLY_WORDS) if reply.words else ""
    return Said(reply, _masked(reply.phone, unit), words, _title(reply.session_id, unit))


def _words(message: Message, attempts: Sequence[Attempt], unit: Unit) -> str:
    """What was sent; before that, what would be sent now. Empty for a log-in code that is over, and for somebody forgotten."""
    sent = [attempt.words for attempt in attempts if attempt.words]
    if sent:
        return signed(unit.keys.decrypt(sent[-1], WORDS))
    if message.category == "code" or not message.facts:
        return ""
    facts: texts.Facts = json.loads(unit.keys.decrypt(message.facts, FACTS)) | {"mark": message.mark}
    worded = wordings(unit).word(message.purpose, facts, unit.now, HOUSE)
    return signed(worded.text) if worded else ""


def _try(attempt: Attempt, unit: Unit) -> Try:
    return Try(attempt, family_of(attempt), _receipts(attempt, unit))


def _receipts(attempt: Attempt, unit: Unit) -> Sequence[Receipt]:
    return unit.session.exec(select(Receipt).where(col(Receipt.attempt_id) == attempt.id).order_by(col(Receipt.id))).all()


def _title(session_id: UUID | None, unit: Unit) -> str:
    session = unit.find(Session, session_id) if session_id else None
    return session.title if session else ""


def _masked(phone: str, unit: Unit) -> str:
    return masked(unit.keys.decrypt(phone, PHONE)) if phone else ""
