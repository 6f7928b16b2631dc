"""What notify keeps of other services' facts: how residents are reached, sessions, and who has a place."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain.phones import national
from services.notify.features.compose import LANDLINE, NAME, NEIGHBOURHOOD, PHONE
from services.notify.tables import Carer, Contact, Registration, Session
from shared.contracts.registration import (
    AuthorityEnded,
    AuthorityGiven,
    MergeUndone,
    OfferDeclined,
    OfferExpired,
    PlaceOffered,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationMissed,
    RegistrationWaitlisted,
    ResidentChanged,
    ResidentRegistered,
    ResidentsMerged,
    SessionCancelled,
    SessionChanged,
    SessionScheduled,
)
from shared.unit import Unit


def keep_contact(event: ResidentRegistered | ResidentChanged, unit: Unit) -> None:
    """Keep how the resident is reached; the number stays encrypted and can be looked up by its fingerprint only."""
    number = national(unit.keys.unseal(event.phone))
    landline, name = unit.keys.unseal(event.landline), unit.keys.unseal(event.name)
    neighbourhood = unit.keys.unseal(event.neighbourhood)
    known = unit.find(Contact, event.resident_id)
    agreed = "texts" in event.consents if isinstance(event, ResidentRegistered) else known is not None and known.texts
    contact = Contact(
        resident_id=event.resident_id,
        phone=unit.keys.encrypt(number, PHONE) if number else "",
        phone_fingerprint=unit.keys.fingerprint(number, PHONE) if number else "",
        texts=agreed,
        name=unit.keys.encrypt(name, NAME) if name else "",
        landline=unit.keys.encrypt(landline, LANDLINE) if landline else "",
        calls=event.calls,
        merged_into=known.merged_into if known is not None else None,
        street=event.street,
        neighbourhood=unit.keys.encrypt(neighbourhood, NEIGHBOURHOOD) if neighbourhood else "",
    )
    unit.session.merge(contact)


def keep_carer(event: AuthorityGiven, unit: Unit) -> None:
    """Keep who acts for whom."""
    unit.session.merge(Carer(elder_id=event.elder_id, carer_id=event.carer_id))


def link(event: ResidentsMerged, unit: Unit) -> None:
    """Texts for the merged record go to the kept one."""
    _stand_for(event.merged, event.kept, unit)


def unlink(event: MergeUndone, unit: Unit) -> None:
    """Each stands for itself again."""
    _stand_for(event.merged, None, unit)


def _stand_for(resident_id: UUID, other: UUID | None, unit: Unit) -> None:
    contact = unit.find(Contact, resident_id)
    if contact is not None:
        contact.merged_into = other


def forget_carer(event: AuthorityEnded, unit: Unit) -> None:
    """Nobody acts for the elder in this carer's place."""
    carer = unit.find(Carer, (event.elder_id, event.carer_id))
    if carer is not None:
        unit.session.delete(carer)


def keep_session(event: SessionScheduled, unit: Unit) -> Session | None:
    """Keep what texts say of the session; returns it if it was known and is now at another time."""
    known = unit.find(Session, event.session_id)
    moved = known is not None and known.starts_at != event.starts_at
    session = unit.session.merge(
        Session(
            id=event.session_id,
            title=event.title,
            topic_title=event.topic_title,
            starts_at=event.starts_at,
            place=event.place,
            programme_id=event.programme_id,
            street=event.street,
        )
    )
    return session if moved else None


def move_session(event: SessionChanged, unit: Unit) -> tuple[Session, bool, bool]:
    """Keep what texts say of the session now; returned with whether its time and whether its place is another."""
    session = unit.get(Session, event.session_id)
    moved = session.starts_at != event.starts_at, session.place != event.place
    session.title, session.topic_title = event.title, event.topic_title
    session.starts_at, session.place = event.starts_at, event.place
    session.programme_id, session.street = event.programme_id, event.street
    return session, *moved


def call_off(event: SessionCancelled, unit: Unit) -> Session:
    """The session is not held."""
    session = unit.get(Session, event.session_id)
    session.state = "cancelled"
    return session


def keep_registration(
    event: RegistrationConfirmed
    | RegistrationWaitlisted
    | RegistrationCancelled
    | RegistrationMissed
    | PlaceOffered
    | OfferDeclined
    | OfferExpired,
    unit: Unit,
) -> tuple[Registration, Session]:
    """Keep where the registration stands; returned with its session."""
    match event:
        case RegistrationConfirmed():
            state = "confirmed"
        case RegistrationWaitlisted():
            state = "waitlisted"
        case RegistrationCancelled():
            state = "cancelled"
        case RegistrationMissed():
            state = "missed"
        case PlaceOffered():
            state = "offered"
        case OfferDeclined():
            state = "declined"
        case OfferExpired():
            state = "expired"
    registration = unit.session.merge(
        Registration(id=event.registration_id, session_id=event.session_id, resident_id=event.resident_id, state=state)
    )
    return registration, unit.get(Session, event.session_id)


def registered(session: Session, unit: Unit, *states: str) -> Sequence[Registration]:
    """The session's registrations in one of `states`."""
    found = select(Registration).where(col(Registration.session_id) == session.id, col(Registration.state).in_(states))
    return unit.session.exec(found.order_by(col(Registration.id))).all()
