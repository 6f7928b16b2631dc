"""Messages to many, for staff: what a dry run found, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlmodel import col, desc, func, or_, select

from services.notify.domain import texts
from services.notify.domain.approvals import HOUSE
from services.notify.domain.lengths import signed
from services.notify.domain.outcomes import State
from services.notify.domain.phones import masked
from services.notify.features.compose import PHONE
from services.notify.features.dry_run import facts_for
from services.notify.features.wordings import wordings
from services.notify.tables import Bulk, BulkRow, Contact, Message, Session
from shared.auth import Principal
from shared.limits import within
from shared.unit import Unit

PAGE = 50
SHOWN = 200
"""Rows of people on one page at most."""


@dataclass(frozen=True, slots=True)
class Count:
    """A message to many in figures: `parts` are those of the `going`; `states` count the texts planned so far."""

    bulk: Bulk
    title: str
    going: int
    parts: int
    skipped: Mapping[str, int]
    states: Mapping[State, int]

    @property
    def done(self) -> int:
        """How many texts have left, one way or the other."""
        return sum(many for state, many in self.states.items() if state not in ("planned", "sending"))

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.bulk.confirmed_at is not None and (self.bulk.stopped_at is not None or self.done >= self.going)


@dataclass(frozen=True, slots=True)
class Person:
    """One row: a masked number, and why they do not get it."""

    number: str
    skip_reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A dry run's message: its figures, an example of its text, and the people, those who do not get it first."""

    count: Count
    example: str
    people: Sequence[Person]


def list_bulks(staff: Principal, unit: Unit) -> list[Count]:
    """The newest messages that were sent, inside the limits of `staff`."""
    about = or_(col(Session.id) == col(Bulk.session_id), col(Session.programme_id) == col(Bulk.programme_id))
    seen = select(Session.id).where(about, within(staff, street=Session.street, programme=Session.programme_id)).exists()
    sent = select(Bulk).where(col(Bulk.confirmed_at).is_not(None), seen)
    return [count(bulk, unit) for bulk in unit.session.exec(sent.order_by(desc(col(Bulk.id))).limit(PAGE))]


def show_bulk(bulk_id: UUID, helpline: str, unit: Unit) -> Found:
    """One message. Raises `NotFound`."""
    made = unit.get(Bulk, bulk_id)
    rows = unit.session.exec(
        select(BulkRow, Contact)
        .outerjoin(Contact, col(Contact.resident_id) == col(BulkRow.resident_id))
        .where(col(BulkRow.bulk_id) == bulk_id)
        .order_by(col(BulkRow.skip_reason) == "", col(BulkRow.place))
        .limit(SHOWN)
    ).all()
    people = [
        Person(masked(unit.keys.decrypt(contact.phone, PHONE)) if contact and contact.phone else "", row.skip_reason)
        for row, contact in rows
    ]
    return Found(count(made, unit), _example(made, helpline, unit), people)


def count(made: Bulk, unit: Unit) -> Count:
    """The figures of a message."""
    by_reason = {
        reason: (many, parts or 0)
        for reason, many, parts in unit.session.exec(
            select(BulkRow.skip_reason, func.count(), func.sum(BulkRow.parts))
            .where(col(BulkRow.bulk_id) == made.id)
            .group_by(col(BulkRow.skip_reason))
        )
    }
    states = unit.session.exec(
        select(Message.state, func.count())
        .join(BulkRow, col(BulkRow.message_id) == col(Message.id))
        .where(col(Message.batch_id) == made.id, col(BulkRow.skip_reason) == "")
        .group_by(col(Message.state))
    ).all()
    going, parts = by_reason.pop("", (0, 0))
    return Count(
        bulk=made,
        title=_title(made, unit),
        going=going,
        parts=parts,
        skipped={reason: many for reason, (many, _) in sorted(by_reason.items())},
        states={cast(State, state): many for state, many in states},
    )


def sessions_to_come(staff: Principal, unit: Unit) -> Sequence[Session]:
    """The sessions that somebody could be told something about, inside the limits of `staff`, the soonest first."""
    seen = within(staff, street=Session.street, programme=Session.programme_id)
    wanted = select(Session).where(col(Session.state) == "scheduled", col(Session.starts_at) > unit.now, seen)
    return unit.session.exec(wanted.order_by(col(Session.starts_at), col(Session.id)).limit(SHOWN)).all()


def _title(made: Bulk, unit: Unit) -> str:
    session = _session(made, unit)
    return session.title if session else ""


def _session(made: Bulk, unit: Unit) -> Session | None:
    if made.session_id is not None:
        return unit.find(Session, made.session_id)
    first = select(Session).join(BulkRow, col(BulkRow.session_id) == col(Session.id)).where(col(BulkRow.bulk_id) == made.id)
    return unit.session.exec(first.order_by(col(BulkRow.place)).limit(1)).first()


def _example(made: Bulk, helpline: str, unit: Unit) -> str:
    session, wording = _session(made, unit), wordings(unit).of(made.template, HOUSE)
    if session is None or wording is None:
        return ""
    return signed(texts.fill(wording.words, facts_for(session, made.template, helpline), unit.now).text)
