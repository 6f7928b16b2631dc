"""End the offers that nobody answered in time, and let their places go on."""

from __future__ import annotations

from sqlmodel import col, select

from services.registration.features import announcements
from services.registration.features.places import LOCK_ORDER, fill_free_places, take
from services.registration.tables import Registration, Session
from shared.unit import Unit

AT_ONCE = 100
"""How many sessions are looked at in one unit; the rest follow with the next tick."""


def expire_offers(unit: Unit) -> int:
    """End what is due; returns how many offers that were. Run twice it finds nothing the second time."""
    ended = 0
    due = (
        select(Session.id)
        .join(Registration, col(Registration.session_id) == col(Session.id))
        .where(
            col(Registration.state) == "offered",
            col(Registration.offer_expires_at) <= unit.now,
            col(Session.state) != "cancelled",
        )
        .group_by(*LOCK_ORDER)
        .order_by(*LOCK_ORDER)
        .limit(AT_ONCE)
    )
    for session_id in unit.session.exec(due).all():
        session = unit.lock(Session, session_id)
        for registration in _due_in(session, unit):
            registration.state = "expired"
            registration.expired_at = unit.now
            take(session, registration.mode, -registration.party)
            unit.emit(announcements.expired(registration, session))
            ended += 1
        fill_free_places(session, unit)
    return ended


def _due_in(session: Session, unit: Unit) -> list[Registration]:
    due = select(Registration).where(
        col(Registration.session_id) == session.id,
        col(Registration.state) == "offered",
        col(Registration.offer_expires_at) <= unit.now,
    )
    locked = due.order_by(col(Registration.queue)).with_for_update().execution_options(populate_existing=True)
    return list(unit.session.exec(locked))
