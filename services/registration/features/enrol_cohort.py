"""Give everybody on a course's list their place in each of its lessons."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.places import SignUp
from services.registration.features import Command, problems
from services.registration.features.course_minutes import lessons_of
from services.registration.features.nominate import ON_THE_LIST
from services.registration.features.open_course import the_course
from services.registration.features.places import active
from services.registration.features.register import Register, register
from services.registration.projections.calendar import sign_up_of
from services.registration.tables import Nomination
from shared.unit import Unit
from shared.web import phrase


class EnrolCohort(Command):
    """Everybody nominated for `programme_id`, enrolled by `by`."""

    programme_id: UUID
    by: UUID


class Enrolled(NamedTuple):
    """How many people are newly enrolled, how many places they got, and how many they have to wait for."""

    people: int
    places: int
    waiting: int


def enrol_cohort(command: EnrolCohort, unit: Unit) -> Enrolled:
    """Sign everybody up for every lesson that takes registrations; done again, it adds what has come since."""
    course = the_course(command.programme_id, unit, locked=True)
    lessons = [lesson for lesson in lessons_of(course.programme_id, unit) if sign_up_of(lesson, unit) is SignUp.OPEN]
    if not lessons:
        raise problems.NotACourse(phrase("这个培训班还没有可以报名的课，先排课再入班。"))
    found = select(Nomination).where(col(Nomination.programme_id) == course.programme_id, col(Nomination.state).in_(ON_THE_LIST))
    people = unit.session.exec(found.order_by(col(Nomination.id)).with_for_update()).all()
    new = places = waiting = 0
    for person in people:
        if person.state == "nominated":
            person.state, person.enrolled_at, new = "enrolled", unit.now, new + 1
        for lesson in lessons:
            if active(lesson.id, person.resident_id, unit) is None:
                registration = register(
                    Register(
                        session_id=lesson.id, resident_id=person.resident_id, at_once=True, acted_by=command.by, nominated=True
                    ),
                    unit,
                )
                places += registration.state == "confirmed"
                waiting += registration.state != "confirmed"
    return Enrolled(new, places, waiting)
