"""How what happens to a registration is told."""

from __future__ import annotations

from services.registration.domain.people import Channel
from services.registration.tables import Registration, Session
from shared.contracts.registration import RegistrationCancelled, RegistrationConfirmed, RegistrationWaitlisted, ResidentCheckedIn


def confirmed(registration: Registration, session: Session, *, from_waitlist: bool) -> RegistrationConfirmed:
    """The resident has a place."""
    return RegistrationConfirmed(
        registration_id=registration.id,
        session_id=session.id,
        programme_id=session.programme_id,
        resident_id=registration.resident_id,
        from_waitlist=from_waitlist,
    )


def waitlisted(registration: Registration, session: Session, *, position: int) -> RegistrationWaitlisted:
    """The resident waits."""
    return RegistrationWaitlisted(
        registration_id=registration.id,
        session_id=session.id,
        programme_id=session.programme_id,
        resident_id=registration.resident_id,
        position=position,
    )


def cancelled(registration: Registration, session: Session, *, had_place: bool, channel: Channel) -> RegistrationCancelled:
    """The resident gave the place, or the waiting, back."""
    return RegistrationCancelled(
        registration_id=registration.id,
        session_id=session.id,
        programme_id=session.programme_id,
        resident_id=registration.resident_id,
        had_place=had_place,
        channel=channel,
    )


def checked_in(registration: Registration, session: Session) -> ResidentCheckedIn:
    """The resident is here, and staff saw it."""
    return ResidentCheckedIn(
        registration_id=registration.id,
        session_id=session.id,
        programme_id=session.programme_id,
        resident_id=registration.resident_id,
        walk_in=registration.walk_in,
        way_in="staff",
    )
