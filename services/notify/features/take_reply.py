"""Take what somebody texted back: kept at once, read by a job. Answers are commands; what cannot be placed goes to people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, desc, select

from services.notify.domain import replies, texts
from services.notify.domain.phones import national
from services.notify.features import Command
from services.notify.features.choose import Choose, choose
from services.notify.features.compose import PHONE, Compose, compose
from services.notify.tables import Contact, Message, Registration, Reply, Session
from shared.contracts.notify import ReplyReceived
from shared.event import new_id
from shared.jobs import Begin
from shared.unit import Unit

WORDS = "reply.words"
PROMPTS = ("place_confirmed", "reminder_day", "reminder_hours")
"""The texts that ask for an answer."""

ANSWER_WITHIN = timedelta(days=1)


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
    reply.meaning = replies.meaning(unit.keys.decrypt(reply.words, WORDS))
    prompts = _open_prompts(reply.phone_fingerprint, unit) if reply.meaning in ("accept", "decline") else []
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
    unit.emit(
        ReplyReceived(
            reply_id=reply.id,
            resident_id=reply.resident_id,
            meaning=reply.meaning,
            registration_id=reply.registration_id,
            session_id=reply.session_id,
        )
    )
    if reply.meaning == "stop" and _stop(reply, unit):
        _answer(reply, {"variant": "stopped", "helpline": helpline}, unit)
    elif reply.meaning == "decline" and reply.registration_id is None:
        _answer(reply, {"variant": "unclear", "helpline": helpline}, unit)


def _open_prompts(fingerprint: str, unit: Unit) -> Sequence[Message]:
    """Texts that went, or may have gone, to this number and still wait for an answer: about places held in sessions to come."""
    asked = (
        select(Message)
        .join(Registration, col(Registration.id) == col(Message.registration_id))
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Message.phone_fingerprint) == fingerprint,
            col(Message.purpose).in_(PROMPTS),
            col(Message.state).in_(("accepted", "delivered", "unknown")),
            col(Registration.state) == "confirmed",
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
