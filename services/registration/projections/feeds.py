"""Programmes and residents' places as calendars read them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.ical import Entry, Status, calendar
from services.registration.tables import Programme, Registration, Session
from shared.unit import Unit

BACK = timedelta(days=90)
"""How long what is over stays in a feed."""

STATUS: dict[str, Status] = {
    "confirmed": "CONFIRMED",
    "extra": "CONFIRMED",
    "attended": "CONFIRMED",
    "no_show": "CONFIRMED",
    "waitlisted": "TENTATIVE",
    "offered": "TENTATIVE",
    "declined": "CANCELLED",
    "expired": "CANCELLED",
    "cancelled": "CANCELLED",
}


def programme_feed(programme: Programme, unit: Unit, *, origin: str) -> str:
    """Everything of a programme since some weeks ago, cancelled sessions as such."""
    found = select(Session).where(col(Session.programme_id) == programme.id, col(Session.starts_at) > unit.now - BACK)
    sessions = unit.session.exec(found.order_by(col(Session.starts_at))).all()
    entries = [
        _entry(session, "CONFIRMED", session.revision, f"{origin}/registration/sessions/{session.id}") for session in sessions
    ]
    return calendar(programme.title, entries, unit.now)


def resident_feed(resident_id: UUID, unit: Unit, *, name: str, origin: str) -> str:
    """The resident's places: those waited for are tentative, those given back or called off are cancelled.

    One entry per session, however often somebody signed up for it again.
    """
    found = (
        select(Registration, Session)
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(col(Registration.resident_id) == resident_id, col(Session.starts_at) > unit.now - BACK)
        .order_by(col(Registration.registered_at), col(Registration.id))
    )
    newest: dict[UUID, tuple[Registration, Session, int]] = {}
    for registration, session in unit.session.exec(found):
        before = newest[session.id][2] if session.id in newest else 0
        newest[session.id] = (registration, session, before + _steps(registration))
    entries = [
        _entry(session, STATUS[registration.state], session.revision + steps, f"{origin}/registration/mine/{registration.id}")
        for registration, session, steps in newest.values()
    ]
    return calendar(name, sorted(entries, key=lambda entry: entry.starts_at), unit.now)


def _steps(registration: Registration) -> int:
    """How much happened to a registration: it only grows."""
    return sum(getattr(registration, name) is not None for name in type(registration).model_fields if name.endswith("_at"))


def _entry(session: Session, status: Status, sequence: int, url: str) -> Entry:
    title = f"{session.title}：{session.topic_title}" if session.topic_title else session.title
    return Entry(
        uid=f"{session.id}@jiamenkou",
        summary=title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        location=session.where,
        status="CANCELLED" if session.state == "cancelled" else status,
        sequence=sequence,
        url=url,
    )
