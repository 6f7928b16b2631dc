"""Programmes and sessions as pages and interface show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import col, or_, select

from services.registration.domain.places import SignUp, sign_up
from services.registration.projections.people import PAGE
from services.registration.tables import LiveRoom, Programme, Session
from shared.auth import Principal
from shared.clock import SHANGHAI
from shared.limits import within
from shared.unit import Unit


def sign_up_of(session: Session, unit: Unit) -> SignUp:
    """Whether the session takes registrations now."""
    return sign_up(session.state, opens_at=session.opens_at, closes_at=session.closes_at, ends_at=session.ends_at, now=unit.now)


def sessions_on(day: date, unit: Unit, staff: Principal | None = None) -> Sequence[Session]:
    """The sessions of one Shanghai day, in order: those that `staff` may see, if it is they who ask."""
    begins = datetime.combine(day, time.min, tzinfo=SHANGHAI)
    return sessions_between(begins, begins + timedelta(days=1), unit, staff)


def sessions_between(begins: datetime, ends: datetime, unit: Unit, staff: Principal | None = None) -> Sequence[Session]:
    """Sessions that start within a span, in order: those that `staff` may see, if it is they who ask."""
    found = select(Session).where(col(Session.starts_at) >= begins, col(Session.starts_at) < ends)
    if staff is not None:
        seen = within(staff, street=Programme.street, programme=Programme.id)
        found = found.join(Programme, col(Programme.id) == col(Session.programme_id)).where(seen)
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


def programmes(unit: Unit, staff: Principal | None = None) -> Sequence[Programme]:
    """Every programme, the newest first: those that `staff` may see, if it is they who ask."""
    found = select(Programme).order_by(col(Programme.id).desc())
    if staff is not None:
        found = found.where(within(staff, street=Programme.street, programme=Programme.id))
    return unit.session.exec(found).all()


def programmes_to_come(unit: Unit, staff: Principal) -> Sequence[Programme]:
    """The programmes that `staff` may see with planned sessions that have not begun, by title."""
    coming = select(Session.programme_id).where(col(Session.state) == "planned", col(Session.starts_at) > unit.now)
    found = select(Programme).where(col(Programme.id).in_(coming), within(staff, street=Programme.street, programme=Programme.id))
    return unit.session.exec(found.order_by(col(Programme.title))).all()
