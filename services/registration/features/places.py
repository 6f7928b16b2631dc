"""The places of one session and the line for them.

Whoever calls holds the session's row lock, which makes the line's order commit order.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, func, select

from services.registration.domain.places import GONE
from services.registration.features import announcements
from services.registration.tables import Registration, Session
from shared.unit import Unit


def active(session_id: UUID, resident_id: UUID, unit: Unit) -> Registration | None:
    """The resident's registration for the session, unless they no longer take part."""
    found = select(Registration).where(
        col(Registration.session_id) == session_id,
        col(Registration.resident_id) == resident_id,
        col(Registration.state).not_in(GONE),
    )
    return unit.session.exec(found).one_or_none()


def position(registration: Registration, unit: Unit) -> int | None:
    """The place in the line, counted from 1; None for those who do not wait."""
    if registration.state != "waitlisted" or registration.queue is None:
        return None
    ahead = select(func.count()).where(
        col(Registration.session_id) == registration.session_id,
        col(Registration.state) == "waitlisted",
        col(Registration.queue) < registration.queue,
    )
    return unit.session.exec(ahead).one() + 1


def give(registration: Registration, session: Session, unit: Unit) -> None:
    """Give the registration one of the free places."""
    session.taken += 1
    registration.state = "confirmed"
    registration.confirmed_at = unit.now
    unit.emit(announcements.confirmed(registration, session, from_waitlist=registration.queue is not None))


def queue(registration: Registration, session: Session, unit: Unit) -> None:
    """Put the registration at the end of the line."""
    session.queued += 1
    registration.state = "waitlisted"
    registration.waitlisted_at = unit.now
    registration.queue = session.queued
    unit.emit(announcements.waitlisted(registration, session, position=position(registration, unit) or 1))


def give_to_next_in_line(session: Session, unit: Unit) -> Registration | None:
    """Give a place that became free to whoever waits longest."""
    waiting = (
        select(Registration)
        .where(col(Registration.session_id) == session.id, col(Registration.state) == "waitlisted")
        .order_by(col(Registration.queue))
        .limit(1)
    )
    registration = unit.session.exec(waiting).one_or_none()
    if registration is not None:
        give(registration, session, unit)
    return registration
