"""Ask a neighbourhood's volunteers to go to somebody's door, where neither text nor call reached them and it matters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import calls, texts
from services.notify.domain.calls import DoorOutcome
from services.notify.features import Command
from services.notify.features.compose import FACTS, NAME, NEIGHBOURHOOD
from services.notify.features.within import Limits, texts_within
from services.notify.tables import Contact, Errand, Message, Registration, Session
from shared.contracts.notify import ErrandDone, FellBack
from shared.errors import NotFound
from shared.unit import Unit
from shared.web import phrase

GONE = phrase("这一趟不用跑了：已经办过，或事情已经过去。")
MOST = 200

Why = Literal["no_phone", "called_instead", "failed", "unknown", "not_reached", "wrong_number", "no_calls"]


class NoteErrand(Command):
    """Somebody was at the door about this text's matter."""

    message_id: UUID
    outcome: DoorOutcome
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class ToGo:
    """One door to go to: whose, and what to say there."""

    errand: Errand
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Round:
    """The doors of one neighbourhood; its name is empty where nobody wrote it down."""

    neighbourhood: str
    doors: Sequence[ToGo]


def ask_to_go(message: Message, why: Why, unit: Unit) -> None:
    """List the errand if the matter is worth it and not over; asked twice, somebody goes once."""
    if message.purpose not in calls.TO_THE_DOOR or message.not_after <= unit.now or unit.find(Errand, message.id) is not None:
        return
    unit.add(Errand(message_id=message.id, asked_at=unit.now, do_by=message.not_after, why=why))
    unit.emit(
        FellBack(message_id=message.id, resident_id=message.resident_id, purpose=message.purpose, step="volunteer", why=why)
    )


def note_errand(command: NoteErrand, unit: Unit) -> Errand:
    """Write down what came of it; nobody at home leaves it on the list."""
    errand = unit.session.get(Errand, command.message_id, with_for_update=True, populate_existing=True)
    if errand is None or errand.done_at is not None:
        raise NotFound(GONE)
    errand.outcome, errand.tries, errand.tried_by = command.outcome, errand.tries + 1, command.staff_id
    errand.done_at = None if command.outcome == "not_home" else unit.now
    purpose = unit.get(Message, errand.message_id).purpose
    unit.emit(ErrandDone(message_id=errand.message_id, purpose=purpose, outcome=command.outcome))
    return errand


def list_errands(unit: Unit, limits: Limits | None = None) -> list[Round]:
    """The doors to go to, by neighbourhood; what was called off or has arrived since is left out."""
    found = (
        select(Errand, Message, Registration, Session)
        .join(Message, col(Message.id) == col(Errand.message_id))
        .outerjoin(Registration, col(Registration.id) == col(Message.registration_id))
        .outerjoin(Session, col(Session.id) == col(Message.session_id))
        .where(
            col(Errand.done_at).is_(None),
            col(Errand.do_by) > unit.now,
            col(Message.state) != "delivered",
            texts_within(limits or {}),
        )
        .order_by(col(Errand.do_by), col(Errand.message_id))
        .limit(MOST)
    )
    doors = [
        _door(errand, message, unit)
        for errand, message, registration, session in unit.session.exec(found)
        if not _is_off(message, registration, session)
    ]
    doors.sort(key=lambda door: door[0])
    return [
        Round(neighbourhood, [to_go for _, to_go in group]) for neighbourhood, group in groupby(doors, key=lambda door: door[0])
    ]


def _is_off(message: Message, registration: Registration | None, session: Session | None) -> bool:
    if session is not None and session.state == "cancelled" and message.purpose != "session_cancelled":
        return True
    return message.purpose == "place_offered" and registration is not None and registration.state != "offered"


def _door(errand: Errand, message: Message, unit: Unit) -> tuple[str, ToGo]:
    contact = unit.find(Contact, message.resident_id) if message.resident_id else None
    while contact is not None and contact.merged_into is not None:
        contact = unit.find(Contact, contact.merged_into)
    facts: texts.Facts = json.loads(unit.keys.decrypt(message.facts, FACTS))
    words = texts.spoken(message.purpose, facts, unit.now)
    if contact is None:
        return "", ToGo(errand, "", words)
    name = unit.keys.decrypt(contact.name, NAME) if contact.name else ""
    neighbourhood = unit.keys.decrypt(contact.neighbourhood, NEIGHBOURHOOD) if contact.neighbourhood else ""
    return neighbourhood, ToGo(errand, name, words)
