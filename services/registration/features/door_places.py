"""Places at the door: who comes without one gets a free one, or is let in beside the counted ones when staff say so."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.places import GONE
from services.registration.domain.presence import Came, Verdict, seated
from services.registration.features.find_at_door import Wanted
from services.registration.features.places import admit, fill_free_places, give, take
from services.registration.tables import Registration, Session
from shared.unit import Unit


def let_in(found: Wanted, session: Session, unit: Unit, *, force: bool) -> tuple[Registration | None, Verdict]:
    """The registration with which they are inside, or why they are not."""
    registration = found.registration
    if registration is None or registration.state in GONE:
        assert found.resident_id is not None
        registration = newcomer(session.id, found.resident_id, unit)
    if registration.state != "extra" or registration.checked_in_at is None:
        signed_up = registration.state in ("confirmed", "offered")
        if not admit(registration, session, unit):
            if not force:
                return found.registration, "no_room"
            beside(registration, session)
            registration.walk_in = registration.walk_in or not signed_up
        fill_free_places(session, unit)
    unit.add(registration)
    return registration, "ok"


def newcomer(session_id: UUID, resident_id: UUID, unit: Unit) -> Registration:
    """A registration for somebody who has just come; it has no counted place yet and is not written down yet."""
    return Registration(session_id=session_id, resident_id=resident_id, state="extra", walk_in=True, registered_at=unit.now)


def beside(registration: Registration, session: Session) -> None:
    """Let them in without a counted place; places they had online become free."""
    if registration.state in ("confirmed", "offered"):
        take(session, registration.mode, -registration.party)
    registration.state, registration.mode, registration.prefers_room = "extra", "room", False


def take_in(registration: Registration, session: Session, unit: Unit) -> None:
    """They are inside already, let in without network; whoever had no place in the room waits for `seat_newcomers`."""
    if registration.mode == "room" and registration.state in ("confirmed", "extra"):
        return
    if registration.mode == "room" and registration.state == "offered":
        give(registration, session, unit)
        return
    beside(registration, session)
    registration.let_in_offline = True


def seat_newcomers(session: Session, unit: Unit) -> None:
    """Give the free places to those who came first of all who were let in without network and had none.

    Judged anew each time a device brings its scans, the outcome does not depend on which device was first.
    """
    found = select(Registration).where(col(Registration.session_id) == session.id, col(Registration.let_in_offline))
    people = {person.id: person for person in unit.session.exec(found)}
    session.taken -= sum(person.party for person in people.values() if person.state == "confirmed")
    came = [Came(person.checked_in_at, person.resident_id, person.party) for person in people.values() if person.checked_in_at]
    chosen = seated(came, session.free)
    for person in people.values():
        person.state = "confirmed" if person.resident_id in chosen else "extra"
        person.walk_in = person.waitlisted_at is None or person.state == "extra"
    session.taken += sum(person.party for person in people.values() if person.state == "confirmed")
