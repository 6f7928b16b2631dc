"""Take what somebody texted back: kept at once, read by a job. Answers are commands; what cannot be placed goes to people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import and_, col, desc, or_, select

from services.notify.domain import replies, texts
from services.notify.domain.phones import national
from services.notify.features import Command
from services.notify.features.choose import Choose, choose
from services.notify.features.compose import PHONE, Compose, compose
from services.notify.tables import Attempt, Contact, Message, Registration, Reply, Session
from shared.contracts.notify import Purpose, ReplyReceived
from shared.event import new_id
from shared.jobs import Begin
from shared.unit import Unit

WORDS = "reply.words"
PROMPTS: dict[str, tuple[Purpose, ...]] = {
    "confirmed": ("place_confirmed", "reminder_day", "reminder_hours"),
    "offered": ("place_offered",),
}
"""The texts that ask for an answer, by the state of the registration that still waits for one."""

CAN_BE_ACCEPTED = ("place_offered", "reminder_day")
"""The texts that name 1 as an answer: when one of them is open, 1 is about it and not about a text that only names 2."""

QUESTIONS: tuple[Purpose, ...] = (*PROMPTS["confirmed"], *PROMPTS["offered"], "session_changed", "missed_you")
"""Every text that names an answer."""

ON_THE_PHONE = ("accepted", "delivered", "unknown")
"""The states of a text that somebody can have read."""

ANSWER_WITHIN = timedelta(days=1)
WHY_WITHIN = timedelta(days=14)
"""How long an answer to why somebody did not come is understood as one."""


class TakeReply(Command):
    """Somebody texted `words` from `phone`; `mark` is whatever tells two deliveries of one text from two texts."""

    carrier: str
    phone: str
    words: str
    mark: str


def take_reply(command: TakeReply, unit: Unit) -> None:
    """Keep the reply and have it read; delivered again it changes nothing."""
    phone = national(command.phone)
    once = "\n".join((command.carrier, phone, command.mark, command.words))
    reply_id = unit.session.scalar(
        insert(Reply)
        .values(
            id=new_id(),
            dedupe_key=unit.keys.fingerprint(hashlib.sha256(once.encode()).hexdigest(), "reply.dedupe_key"),
            phone=unit.keys.encrypt(phone, PHONE),
            phone_fingerprint=unit.keys.fingerprint(phone, PHONE),
            words=unit.keys.encrypt(command.words, WORDS),
            received_at=unit.now,
            needs_person=False,
        )
        .on_conflict_do_nothing()
        .returning(col(Reply.id))
    )
    if reply_id is not None:
        unit.later("reply", reply_id)


def read_reply(key: str, begin: Begin, helpline: str) -> None:
    """Find out what the reply with this id means and whom it is about, and tell it; at most one text answers it."""
    with begin() as unit:
        reply = unit.lock(Reply, UUID(key))
        if reply.meaning is None:
            understand(reply, helpline, unit)


def understand(reply: Reply, helpline: str, unit: Unit) -> None:
    """Place the reply. What registration does about it, it tells in events of its own, and those are what its texts follow."""
    words = unit.keys.decrypt(reply.words, WORDS)
    reply.meaning = replies.meaning(words)
    reason = replies.reason(words)
    if reason is not None and _says_why(reply, unit):
        _tell(reply, unit, reason)
        return
    prompts = _open_prompts(reply.phone_fingerprint, unit) if reply.meaning in ("accept", "decline") else []
    if reply.meaning == "accept":
        prompts = [prompt for prompt in prompts if prompt.purpose in CAN_BE_ACCEPTED] or prompts
    missed = _missed_offer(reply.phone_fingerprint, unit) if reply.meaning == "accept" and not prompts else None
    if missed is not None:
        prompts = [missed]
    if len({prompt.registration_id for prompt in prompts}) == 1:
        reply.prompt_id, reply.registration_id, reply.session_id = (
            prompts[0].id,
            prompts[0].registration_id,
            prompts[0].session_id,
        )
        reply.resident_id = prompts[0].resident_id
    else:
        reply.resident_id = _owner(reply.phone_fingerprint, unit)
    reply.needs_person = reply.meaning == "other" or (reply.meaning != "stop" and reply.registration_id is None)
    if reply.resident_id is None:
        reply.needs_person = True
        return
    _tell(reply, unit)
    if reply.meaning == "stop" and _stop(reply, unit):
        _answer(reply, {"variant": "stopped", "helpline": helpline}, unit)
    elif missed is not None:
        tell_too_late(reply, helpline, unit)
    elif reply.meaning in ("accept", "decline") and reply.registration_id is None and (prompts or reply.meaning == "decline"):
        _answer(reply, {"variant": "unclear", "helpline": helpline}, unit)


def _tell(reply: Reply, unit: Unit, reason: replies.Reason | None = None) -> None:
    assert reply.resident_id is not None
    assert reply.meaning is not None
    unit.emit(
        ReplyReceived(
            reply_id=reply.id,
            resident_id=reply.resident_id,
            meaning=reply.meaning,
            registration_id=reply.registration_id,
            session_id=reply.session_id,
            reason=reason,
        )
    )


def _says_why(reply: Reply, unit: Unit) -> bool:
    """Whether the reply says why somebody missed a session; if so it is placed there.

    It does when that was the last question this number got, or when the words answer no other; each question is answered once.
    """
    answered = select(Reply.prompt_id).where(col(Reply.meaning) == "reason", col(Reply.prompt_id).is_not(None))
    asked = (
        select(Message)
        .join(Attempt, col(Attempt.message_id) == col(Message.id))
        .where(
            col(Message.phone_fingerprint) == reply.phone_fingerprint,
            col(Message.purpose).in_(QUESTIONS),
            col(Message.state).in_(ON_THE_PHONE),
            col(Message.id).not_in(answered.where(col(Reply.phone_fingerprint) == reply.phone_fingerprint)),
            col(Attempt.started_at) > unit.now - WHY_WITHIN,
        )
        .order_by(desc(col(Attempt.started_at)), desc(col(Message.id)))
    )
    questions = unit.session.exec(asked).all()
    missed = next((question for question in questions if question.purpose == "missed_you"), None)
    if missed is None or missed.resident_id is None or (reply.meaning != "other" and questions[0] is not missed):
        return False
    reply.meaning, reply.prompt_id, reply.resident_id = "reason", missed.id, missed.resident_id
    reply.registration_id, reply.session_id = missed.registration_id, missed.session_id
    return True


def accepted_in_vain(registration_id: UUID, unit: Unit) -> Sequence[Reply]:
    """The replies that took an offer which has run out since."""
    said_yes = select(Reply).where(col(Reply.registration_id) == registration_id, col(Reply.meaning) == "accept")
    asked = said_yes.join(Message, col(Message.id) == col(Reply.prompt_id)).where(col(Message.purpose) == "place_offered")
    return unit.session.exec(asked.order_by(col(Reply.id))).all()


def tell_too_late(reply: Reply, helpline: str, unit: Unit) -> None:
    """Say kindly that the place has gone on."""
    _answer(reply, {"variant": "too_late", "helpline": helpline}, unit)


def _missed_offer(fingerprint: str, unit: Unit) -> Message | None:
    """The newest offer to this number that ran out unanswered, of a session to come."""
    missed = (
        select(Message)
        .join(Registration, col(Registration.id) == col(Message.registration_id))
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Message.phone_fingerprint) == fingerprint,
            col(Message.purpose) == "place_offered",
            col(Message.state).in_(ON_THE_PHONE),
            col(Registration.state) == "expired",
            col(Session.starts_at) > unit.now,
        )
    )
    return unit.session.exec(missed.order_by(desc(col(Message.id))).limit(1)).one_or_none()


def _open_prompts(fingerprint: str, unit: Unit) -> Sequence[Message]:
    """Texts that went, or may have gone, to this number and still wait for an answer: about places held in sessions to come."""
    asked = (
        select(Message)
        .join(Registration, col(Registration.id) == col(Message.registration_id))
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Message.phone_fingerprint) == fingerprint,
            or_(*(and_(col(Registration.state) == state, col(Message.purpose).in_(asks)) for state, asks in PROMPTS.items())),
            col(Message.state).in_(ON_THE_PHONE),
            col(Session.state) == "scheduled",
            col(Session.starts_at) > unit.now,
        )
    )
    return unit.session.exec(asked.order_by(desc(col(Message.id)))).all()


def _owner(fingerprint: str, unit: Unit) -> UUID | None:
    """Who answers from this number: whoever was texted there last, else somebody who gave it."""
    texted = select(Message.resident_id).where(
        col(Message.phone_fingerprint) == fingerprint,
        col(Message.accepted_at).is_not(None),
        col(Message.resident_id).is_not(None),
    )
    known = select(Contact.resident_id).where(col(Contact.phone_fingerprint) == fingerprint).order_by(col(Contact.resident_id))
    last = unit.session.exec(texted.order_by(desc(col(Message.accepted_at)), desc(col(Message.id))).limit(1)).first()
    return last or unit.session.exec(known.limit(1)).first()


def _stop(reply: Reply, unit: Unit) -> bool:
    """Everybody who gave this number gets no more texts of the kind; says whether anything changed."""
    sharing = (
        select(Contact.resident_id)
        .where(col(Contact.phone_fingerprint) == reply.phone_fingerprint)
        .order_by(col(Contact.resident_id))
    )
    changed = [
        choose(Choose(resident_id=resident_id, wanted=False, channel="text", reply_id=reply.id), unit)
        for resident_id in unit.session.exec(sharing).all()
    ]
    return any(changed)


def _answer(reply: Reply, facts: texts.Facts, unit: Unit) -> None:
    compose(
        Compose(
            purpose="answer", subject=reply.id, facts=facts, not_after=unit.now + ANSWER_WITHIN, resident_id=reply.resident_id
        ),
        unit,
    )
