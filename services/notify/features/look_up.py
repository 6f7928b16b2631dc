"""What staff see of one text, from what caused it to what was answered; and the replies that wait for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
from services.notify.features.wordings import wordings
from services.notify.tables import Attempt, Call, Message, Receipt, Reply, Session
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


@dataclass(frozen=True, slots=True)
class Life:
    """A text from what caused it to what was answered."""

    line: Line
    cause: str
    cause_id: str
    session: str
    words: str
    tries: Sequence[Try]
    replies: Sequence[Said]
    call: Call | None

    @property
    def reported(self) -> bool:
        """Whether receipts tell how it ended; they are kept a while only, and what was asked for comes without."""
        return any(each.receipts for each in self.tries)


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
        tries=[_try(attempt, unit) for attempt in attempts],
        replies=[_said(reply, unit) for reply in replies],
        call=unit.find(Call, message.id),
    )


def list_open_replies(unit: Unit) -> list[Said]:
    """Replies that no rule could place and nobody has dealt with, oldest first."""
    waiting = select(Reply).where(col(Reply.needs_person), col(Reply.handled_at).is_(None)).order_by(col(Reply.id)).limit(PAGE)
    return [_said(reply, unit) for reply in unit.session.exec(waiting)]


def list_replies(unit: Unit) -> list[Said]:
    """The newest replies, whatever became of them."""
    return [_said(reply, unit) for reply in unit.session.exec(select(Reply).order_by(desc(col(Reply.id))).limit(PAGE))]


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
