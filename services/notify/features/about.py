"""Everything that notify keeps about one resident, for them to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, or_, select

from services.notify.features.choose import WHY
from services.notify.features.claim import WORDS
from services.notify.features.compose import FACTS, LANDLINE, NAME, NEIGHBOURHOOD, PHONE
from services.notify.features.take_reply import WORDS as REPLY_WORDS
from services.notify.tables import Attempt, BulkRow, Call, CallTry, Carer, Choice, Contact, Errand, Message, Registration, Reply
from shared.unit import Unit

FIELDS = {"phone": PHONE, "facts": FACTS, "name": NAME, "landline": LANDLINE, "neighbourhood": NEIGHBOURHOOD}
"""What encrypted columns are bound to."""
HIDDEN = {"phone_fingerprint", "dedupe_key", "words_mark"}


def about(resident_id: UUID, unit: Unit) -> dict[str, Any]:
    """The number, the choices, and every text in both directions, with its words."""
    messages = unit.session.exec(select(Message).where(col(Message.resident_id) == resident_id).order_by(col(Message.id))).all()
    attempts = unit.session.exec(
        select(Attempt).where(col(Attempt.message_id).in_([message.id for message in messages])).order_by(col(Attempt.id))
    ).all()
    replies = unit.session.exec(select(Reply).where(col(Reply.resident_id) == resident_id).order_by(col(Reply.id))).all()
    return {
        "contact": _rows(unit.session.exec(select(Contact).where(col(Contact.resident_id) == resident_id)).all(), {}, unit),
        "carers": _rows(
            unit.session.exec(
                select(Carer).where(or_(col(Carer.elder_id) == resident_id, col(Carer.carer_id) == resident_id))
            ).all(),
            {},
            unit,
        ),
        "calls": _rows(
            unit.session.exec(select(Call).where(col(Call.message_id).in_([message.id for message in messages]))).all(), {}, unit
        ),
        "call_tries": _rows(
            unit.session.exec(select(CallTry).where(col(CallTry.message_id).in_([message.id for message in messages]))).all(),
            {},
            unit,
        ),
        "errands": _rows(
            unit.session.exec(select(Errand).where(col(Errand.message_id).in_([message.id for message in messages]))).all(),
            {},
            unit,
        ),
        "choices": _rows(
            unit.session.exec(select(Choice).where(col(Choice.resident_id) == resident_id)).all(), {"why": WHY}, unit
        ),
        "registrations": _rows(
            unit.session.exec(select(Registration).where(col(Registration.resident_id) == resident_id)).all(), {}, unit
        ),
        "notices": _rows(unit.session.exec(select(BulkRow).where(col(BulkRow.resident_id) == resident_id)).all(), {}, unit),
        "texts": _rows(messages, {}, unit),
        "attempts": _rows(attempts, {"words": WORDS}, unit),
        "replies": _rows(replies, {"words": REPLY_WORDS}, unit),
    }


def _rows(rows: Sequence[SQLModel], encrypted: dict[str, str], unit: Unit) -> list[dict[str, Any]]:
    fields = FIELDS | encrypted
    return [
        {
            name: unit.keys.decrypt(value, fields[name]) if name in fields and value else value
            for name, value in row.model_dump(exclude=HIDDEN).items()
        }
        for row in rows
    ]
