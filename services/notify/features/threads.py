"""What somebody and we have texted each other, as one thread per number; and the threads in which a person is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, desc, select

from services.notify.domain.phones import masked
from services.notify.features.call import contact_of, name_of
from services.notify.features.claim import WORDS
from services.notify.features.compose import PHONE
from services.notify.features.take_reply import WORDS as REPLY_WORDS
from services.notify.features.within import Limits, replies_within
from services.notify.tables import Attempt, CallTry, Message, Reply, Session
from shared.contracts.notify import ThreadRead
from shared.unit import Unit

READERS = ("clerk", "nurse")
"""Who may read what residents are texted and write; others see that they do."""
PAGE = 100
LINES = 200
OVERDUE_AFTER = timedelta(hours=4)
"""How long somebody may wait for a person by day before it is marked."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread in which somebody waits: its newest open reply, since when, how many are open, and who sees to it."""

    reply: Reply
    number: str
    words: str
    session: str
    asked_at: datetime
    open: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One text of the thread, or one call; `theirs`: the person's. `state` is that of a text of ours."""

    at: datetime
    id: UUID
    theirs: bool
    words: str
    purpose: str = ""
    state: str = ""
    message_id: UUID | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread that a reply belongs to; `open`: its replies that wait for a person, the oldest first."""

    reply: Reply
    number: str
    name: str
    lines: Sequence[Line]
    open: Sequence[Reply]

    @property
    def taken_by(self) -> UUID | None:
        """Who sees to it."""
        return next((reply.taken_by for reply in self.open if reply.taken_by), None)


def open_replies(fingerprint: str, unit: Unit) -> Sequence[Reply]:
    """The number's replies that wait for a person, the oldest first; locked, so that one of two who act comes second."""
    waiting = select(Reply).where(
        col(Reply.phone_fingerprint) == fingerprint, col(Reply.needs_person), col(Reply.handled_at).is_(None)
    )
    return unit.session.exec(waiting.order_by(col(Reply.id)).with_for_update()).all()


def list_waiting(unit: Unit, limits: Limits | None = None) -> list[Waiting]:
    """The threads in which a person is waited for, the longest wait first."""
    waiting = select(Reply).where(col(Reply.needs_person), col(Reply.handled_at).is_(None), replies_within(limits or {}))
    threads: dict[str, list[Reply]] = {}
    for reply in unit.session.exec(waiting.order_by(col(Reply.id)).limit(PAGE)):
        threads.setdefault(reply.phone_fingerprint or str(reply.id), []).append(reply)
    return [
        Waiting(
            reply=replies[-1],
            number=number_of(replies[-1], unit),
            words=words_of(replies[-1], unit),
            session=_title(replies[-1], unit),
            asked_at=replies[0].received_at,
            open=len(replies),
            overdue=replies[0].received_at < unit.now - OVERDUE_AFTER,
        )
        for replies in threads.values()
    ]


def show_thread(reply_id: UUID, unit: Unit) -> Thread:
    """The whole thread. Raises `NotFound`."""
    reply = unit.get(Reply, reply_id)
    contact = contact_of(reply.resident_id, unit) if reply.resident_id else None
    return Thread(
        reply=reply,
        number=number_of(reply, unit),
        name=name_of(contact, unit) if contact else "",
        lines=sorted([*_ours(reply, unit), *_theirs(reply, unit)], key=lambda line: (line.at, line.id)),
        open=open_replies(reply.phone_fingerprint, unit) if reply.phone_fingerprint else [],
    )


def read_thread(reply_id: UUID, staff_id: UUID, role: str, unit: Unit) -> Thread:
    """The whole thread, for somebody who may read it; the person can see that they did."""
    thread = show_thread(reply_id, unit)
    if thread.reply.resident_id is not None:
        unit.emit(ThreadRead(resident_id=thread.reply.resident_id, staff_id=staff_id, role=role))
    return thread


def words_of(reply: Reply, unit: Unit) -> str:
    """What they typed; empty for somebody forgotten."""
    return unit.keys.decrypt(reply.words, REPLY_WORDS) if reply.words else ""


def number_of(reply: Reply, unit: Unit) -> str:
    """The number, masked."""
    return masked(unit.keys.decrypt(reply.phone, PHONE)) if reply.phone else ""


def _title(reply: Reply, unit: Unit) -> str:
    session = unit.find(Session, reply.session_id) if reply.session_id else None
    return session.title if session else ""


def _theirs(reply: Reply, unit: Unit) -> list[Line]:
    theirs = select(Reply).where(col(Reply.phone_fingerprint) == reply.phone_fingerprint).order_by(desc(col(Reply.id)))
    kept = unit.session.exec(theirs.limit(LINES)).all() if reply.phone_fingerprint else [reply]
    return [Line(each.received_at, each.id, theirs=True, words=words_of(each, unit)) for each in kept]


def _ours(reply: Reply, unit: Unit) -> list[Line]:
    """Texts to the number, but codes; and calls made in the place of texts to the person."""
    if not reply.phone_fingerprint:
        return []
    sent = (
        select(Message, Attempt)
        .join(Attempt, col(Attempt.message_id) == col(Message.id))
        .where(col(Message.phone_fingerprint) == reply.phone_fingerprint, col(Message.category) != "code")
        .where(col(Attempt.outcome).in_(("open", "accepted", "unknown")))
        .order_by(desc(col(Attempt.id)))
    )
    texts = [
        Line(
            attempt.started_at,
            attempt.id,
            theirs=False,
            words=unit.keys.decrypt(attempt.words, WORDS) if attempt.words else "",
            purpose=message.purpose,
            state=message.state,
            message_id=message.id,
        )
        for message, attempt in unit.session.exec(sent.limit(LINES))
    ]
    if reply.resident_id is None:
        return texts
    made = (
        select(CallTry, Message.purpose)
        .join(Message, col(Message.id) == col(CallTry.message_id))
        .where(col(Message.resident_id) == reply.resident_id)
    )
    calls = [
        Line(tried.at, tried.id, theirs=False, words="", purpose=purpose, outcome=tried.outcome, message_id=tried.message_id)
        for tried, purpose in unit.session.exec(made.order_by(desc(col(CallTry.id))).limit(LINES))
    ]
    return texts + calls
