"""How what happens to a registration is told."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from services.registration.domain.people import Channel
from services.registration.domain.presence import Way
from services.registration.tables import Registration, Session
from shared.contracts.registration import (
    OfferDeclined,
    OfferExpired,
    PlaceOffered,
    PlaceSwapped,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationWaitlisted,
    ResidentCheckedIn,
    ResidentCheckedOut,
)


class _About(TypedDict):
    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID


def confirmed(registration: Registration, session: Session, *, from_waitlist: bool) -> RegistrationConfirmed:
    """The resident has a place."""
    return RegistrationConfirmed(
        **_about(registration, session),
        from_waitlist=from_waitlist,
        party=registration.party,
        mode=registration.mode,
        acted_by=registration.acted_by,
    )


def waitlisted(registration: Registration, session: Session, *, position: int) -> RegistrationWaitlisted:
    """The resident waits."""
    return RegistrationWaitlisted(
        **_about(registration, session),
        position=position,
        party=registration.party,
        mode=registration.mode,
        acted_by=registration.acted_by,
    )


def offered(registration: Registration, session: Session) -> PlaceOffered:
    """A place is kept for the resident until the offer ends."""
    assert registration.offer_expires_at is not None
    return PlaceOffered(
        **_about(registration, session),
        expires_at=registration.offer_expires_at,
        party=registration.party,
        mode=registration.mode,
    )


def declined(registration: Registration, session: Session, *, channel: Channel, acted_by: UUID | None) -> OfferDeclined:
    """The resident does not want it."""
    return OfferDeclined(**_about(registration, session), channel=channel, acted_by=acted_by)


def expired(registration: Registration, session: Session) -> OfferExpired:
    """Nobody answered."""
    return OfferExpired(**_about(registration, session))


def swapped(registration: Registration, session: Session, *, from_waitlist: bool) -> PlaceSwapped:
    """The resident's place is in the other mode now."""
    return PlaceSwapped(**_about(registration, session), mode=registration.mode, from_waitlist=from_waitlist)


def cancelled(
    registration: Registration, session: Session, *, had_place: bool, channel: Channel, acted_by: UUID | None
) -> RegistrationCancelled:
    """The resident gave the place, or the waiting, back."""
    return RegistrationCancelled(
        **_about(registration, session), had_place=had_place, channel=channel, late=registration.late, acted_by=acted_by
    )


def checked_in(registration: Registration, session: Session, way: Way) -> ResidentCheckedIn:
    """The resident is here."""
    return ResidentCheckedIn(
        **_about(registration, session), walk_in=registration.walk_in, way_in=way, at=registration.checked_in_at
    )


def checked_out(registration: Registration, session: Session, way: Way) -> ResidentCheckedOut:
    """The resident has left."""
    assert registration.left_at is not None
    return ResidentCheckedOut(**_about(registration, session), way=way, at=registration.left_at)


def _about(registration: Registration, session: Session) -> _About:
    return _About(
        registration_id=registration.id,
        session_id=session.id,
        programme_id=session.programme_id,
        resident_id=registration.resident_id,
    )
