"""Places and rosters as pages and interface show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from services.registration.domain.people import masked_phone
from services.registration.domain.places import GONE
from services.registration.features.places import position
from services.registration.projections.people import name_of, phone_of
from services.registration.tables import Authority, Registration, Resident, Session
from shared.unit import Unit


class Place(NamedTuple):
    """A registration with its session, and the place in the line for those who wait."""

    registration: Registration
    session: Session
    position: int | None


class RosterLine(NamedTuple):
    """One name on a session's roster."""

    registration: Registration
    name: str
    phone: str


class Progress(NamedTuple):
    """How far a session's roster is: places given, people waiting, people who came."""

    session: Session
    given: int
    waiting: int
    came: int


def places_of(resident_id: UUID, unit: Unit) -> list[Place]:
    """The resident's registrations for sessions that are not over, soonest first."""
    found = (
        select(Registration, Session)
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Registration.resident_id) == resident_id,
            col(Registration.state).not_in(GONE),
            col(Session.ends_at) > unit.now,
            col(Session.state) != "held",
        )
        .order_by(col(Session.starts_at))
    )
    return [Place(registration, session, position(registration, unit)) for registration, session in unit.session.exec(found)]


def roster(session_id: UUID, unit: Unit) -> list[RosterLine]:
    """Everybody who has a place, came, or waits: places first, then the line in its order."""
    found = (
        select(Registration, Resident)
        .join(Resident, col(Resident.id) == col(Registration.resident_id))
        .where(col(Registration.session_id) == session_id, col(Registration.state).not_in(GONE))
        .order_by(col(Registration.state) == "waitlisted", col(Registration.queue).nulls_first(), col(Registration.id))
    )
    return [
        RosterLine(registration, name_of(resident, unit), masked_phone(phone_of(resident, unit)))
        for registration, resident in unit.session.exec(found)
    ]


def progress_of(sessions: Sequence[Session], unit: Unit) -> list[Progress]:
    """How far the rosters of these sessions are."""
    counts = (
        select(
            Registration.session_id,
            func.count().filter(col(Registration.state).not_in(("waitlisted", "offered"))),
            func.count().filter(col(Registration.state) == "waitlisted"),
            func.count(col(Registration.checked_in_at)),
        )
        .where(col(Registration.session_id).in_([session.id for session in sessions]), col(Registration.state).not_in(GONE))
        .group_by(col(Registration.session_id))
    )
    found = {row[0]: row[1:] for row in unit.session.exec(counts)}
    return [Progress(session, *found.get(session.id, (0, 0, 0))) for session in sessions]


class CaredFor(NamedTuple):
    """Somebody for whom a carer may act."""

    id: UUID
    name: str


def cared_for(carer_id: UUID, unit: Unit) -> list[CaredFor]:
    """Whom the resident may sign up besides themselves."""
    found = (
        select(Resident)
        .join(Authority, col(Authority.elder_id) == col(Resident.id))
        .where(col(Authority.carer_id) == carer_id, col(Authority.ended_at).is_(None), col(Resident.merged_into).is_(None))
        .order_by(col(Resident.id))
    )
    return [CaredFor(resident.id, name_of(resident, unit)) for resident in unit.session.exec(found)]
