"""Sign up for a term: every session of a programme between two days, each with a place of its own or a spot in its line."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.people import Channel
from services.registration.domain.places import Mode
from services.registration.features import Command, problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.places import LOCK_ORDER
from services.registration.features.register import Party, Register, register
from services.registration.tables import Programme, Registration, Resident, Session
from shared.clock import SHANGHAI
from shared.errors import Invalid, Problem
from shared.unit import Unit
from shared.web import phrase


class Term(Command):
    """The sessions of `programme_id` from the day `since` (default: now) to the day `until`, both included."""

    programme_id: UUID
    resident_id: UUID
    since: date | None = None
    until: date | None = None


class Enrol(Term):
    """`resident_id` wants a place in each; the rest as in `Register`."""

    party: Party = 1
    mode: Mode = "room"
    at_once: bool = False
    acted_by: UUID | None = None
    nominated: bool = False


class LeaveTerm(Term):
    """`resident_id` gives back what they have or wait for in each."""

    channel: Channel
    acted_by: UUID | None = None


class Enrolled(NamedTuple):
    """What came of one session: the registration, or why there is none."""

    session: Session
    registration: Registration | None
    refused: Problem | None


def enrol(command: Enrol, unit: Unit) -> list[Enrolled]:
    """Sign up for each session by itself: a refused one keeps the others from nothing. Raises if there is none to sign up for."""
    unit.get(Programme, command.programme_id)
    if unit.find(Resident, command.resident_id) is None:
        raise problems.UnknownResident(phrase("没有找到这位居民，请核对，或先登记。"))
    sessions = sessions_in(command, unit)
    if not sessions:
        raise problems.NothingInTerm(phrase("这段时间里没有可以报名的场次，请换个日期看看。"))
    wish = command.model_dump(include={"resident_id", "party", "mode", "at_once", "acted_by", "nominated"})
    return [_one(session, Register(session_id=session.id, **wish), unit) for session in sessions]


def leave_term(command: LeaveTerm, unit: Unit) -> list[Registration]:
    """Give back every place and spot in a line that has not begun; returns them. Raises if there is nothing to give back."""
    mine = select(Registration.id, Registration.session_id).where(
        col(Registration.resident_id) == command.resident_id,
        col(Registration.state).in_(("confirmed", "waitlisted", "offered")),
        col(Registration.checked_in_at).is_(None),
    )
    by_session = {session_id: id for id, session_id in unit.session.exec(mine)}
    leaving = [by_session[session.id] for session in sessions_in(command, unit) if session.id in by_session]
    if not leaving:
        raise problems.NothingToGiveBack(phrase("这段时间里没有可以退的名额。"))
    return [cancel(Cancel(registration_id=id, channel=command.channel, acted_by=command.acted_by), unit) for id in leaving]


def _one(session: Session, wish: Register, unit: Unit) -> Enrolled:
    try:
        return Enrolled(session, register(wish, unit), None)
    except Problem as problem:
        return Enrolled(session, None, problem)


def sessions_in(term: Term, unit: Unit) -> list[Session]:
    """The planned sessions of the term that have not begun, in the order they are locked in."""
    if term.since is not None and term.until is not None and term.until < term.since:
        raise Invalid(phrase("最后一天不能早于第一天，请对调一下。"))
    since = max(_midnight(term.since), unit.now) if term.since else unit.now
    found = select(Session).where(
        col(Session.programme_id) == term.programme_id, col(Session.state) == "planned", col(Session.starts_at) > since
    )
    if term.until is not None:
        found = found.where(col(Session.starts_at) < _midnight(term.until) + timedelta(days=1))
    return list(unit.session.exec(found.order_by(*LOCK_ORDER).limit(200)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)
