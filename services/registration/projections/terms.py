"""A programme's term as one person sees it: each date with what they have there, or how sign-up stands."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.calendar import Audience
from services.registration.domain.places import GONE, SignUp
from services.registration.features.enrol import Term, sessions_in
from services.registration.features.places import position
from services.registration.projections.calendar import sign_up_of
from services.registration.tables import Programme, Registration, Resident, Session
from shared.clock import SHANGHAI
from shared.unit import Unit


class TermDate(NamedTuple):
    """One session of the term: the person's registration with its place in the line, if any, and how sign-up stands."""

    session: Session
    registration: Registration | None
    position: int | None
    sign_up: SignUp

    @property
    def open(self) -> bool:
        """Whether signing up for the term would ask for a place here."""
        return self.registration is None and self.sign_up is SignUp.OPEN


class TermView(NamedTuple):
    """The dates to come. `most`: the largest party that every open date takes; `online`: every open date is held online too;
    `meant`: the programme's rules admit the person."""

    dates: list[TermDate]
    most: int
    online: bool
    meant: bool

    @property
    def open(self) -> int:
        """On how many dates a place can be asked for."""
        return sum(date.open for date in self.dates)

    @property
    def held(self) -> int:
        """On how many dates the person has a place, an offer or a spot in the line."""
        return sum(date.registration is not None for date in self.dates)


def term_of(term: Term, unit: Unit) -> TermView:
    """The term of `term.resident_id`; raises `Invalid` when its days are the wrong way round."""
    sessions = sessions_in(term, unit)
    found = select(Registration).where(
        col(Registration.resident_id) == term.resident_id,
        col(Registration.session_id).in_([session.id for session in sessions]),
        col(Registration.state).not_in(GONE),
    )
    mine = {registration.session_id: registration for registration in unit.session.exec(found)}
    dates = [_date(session, mine.get(session.id), unit) for session in sessions]
    asked = [date.session for date in dates if date.open]
    return TermView(
        dates=dates,
        most=min((min(session.party_max, session.capacity) for session in asked), default=1),
        online=bool(asked) and all(session.online_capacity for session in asked),
        meant=_meant(term.programme_id, term.resident_id, sessions, unit),
    )


def _date(session: Session, registration: Registration | None, unit: Unit) -> TermDate:
    return TermDate(session, registration, position(registration, unit) if registration else None, sign_up_of(session, unit))


def _meant(programme_id: UUID, resident_id: UUID, sessions: list[Session], unit: Unit) -> bool:
    audience, resident = unit.get(Programme, programme_id).audience, unit.get(Resident, resident_id)
    years = {session.starts_at.astimezone(SHANGHAI).year for session in sessions}
    rules = Audience.of(audience)
    return any(rules.admits(birth_year=resident.birth_year, street=resident.street, nominated=False, year=year) for year in years)
