"""The questions that wait for an answer from a number, and the marks that tell several of them apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import and_, col, desc, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from services.notify.domain import replies
from services.notify.tables import Message, Registration, Session
from shared.contracts.notify import Purpose
from shared.unit import Unit

PROMPTS: dict[str, tuple[Purpose, ...]] = {
    "confirmed": ("place_confirmed", "reminder_day", "reminder_hours", "session_changed"),
    "offered": ("place_offered",),
}
"""The texts that ask for an answer, by the state of the registration that still waits for one."""

CAN_BE_ACCEPTED: tuple[Purpose, ...] = ("place_offered", "reminder_day")
"""The texts that name 1 as an answer: when one of them is open, 1 is about it and not about a text that only names 2."""

QUESTIONS: tuple[Purpose, ...] = (*PROMPTS["confirmed"], *PROMPTS["offered"], "missed_you")
"""Every text that names an answer."""

CAN_HAVE_BEEN_READ = ("sending", "accepted", "delivered", "unknown")
"""The states of a text that somebody may have before them."""


def open_prompts(fingerprint: str, unit: Unit) -> Sequence[Message]:
    """Texts that went, or may have gone, to this number and still wait for an answer: about places held in sessions to come."""
    asked = _waiting(unit).where(col(Message.phone_fingerprint) == fingerprint)
    return unit.session.exec(asked.order_by(desc(col(Message.id)))).all()


def asked_already(fingerprints: Collection[str], unit: Unit) -> set[str]:
    """Those of the numbers at which a question waits for an answer."""
    asked = _waiting(unit).where(col(Message.phone_fingerprint).in_(fingerprints))
    return {message.phone_fingerprint for message in unit.session.exec(asked)}


def is_question(message: Message) -> bool:
    """Whether the text asks for an answer about a place."""
    return message.registration_id is not None and any(message.purpose in purposes for purposes in PROMPTS.values())


def _waiting(unit: Unit) -> SelectOfScalar[Message]:
    return (
        select(Message)
        .join(Registration, col(Registration.id) == col(Message.registration_id))
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            or_(*(and_(col(Registration.state) == state, col(Message.purpose).in_(asks)) for state, asks in PROMPTS.items())),
            col(Message.state).in_(CAN_HAVE_BEEN_READ),
            col(Session.state) == "scheduled",
            col(Session.starts_at) > unit.now,
        )
    )


def mark_of(message: Message, fingerprint: str, unit: Unit) -> str:
    """What the answers to this text begin with; empty while no question about another place is open at the number.

    All texts about one place have one mark. The caller holds the claim of the lane, so that two questions
    cannot both be the only one.
    """
    if not is_question(message):
        return ""
    prompts = open_prompts(fingerprint, unit)
    known = [prompt.mark for prompt in prompts if prompt.registration_id == message.registration_id and prompt.mark]
    others = [prompt.mark for prompt in prompts if prompt.registration_id != message.registration_id]
    if known or not others:
        return known[0] if known else ""
    used = (
        select(Message.mark)
        .where(col(Message.phone_fingerprint) == fingerprint, col(Message.mark) != "")
        .group_by(col(Message.mark))
        .order_by(func.max(col(Message.accepted_at)).asc().nulls_last())
    )
    return replies.next_mark(unit.session.exec(used).all(), others)


def missed_offer(fingerprint: str, mark: str, unit: Unit) -> Message | None:
    """The newest offer to this number (with the mark, if one was typed) that ran out unanswered, of a session to come."""
    missed = (
        select(Message)
        .join(Registration, col(Registration.id) == col(Message.registration_id))
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Message.phone_fingerprint) == fingerprint,
            col(Message.purpose) == "place_offered",
            col(Message.state).in_(CAN_HAVE_BEEN_READ),
            col(Registration.state) == "expired",
            col(Session.starts_at) > unit.now,
        )
    )
    if mark:
        missed = missed.where(col(Message.mark) == mark)
    return unit.session.exec(missed.order_by(desc(col(Message.id))).limit(1)).one_or_none()
