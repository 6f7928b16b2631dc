"""Lecturers and volunteers, and where somebody or a room would be in two places at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.calendar import Part
from services.registration.features.assign import NAME
from services.registration.tables import Assignment, Instructor, Session
from shared.unit import Unit


class Person(NamedTuple):
    """Somebody on the list, the name readable."""

    id: UUID
    name: str
    title: str
    organisation: str
    may_be_named: bool


class AtSession(NamedTuple):
    """Somebody at a session. What residents may read is `public`: the name only of those who agreed to that."""

    person: Person
    part: Part

    @property
    def public(self) -> str:
        """As residents read it."""
        shown = (self.person.name if self.person.may_be_named else "", self.person.title, self.person.organisation)
        return " ".join(word for word in shown if word)


class Clash(NamedTuple):
    """Another session at the same time, in the same room (`what` is empty) or with the same person (their name)."""

    kind: Literal["room", "person"]
    session: Session
    what: str


def instructors(unit: Unit) -> list[Person]:
    """Everybody on the list, by name."""
    people = [_person(row, unit) for row in unit.session.exec(select(Instructor))]
    return sorted(people, key=lambda person: (person.name, person.id))


def people_at(session_id: UUID, unit: Unit) -> list[AtSession]:
    """Who is at a session: lecturers, assistants, volunteers."""
    found = (
        select(Assignment, Instructor)
        .join(Instructor, col(Instructor.id) == col(Assignment.instructor_id))
        .where(col(Assignment.session_id) == session_id)
    )
    order = {"lecturer": 0, "assistant": 1, "volunteer": 2}
    people = [AtSession(_person(instructor, unit), assignment.part) for assignment, instructor in unit.session.exec(found)]
    return sorted(people, key=lambda each: (order[each.part], each.person.name))


def lecturers_of(programme_id: UUID, unit: Unit) -> list[str]:
    """Who lectures in a programme, as residents read it: each once, in the order of their first session."""
    found = select(Session.id).where(col(Session.programme_id) == programme_id, col(Session.state) != "cancelled")
    sessions = unit.session.exec(found.order_by(col(Session.starts_at))).all()
    public = [each.public for id in sessions for each in people_at(id, unit) if each.part == "lecturer" and each.public]
    return list(dict.fromkeys(public))


def clashes_of(session: Session, unit: Unit) -> list[Clash]:
    """What else is planned meanwhile in the same room or with the same people, in whichever programme."""
    meanwhile = select(Session).where(
        col(Session.id) != session.id,
        col(Session.state) == "planned",
        col(Session.starts_at) < session.ends_at,
        col(Session.ends_at) > session.starts_at,
    )
    if session.state == "cancelled":
        return []
    others: Sequence[Session] = unit.session.exec(meanwhile.order_by(col(Session.starts_at))).all()
    found = [
        Clash("room", other, "")
        for other in others
        if session.kind != "livestream" and other.kind != "livestream" and other.where == session.where
    ]
    mine = {each.person.id for each in people_at(session.id, unit)}
    for other in others:
        found += [Clash("person", other, each.person.name) for each in people_at(other.id, unit) if each.person.id in mine]
    return found


def _person(row: Instructor, unit: Unit) -> Person:
    return Person(row.id, unit.keys.decrypt(row.name, NAME), row.title, row.organisation, row.may_be_named)
