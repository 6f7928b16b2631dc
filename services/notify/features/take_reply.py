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
from services.notify.domain.replies import Confidence, Meaning
from services.notify.features import Command
from services.notify.features.call import contact_of
from services.notify.features.choose import Choose, choose
from services.notify.features.compose import PHONE, Compose, compose
from services.notify.features.prompts import CAN_BE_ACCEPTED, CAN_HAVE_BEEN_READ, QUESTIONS, missed_offer, open_prompts
from services.notify.tables import Attempt, Contact, Message, Reply
from shared.contracts.notify import Category, ReplyReceived
from shared.event import new_id
from shared.jobs import Begin
from shared.unit import Unit

WORDS = "reply.words"
CHOICES: dict[Meaning, tuple[str, Category, bool]] = {
    "stop": ("stopped", "service", False),
    "refuse": ("refused", "promotion", False),
    "resume": ("resumed", "service", True),
}
"""Words that choose which texts are wanted: the answer's variant, and what goes into the ledger."""

ANSWER_WITHIN = timedelta(days=1)
WHY_WITHIN = timedelta(days=14)
"""How long an answer to why somebody did not come is understood as one."""

REPEATED_WITHIN = timedelta(minutes=10)
"""The same words again so soon, from a carrier that numbers each delivery anew, are the same text."""


class TakeReply(Command):
    """Somebody texted `words` from `phone`; `mark` is whatever tells two deliveries of one text from two texts.

    Empty, where the carrier has no such thing: then the same words within ten minutes are taken for one text.
    """

    carrier: str
    phone: str
    words: str
    mark: str


def take_reply(command: TakeReply, unit: Unit) -> None:
    """Keep the reply and have it read; delivered again it changes nothing."""
    phone = national(command.phone)
    fingerprint = unit.keys.fingerprint(phone, PHONE)
    words_mark = unit.keys.fingerprint(f"{phone}\n{command.words.strip()}", WORDS)
    if not command.mark:
        unit.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (words_mark,))
        lately = select(Reply.id).where(
            col(Reply.phone_fingerprint) == fingerprint,
            col(Reply.words_mark) == words_mark,
            col(Reply.received_at) > unit.now - REPEATED_WITHIN,
        )
        if unit.session.exec(lately.limit(1)).first() is not None:
            return
    once = "\n".join((command.carrier, phone, command.mark or str(new_id()), command.words))
    reply_id = unit.session.scalar(
        insert(Reply)
        .values(
            id=new_id(),
            dedupe_key=unit.keys.fingerprint(hashlib.sha256(once.encode()).hexdigest(), "reply.dedupe_key"),
            phone=unit.keys.encrypt(phone, PHONE),
            phone_fingerprint=fingerprint,
            words=unit.keys.encrypt(command.words, WORDS),
            words_mark=words_mark,
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
    reply.meaning, mark = replies.read(words)
    reason = replies.reason(words)
    if reason is not None and _says_why(reply, unit):
        _tell(reply, unit, reason)
        return
    open_now = open_prompts(reply.phone_fingerprint, unit) if reply.meaning in ("accept", "decline") else []
    prompts, reply.confidence = _meant(reply, mark, open_now)
    missed = missed_offer(reply.phone_fingerprint, mark, unit) if reply.meaning == "accept" and not prompts else None
    if missed is not None:
        prompts, reply.confidence = [missed], "certain" if mark else "likely"
    if reply.confidence != "unsure" and prompts:
        reply.prompt_id, reply.registration_id, reply.session_id = (
            prompts[0].id,
            prompts[0].registration_id,
            prompts[0].session_id,
        )
        reply.resident_id = prompts[0].resident_id
    else:
        reply.resident_id = _owner(reply.phone_fingerprint, unit)
    reply.needs_person = reply.confidence == "unsure" or reply.resident_id is None
    if reply.needs_person:
        _hand_to_who_sees_to_it(reply, unit)
    if reply.resident_id is None:
        return
    _tell(reply, unit)
    if reply.meaning in CHOICES:
        variant, category, wanted = CHOICES[reply.meaning]
        if _choose(reply, category, wanted, unit):
            _answer(reply, {"variant": variant, "helpline": helpline}, unit)
    elif missed is not None:
        tell_too_late(reply, helpline, unit)
    elif reply.meaning in ("accept", "decline") and reply.registration_id is None and (open_now or reply.meaning == "decline"):
        _answer(reply, {"variant": "unclear", "helpline": helpline}, unit)


def _hand_to_who_sees_to_it(reply: Reply, unit: Unit) -> None:
    """A text to a thread that somebody has taken is theirs, too."""
    taken = select(Reply).where(
        col(Reply.phone_fingerprint) == reply.phone_fingerprint,
        col(Reply.needs_person),
        col(Reply.handled_at).is_(None),
        col(Reply.taken_by).is_not(None),
    )
    before = unit.session.exec(taken.order_by(desc(col(Reply.id))).limit(1)).first()
    if before is not None:
        reply.taken_by, reply.taken_at = before.taken_by, before.taken_at


def _meant(reply: Reply, mark: str, open_now: Sequence[Message]) -> tuple[Sequence[Message], Confidence]:
    """The open questions that the reply can be about, and how sure it is that they are about one place."""
    if reply.meaning in CHOICES:
        return [], "certain"
    if mark:
        meant = [prompt for prompt in open_now if prompt.mark == mark]
        return meant, "certain" if meant else "unsure"
    asks_for_one = [prompt for prompt in open_now if prompt.purpose in CAN_BE_ACCEPTED] if reply.meaning == "accept" else []
    if _is_about_one_place(open_now):
        return open_now, "certain"
    return (asks_for_one, "likely") if _is_about_one_place(asks_for_one) else (open_now, "unsure")


def _is_about_one_place(prompts: Sequence[Message]) -> bool:
    return len({prompt.registration_id for prompt in prompts}) == 1


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
            col(Message.state).in_(CAN_HAVE_BEEN_READ),
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


def _choose(reply: Reply, category: Category, wanted: bool, unit: Unit) -> bool:
    """What the reply says of texts counts for everybody who gave this number; says whether anything changed."""
    known = select(Contact.resident_id).where(col(Contact.phone_fingerprint) == reply.phone_fingerprint)
    sharing = {contact.resident_id for id in unit.session.exec(known) if (contact := contact_of(id, unit)) is not None}
    changed = [
        choose(Choose(resident_id=resident_id, category=category, wanted=wanted, channel="text", proof=reply.id), unit)
        for resident_id in sorted(sharing)
    ]
    return any(changed)


def _answer(reply: Reply, facts: texts.Facts, unit: Unit) -> None:
    compose(
        Compose(
            purpose="answer", subject=reply.id, facts=facts, not_after=unit.now + ANSWER_WITHIN, resident_id=reply.resident_id
        ),
        unit,
    )
