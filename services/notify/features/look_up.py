"""What staff see of texts: the outbox by state, one text's life, and the replies that wait for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, desc, func, select

from services.notify.domain import texts
from services.notify.domain.approvals import HOUSE
from services.notify.domain.lengths import signed
from services.notify.domain.outcomes import Family, State, family
from services.notify.domain.phones import masked
from services.notify.features.compose import FACTS, PHONE
from services.notify.features.send import WORDS
from services.notify.features.take_reply import WORDS as REPLY_WORDS
from services.notify.features.wordings import wordings
from services.notify.tables import Attempt, Contact, Message, Receipt, Reply, Session
from shared.unit import Unit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One text in the list; `number` is masked, empty when there is none."""

    message: Message
    number: str
    code: str
    family: Family | None

    @property
    def at(self) -> datetime:
        """When something last happened to it, or when it is due."""
        message = self.message
        return message.delivered_at or message.failed_at or message.skipped_at or message.accepted_at or message.due_at


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


def count_states(unit: Unit) -> dict[str, int]:
    """How many texts are in each state."""
    return dict(unit.session.exec(select(Message.state, func.count()).group_by(col(Message.state))).all())


def list_messages(unit: Unit, state: State | None, before: UUID | None) -> list[Line]:
    """A page of texts, newest plan first, of one state or of all; `before` is the last id of the page before."""
    wanted = select(Message).order_by(desc(col(Message.id))).limit(PAGE)
    if state is not None:
        wanted = wanted.where(col(Message.state) == state)
    if before is not None:
        wanted = wanted.where(col(Message.id) < before)
    return _lines(unit.session.exec(wanted).all(), unit)


def show_message(message_id: UUID, unit: Unit) -> Life:
    """One text's life. Raises `NotFound`."""
    message = unit.get(Message, message_id)
    (line,) = _lines([message], unit)
    attempts = unit.session.exec(select(Attempt).where(col(Attempt.message_id) == message.id).order_by(col(Attempt.number))).all()
    replies = unit.session.exec(select(Reply).where(col(Reply.prompt_id) == message.id).order_by(col(Reply.id))).all()
    cause, _, cause_id = message.cause.partition(" ")
    return Life(
        line=line,
        cause=cause,
        cause_id=cause_id,
        session=_title(message.session_id, unit),
        words=_words(message, attempts, unit),
        tries=[Try(attempt, family(attempt.code) if attempt.code else None, _receipts(attempt, unit)) for attempt in attempts],
        replies=[_said(reply, unit) for reply in replies],
    )


def list_open_replies(unit: Unit) -> list[Said]:
    """Replies that no rule could place and nobody has dealt with, oldest first."""
    waiting = select(Reply).where(col(Reply.needs_person), col(Reply.handled_at).is_(None)).order_by(col(Reply.id)).limit(PAGE)
    return [_said(reply, unit) for reply in unit.session.exec(waiting)]


def list_replies(unit: Unit) -> list[Said]:
    """The newest replies, whatever became of them."""
    return [_said(reply, unit) for reply in unit.session.exec(select(Reply).order_by(desc(col(Reply.id))).limit(PAGE))]


def _lines(messages: Sequence[Message], unit: Unit) -> list[Line]:
    residents = {message.resident_id for message in messages if message.resident_id}
    contacts = unit.session.exec(select(Contact).where(col(Contact.resident_id).in_(residents)))
    numbers = {contact.resident_id: contact.phone for contact in contacts}
    coded = select(Attempt).where(col(Attempt.message_id).in_([message.id for message in messages])).order_by(col(Attempt.number))
    codes = {attempt.message_id: attempt.code for attempt in unit.session.exec(coded)}
    return [
        Line(
            message=message,
            number=_masked(message.phone or (numbers.get(message.resident_id, "") if message.resident_id else ""), unit),
            code=codes.get(message.id, ""),
            family=family(codes[message.id]) if codes.get(message.id) else None,
        )
        for message in messages
    ]


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
    facts: texts.Facts = json.loads(unit.keys.decrypt(message.facts, FACTS))
    worded = wordings(unit).word(message.purpose, facts, unit.now, HOUSE)
    return signed(worded.text) if worded else ""


def _receipts(attempt: Attempt, unit: Unit) -> Sequence[Receipt]:
    return unit.session.exec(select(Receipt).where(col(Receipt.attempt_id) == attempt.id).order_by(col(Receipt.id))).all()


def _title(session_id: UUID | None, unit: Unit) -> str:
    session = unit.find(Session, session_id) if session_id else None
    return session.title if session else ""


def _masked(phone: str, unit: Unit) -> str:
    return masked(unit.keys.decrypt(phone, PHONE)) if phone else ""
