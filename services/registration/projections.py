"""What the pages and the interface show, read from the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, or_, select

from services.registration import domain
from services.registration.domain import SignUp
from services.registration.features.places import position
from services.registration.tables import Consent, LiveRoom, Programme, Registration, Resident, Session
from shared.clock import SHANGHAI
from shared.unit import Unit

PAGE = 50


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


class Person(NamedTuple):
    """A resident as staff see them in lists."""

    id: UUID
    name: str
    phone: str
    birth_year: int | None
    street: str
    registered_at: datetime


def sign_up_of(session: Session, unit: Unit) -> SignUp:
    """Whether the session takes registrations now."""
    return domain.sign_up(
        session.state, opens_at=session.opens_at, closes_at=session.closes_at, ends_at=session.ends_at, now=unit.now
    )


def sessions_on(day: date, unit: Unit) -> Sequence[Session]:
    """The sessions of one Shanghai day, in order."""
    begins = datetime.combine(day, time.min, tzinfo=SHANGHAI)
    return sessions_between(begins, begins + timedelta(days=1), unit)


def sessions_between(begins: datetime, ends: datetime, unit: Unit) -> Sequence[Session]:
    """Sessions that start within a span, in order."""
    found = select(Session).where(col(Session.starts_at) >= begins, col(Session.starts_at) < ends)
    return unit.session.exec(found.order_by(col(Session.starts_at))).all()


def sessions_of(programme_id: UUID, unit: Unit) -> Sequence[Session]:
    """The sessions of a programme, the latest first."""
    found = select(Session).where(col(Session.programme_id) == programme_id).order_by(col(Session.starts_at).desc())
    return unit.session.exec(found.limit(PAGE)).all()


def coming_sessions(unit: Unit, *, limit: int = PAGE) -> Sequence[Session]:
    """What is still to come or going on, cancelled ones among it, soonest first; open live rooms stay whatever the hour."""
    room_is_open = select(LiveRoom.session_id).where(col(LiveRoom.closed_at).is_(None))
    coming = select(Session).where(
        or_(col(Session.ends_at) > unit.now, col(Session.id).in_(room_is_open)), col(Session.state) != "held"
    )
    return unit.session.exec(coming.order_by(col(Session.starts_at)).limit(limit)).all()


def places_of(resident_id: UUID, unit: Unit) -> list[Place]:
    """The resident's registrations for sessions that are not over, soonest first."""
    found = (
        select(Registration, Session)
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Registration.resident_id) == resident_id,
            col(Registration.state) != "cancelled",
            col(Session.ends_at) > unit.now,
            col(Session.state) != "held",
        )
        .order_by(col(Session.starts_at))
    )
    return [Place(registration, session, position(registration, unit)) for registration, session in unit.session.exec(found)]


def consents_of(resident_id: UUID, unit: Unit) -> dict[str, bool]:
    """Each purpose, and whether the resident consents to it now."""
    given = select(Consent.purpose).where(col(Consent.resident_id) == resident_id, col(Consent.withdrawn_at).is_(None))
    in_force = set(unit.session.exec(given).all())
    return {purpose: purpose in in_force for purpose in domain.PURPOSES}


def roster(session_id: UUID, unit: Unit) -> list[RosterLine]:
    """Everybody who has a place, came, or waits: places first, then the line in its order."""
    found = (
        select(Registration, Resident)
        .join(Resident, col(Resident.id) == col(Registration.resident_id))
        .where(col(Registration.session_id) == session_id, col(Registration.state) != "cancelled")
        .order_by(col(Registration.state) == "waitlisted", col(Registration.queue).nulls_first(), col(Registration.id))
    )
    return [
        RosterLine(registration, name_of(resident, unit), domain.masked_phone(phone_of(resident, unit)))
        for registration, resident in unit.session.exec(found)
    ]


def progress_of(sessions: Sequence[Session], unit: Unit) -> list[Progress]:
    """How far the rosters of these sessions are."""
    counts = (
        select(
            Registration.session_id,
            func.count().filter(col(Registration.state) != "waitlisted"),
            func.count().filter(col(Registration.state) == "waitlisted"),
            func.count(col(Registration.checked_in_at)),
        )
        .where(col(Registration.session_id).in_([session.id for session in sessions]), col(Registration.state) != "cancelled")
        .group_by(col(Registration.session_id))
    )
    found = {row[0]: row[1:] for row in unit.session.exec(counts)}
    return [Progress(session, *found.get(session.id, (0, 0, 0))) for session in sessions]


def programmes(unit: Unit) -> Sequence[Programme]:
    """Every programme, the newest first."""
    return unit.session.exec(select(Programme).order_by(col(Programme.id).desc())).all()


def people(unit: Unit, *, before: UUID | None = None, phone: str = "") -> list[Person]:
    """A page of residents, the newest first, after the one with id `before`; or the one who has `phone` (E.164)."""
    found = select(Resident).order_by(col(Resident.id).desc()).limit(PAGE)
    if before is not None:
        found = found.where(col(Resident.id) < before)
    if phone:
        found = found.where(col(Resident.phone_mark) == unit.keys.fingerprint(phone, "resident.phone"))
    return [
        Person(
            resident.id,
            domain.masked_name(name_of(resident, unit)),
            domain.masked_phone(phone_of(resident, unit)),
            resident.birth_year,
            resident.street,
            resident.registered_at,
        )
        for resident in unit.session.exec(found)
    ]


def how_many_residents(unit: Unit) -> int:
    """All residents."""
    return unit.session.exec(select(func.count()).select_from(Resident)).one()


def name_of(resident: Resident, unit: Unit) -> str:
    """The resident's name."""
    return unit.keys.decrypt(resident.name, "resident.name")


def phone_of(resident: Resident, unit: Unit) -> str:
    """The resident's phone in E.164; empty when there is none."""
    return unit.keys.decrypt(resident.phone, "resident.phone") if resident.phone else ""
