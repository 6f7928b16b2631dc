"""The places of one session and the line for them.

Whoever calls holds the session's row lock, which makes the line's order commit order. Whoever locks several sessions in one unit
locks them in the order of `LOCK_ORDER`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import and_, col, func, or_, select

from services.registration.domain.offers import offer_until
from services.registration.domain.places import GONE, Mode, Waiting, may_go_straight_in, next_in_line
from services.registration.features import announcements, problems
from services.registration.features.acting import may_act_for
from services.registration.tables import Registration, Session
from shared.clock import SHANGHAI
from shared.contracts.registration import RegistrationWaitlisted
from shared.unit import Unit
from shared.web import phrase

UNKNOWN = phrase("没有找到这个名额，它可能已经退了；请到“我的”里看看。")

LOCK_ORDER = (col(Session.starts_at), col(Session.id))

MODES: tuple[Mode, ...] = ("room", "online")
"""The room first: who moves there from online leaves a place for somebody who waits online."""

NOT_MOVED_WITHIN = timedelta(hours=1)
"""How long before the start people who follow from home are no longer moved to the room."""


def active(session_id: UUID, resident_id: UUID, unit: Unit) -> Registration | None:
    """The resident's registration for the session, unless they no longer take part."""
    found = select(Registration).where(
        col(Registration.session_id) == session_id,
        col(Registration.resident_id) == resident_id,
        col(Registration.state).not_in(GONE),
    )
    return unit.session.exec(found).one_or_none()


def locked(registration_id: UUID, asking: UUID | None, unit: Unit) -> tuple[Registration, Session]:
    """The registration and its session, locked; raises `UnknownRegistration`, also when `asking` may not act for its resident.

    `asking` is a resident; None stands for staff.
    """
    found = unit.find(Registration, registration_id)
    if found is None or not (asking is None or may_act_for(asking, found.resident_id, unit)):
        raise problems.UnknownRegistration(UNKNOWN)
    session = unit.lock(Session, found.session_id)
    return unit.lock(Registration, found.id), session


def capacity(session: Session, mode: Mode) -> int:
    """All places of this mode."""
    return session.capacity if mode == "room" else session.online_capacity


def free(session: Session, mode: Mode) -> int:
    """Places of this mode that nobody has and that are kept for nobody."""
    return session.capacity - session.taken if mode == "room" else session.online_capacity - session.online_taken


def take(session: Session, mode: Mode, party: int) -> None:
    """Count places as taken; `party` may be negative to count them as free again."""
    if mode == "room":
        session.taken += party
    else:
        session.online_taken += party


def waits_for(mode: Mode) -> Any:
    """The condition under which a registration stands in the line for `mode`."""
    waits = and_(col(Registration.state) == "waitlisted", col(Registration.mode) == mode)
    return or_(waits, and_(col(Registration.prefers_room), col(Registration.state) == "confirmed")) if mode == "room" else waits


def line_for(registration: Registration) -> Mode | None:
    """Which line the registration stands in, if in any."""
    if registration.state == "waitlisted":
        return registration.mode
    return "room" if registration.prefers_room and registration.state == "confirmed" else None


def line(session: Session, mode: Mode, unit: Unit) -> list[Waiting]:
    """Who waits for `mode`, first first."""
    found = (
        select(Registration.id, Registration.queue, Registration.party)
        .where(col(Registration.session_id) == session.id, waits_for(mode))
        .order_by(col(Registration.queue))
    )
    return [Waiting(id, number or 0, party) for id, number, party in unit.session.exec(found)]


def position(registration: Registration, unit: Unit) -> int | None:
    """The place in the line, counted from 1; None for those who do not wait."""
    mode = line_for(registration)
    if mode is None or registration.queue is None:
        return None
    ahead = select(func.count()).where(
        col(Registration.session_id) == registration.session_id, waits_for(mode), col(Registration.queue) < registration.queue
    )
    return unit.session.exec(ahead).one() + 1


def told_position(registration: Registration, unit: Unit) -> int | None:
    """The place in the line as this unit told it when it put the registration there; None when it did not."""
    told = (
        each
        for each in reversed(unit.said)
        if isinstance(each, RegistrationWaitlisted) and each.registration_id == registration.id
    )
    return next((each.position for each in told), None)


def has_places_for(registration: Registration, mode: Mode, session: Session, unit: Unit) -> bool:
    """Whether the registration gets places of this mode at once, or has to wait behind others."""
    left = free(session, mode)
    if registration.party > left:
        return False
    others = [each for each in line(session, mode, unit) if each.id != registration.id]
    return may_go_straight_in(
        others, registration.party, free=left, capacity=capacity(session, mode), policy=session.waitlist_policy
    )


def give(registration: Registration, session: Session, unit: Unit) -> None:
    """Give the registration free places, or those that were kept for it."""
    if registration.state != "offered":
        take(session, registration.mode, registration.party)
    registration.state = "confirmed"
    registration.confirmed_at = unit.now
    unit.emit(announcements.confirmed(registration, session, from_waitlist=registration.queue is not None))


def queue(registration: Registration, session: Session, waiting: int, unit: Unit) -> None:
    """Put the registration at the end of the line, behind those who are `waiting`."""
    session.queued += 1
    registration.state = "waitlisted"
    registration.waitlisted_at = unit.now
    registration.queue = session.queued
    unit.emit(announcements.waitlisted(registration, session, position=waiting + 1))


def swap(registration: Registration, session: Session, mode: Mode, unit: Unit) -> None:
    """Move the registration's places to free ones of the other mode."""
    take(session, registration.mode, -registration.party)
    take(session, mode, registration.party)
    from_waitlist, registration.prefers_room = registration.prefers_room, False
    registration.mode = mode
    unit.emit(announcements.swapped(registration, session, from_waitlist=from_waitlist and mode == "room"))


def admit(registration: Registration, session: Session, unit: Unit) -> bool:
    """Give somebody at the door their places in the room: kept, moved from online, or free ones; False when none are left.

    A free place goes to whoever stands at the door, whoever waits at home.
    """
    if registration.mode == "room" and registration.state == "confirmed":
        return True
    if registration.mode == "room" and registration.state == "offered":
        give(registration, session, unit)
        return True
    if registration.party > session.free:
        return False
    if registration.mode == "online" and registration.state in ("confirmed", "offered"):
        if registration.state == "offered":
            give(registration, session, unit)
        swap(registration, session, "room", unit)
        return True
    registration.mode = "room"
    if registration.state == "waitlisted":
        give(registration, session, unit)
    else:
        take(session, "room", registration.party)
        registration.state = "confirmed"
    return True


def fill_free_places(session: Session, unit: Unit) -> list[Registration]:
    """Offer what is free to those who wait, as the session's policy says; called after anything that frees places.

    Who agreed beforehand, and everybody when the start is too near to ask, gets theirs at once.
    """
    filled: list[Registration] = []
    if session.state != "planned" or unit.now >= session.starts_at:
        return filled
    for mode in MODES:
        while (registration := _next(session, mode, unit)) is not None:
            _serve(registration, session, unit)
            filled.append(registration)
    return filled


def _next(session: Session, mode: Mode, unit: Unit) -> Registration | None:
    left = free(session, mode)
    if not left:
        return None
    waiting = line(session, mode, unit)
    if session.starts_at - unit.now < NOT_MOVED_WITHIN:
        moving = select(Registration.id).where(col(Registration.session_id) == session.id, col(Registration.prefers_room))
        stays = set(unit.session.exec(moving))
        waiting = [each for each in waiting if each.id not in stays]
    first = next_in_line(waiting, free=left, capacity=capacity(session, mode), policy=session.waitlist_policy)
    return unit.get(Registration, first.id) if first else None


def _serve(registration: Registration, session: Session, unit: Unit) -> None:
    until = offer_until(unit.now, session.starts_at, SHANGHAI)
    if registration.prefers_room and registration.state == "confirmed":
        swap(registration, session, "room", unit)
    elif registration.at_once or until is None:
        give(registration, session, unit)
    else:
        take(session, registration.mode, registration.party)
        registration.state = "offered"
        registration.offered_at, registration.offer_expires_at = unit.now, until
        unit.emit(announcements.offered(registration, session))


def shorten_offers(session: Session, unit: Unit) -> None:
    """The session starts earlier than it did: an offer stands no longer than one made now, and where that is too late to ask,
    the place is given."""
    until = offer_until(unit.now, session.starts_at, SHANGHAI)
    open_offers = select(Registration).where(
        col(Registration.session_id) == session.id,
        col(Registration.state) == "offered",
        col(Registration.offer_expires_at) > unit.now,
    )
    for registration in unit.session.exec(open_offers.order_by(col(Registration.queue)).with_for_update()).all():
        if until is None:
            give(registration, session, unit)
        elif registration.offer_expires_at is not None and until < registration.offer_expires_at:
            registration.offer_expires_at = until
            unit.emit(announcements.offered(registration, session))
