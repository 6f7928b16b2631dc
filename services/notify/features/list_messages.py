"""The outbox as staff see it: texts by state, by what they are about and by why they wait or did not go, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement
from sqlmodel import col, desc, func, or_, select

from services.notify.domain.carrier_codes import Family, family
from services.notify.domain.outcomes import State
from services.notify.domain.phones import masked, national
from services.notify.features import Command
from services.notify.features.compose import PHONE
from services.notify.features.within import Limits, texts_within
from services.notify.tables import Attempt, Contact, Message
from shared.contracts.notify import Purpose
from shared.unit import Unit

PAGE = 50
SEARCHED = 20_000
"""How many of the newest texts one search looks through: the next page goes on behind them."""
MOST_COUNTED = 10_000
"""More texts of one state than this are not counted out: the page says that there are more."""

_COUNT = """
    SELECT named.state, (SELECT count(*) FROM (SELECT FROM message WHERE message.state = named.state LIMIT %s) AS found)
    FROM unnest(%s::text[]) AS named (state)
"""


class Wanted(Command):
    """Which texts; what is not given does not matter. `reason`: why they wait or were not sent. `before`: older than this one.

    `number` is a whole mobile number: the texts that went there, and those for whoever is reached there now.
    """

    state: State | None = None
    purpose: Purpose | None = None
    reason: str = Field(default="", max_length=40)
    number: str = Field(default="", max_length=40)
    before: UUID | None = None

    @property
    def is_search(self) -> bool:
        """Whether no index leads to them."""
        return bool(self.purpose or self.reason)


@dataclass(frozen=True, slots=True)
class Line:
    """One text in the list; `number` is masked, empty when there is none."""

    message: Message
    number: str
    carrier: str
    code: str
    family: Family | None

    @property
    def at(self) -> datetime:
        """When something last happened to it, or when it is due."""
        message = self.message
        return message.delivered_at or message.failed_at or message.skipped_at or message.accepted_at or message.due_at


@dataclass(frozen=True, slots=True)
class Page:
    """Some texts, newest plan first, and the id before which to go on; None at the end."""

    lines: Sequence[Line]
    more: UUID | None


def count_states(states: Sequence[State], unit: Unit, limits: Limits) -> dict[str, int]:
    """How many texts are in each state; one more than `MOST_COUNTED` stands for any more. Inside limits: of the newest texts."""
    if limits:
        newest = select(Message.id).order_by(desc(col(Message.id))).limit(SEARCHED)
        theirs = select(Message.state, func.count()).where(col(Message.id).in_(newest), texts_within(limits))
        found = dict(unit.session.exec(theirs.group_by(col(Message.state))).all())
        return {state: found.get(state, 0) for state in states}
    return dict(unit.cursor().execute(_COUNT, (MOST_COUNTED + 1, list(states))).fetchall())


def count_reasons(state: State, unit: Unit, limits: Limits) -> dict[str, int]:
    """Why the newest texts of a state wait or were not sent, and how many for each reason."""
    newest = select(Message.held_for, Message.skip_reason).where(col(Message.state) == state, texts_within(limits))
    looked = newest.order_by(desc(col(Message.id))).limit(MOST_COUNTED).subquery()
    reason = func.coalesce(func.nullif(looked.c.held_for, ""), looked.c.skip_reason)
    counted = select(reason, func.count()).where(reason != "").group_by(reason).order_by(desc(func.count()), reason)
    return dict(unit.session.exec(counted).all())


def list_messages(wanted: Wanted, unit: Unit, limits: Limits | None = None, *, searched: int = SEARCHED) -> Page:
    """A page of texts, inside the limits of who looks.

    A search may find less than a page's worth and yet go on: it looks through `searched` at a time.
    """
    is_search = wanted.is_search or bool(limits)
    within = select(Message.id).order_by(desc(col(Message.id))).limit(searched if is_search else PAGE)
    if wanted.state is not None:
        within = within.where(col(Message.state) == wanted.state)
    if wanted.before is not None:
        within = within.where(col(Message.id) < wanted.before)
    if wanted.number:
        within = within.where(_of_number(wanted.number, unit))
    looked = within.subquery()
    found = select(Message).where(col(Message.id).in_(select(looked.c.id)), *_conditions(wanted), texts_within(limits or {}))
    messages = unit.session.exec(found.order_by(desc(col(Message.id))).limit(PAGE)).all()
    if len(messages) == PAGE:
        return Page(lines_of(messages, unit), messages[-1].id)
    end = select(looked.c.id).order_by(looked.c.id).limit(1)
    is_full = unit.session.scalar(select(func.count()).select_from(looked)) == searched
    return Page(lines_of(messages, unit), unit.session.scalar(end) if is_search and is_full else None)


def lines_of(messages: Sequence[Message], unit: Unit) -> list[Line]:
    """The texts with what their line shows beside them."""
    residents = {message.resident_id for message in messages if message.resident_id}
    contacts = unit.session.exec(select(Contact).where(col(Contact.resident_id).in_(residents)))
    numbers = {contact.resident_id: contact.phone for contact in contacts}
    tried = select(Attempt).where(col(Attempt.message_id).in_([message.id for message in messages])).order_by(col(Attempt.number))
    last = {attempt.message_id: attempt for attempt in unit.session.exec(tried)}
    return [
        Line(
            message=message,
            number=_number(message.phone or (numbers.get(message.resident_id, "") if message.resident_id else ""), unit),
            carrier=last[message.id].carrier if message.id in last else "",
            code=last[message.id].code if message.id in last else "",
            family=family_of(last.get(message.id)),
        )
        for message in messages
    ]


def family_of(attempt: Attempt | None) -> Family | None:
    """What the carrier's code asks of us, if it gave one."""
    return family(attempt.carrier, attempt.code) if attempt is not None and attempt.code else None


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.purpose is not None:
        conditions.append(col(Message.purpose) == wanted.purpose)
    if wanted.reason:
        conditions.append(or_(col(Message.held_for) == wanted.reason, col(Message.skip_reason) == wanted.reason))
    return conditions


def _of_number(number: str, unit: Unit) -> ColumnElement[bool]:
    mark = unit.keys.fingerprint(national(number), PHONE)
    theirs = select(Contact.resident_id).where(col(Contact.phone_fingerprint) == mark)
    return or_(col(Message.phone_fingerprint) == mark, col(Message.resident_id).in_(theirs))


def _number(phone: str, unit: Unit) -> str:
    return masked(unit.keys.decrypt(phone, PHONE)) if phone else ""
