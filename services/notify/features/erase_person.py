"""Forget a person: texts stay as counts, without words, numbers or anything that leads to somebody."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, cast, delete, literal, or_, update
from sqlmodel import col, select

from services.notify.features import Command, progress
from services.notify.tables import Attempt, BulkRow, Call, Carer, Choice, Contact, Errand, Message, Receipt, Registration, Reply
from shared.contracts.notify import TextsErased
from shared.erasure import forget
from shared.unit import Unit


class ErasePerson(Command):
    """The person whose `records` (resident ids) these are is to be forgotten; `erasure_id` is what registration calls it."""

    erasure_id: UUID
    records: tuple[UUID, ...]


def erase_person(command: ErasePerson, unit: Unit) -> None:
    """Take back what is still planned, empty what was sent and received, and say that it is done."""
    texts = sum(_erase(resident_id, unit) for resident_id in command.records)
    unit.emit(TextsErased(erasure_id=command.erasure_id, texts=texts))


def _erase(resident_id: UUID, unit: Unit) -> int:
    """Forget one record; returns how many texts it had."""
    forget(unit.cursor(), resident_id, unit.now)
    marks = _phone_marks(resident_id, unit)
    theirs = or_(col(Message.resident_id) == resident_id, col(Message.phone_fingerprint).in_(marks))
    messages = unit.session.exec(select(Message).where(theirs).order_by(col(Message.id)).with_for_update()).all()
    for message in messages:
        if message.state == "planned":
            progress.skip(message, "cancelled", unit)
        message.dedupe_key, message.resident_id = f"erased:{message.id}", None
        message.facts = message.phone = message.phone_fingerprint = ""
    unit.session.flush()
    _empty([message.id for message in messages], marks, resident_id, unit)
    return len(messages)


def _phone_marks(resident_id: UUID, unit: Unit) -> list[str]:
    """The keyed hashes of every number the person is known to have been texted at."""
    contact = unit.find(Contact, resident_id)
    used = select(Attempt.phone_fingerprint).join(Message, col(Message.id) == col(Attempt.message_id))
    found = set(unit.session.exec(used.where(col(Message.resident_id) == resident_id)))
    # Attempts forget numbers before their texts do.
    found |= set(unit.session.exec(select(Message.phone_fingerprint).where(col(Message.resident_id) == resident_id)))
    return sorted((found | {contact.phone_fingerprint if contact else ""}) - {""})


def _empty(message_ids: list[UUID], marks: list[str], resident_id: UUID, unit: Unit) -> None:
    theirs = or_(col(Reply.resident_id) == resident_id, col(Reply.phone_fingerprint).in_(marks))
    replies = {"phone": "", "phone_fingerprint": "", "words": "", "words_mark": "", "resident_id": None, "needs_person": False}
    unit.cursor().execute("SELECT set_config('jiamenkou.erases', 'on', true)")
    for statement in (
        update(BulkRow).where(col(BulkRow.resident_id) == resident_id).values(resident_id=None),
        update(Receipt).where(col(Receipt.phone_fingerprint).in_(marks)).values(phone_fingerprint=""),
        update(Attempt).where(col(Attempt.message_id).in_(message_ids)).values(words="", phone_fingerprint=""),
        update(Reply).where(theirs).values(**replies, dedupe_key=literal("erased:") + cast(col(Reply.id), Text)),
        delete(Call).where(col(Call.message_id).in_(message_ids), col(Call.ended_at).is_(None)),
        delete(Errand).where(col(Errand.message_id).in_(message_ids), col(Errand.done_at).is_(None)),
        delete(Choice).where(col(Choice.resident_id) == resident_id),
        delete(Registration).where(col(Registration.resident_id) == resident_id),
        delete(Carer).where(or_(col(Carer.elder_id) == resident_id, col(Carer.carer_id) == resident_id)),
        delete(Contact).where(col(Contact.resident_id) == resident_id),
    ):
        unit.session.exec(statement)
