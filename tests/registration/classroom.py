"""The cadre course that the tests tell of: two neighbourhoods, four lessons of 45 minutes on four mornings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.registration.features.complete_course import CompleteCourse, complete_course
from services.registration.features.enrol_cohort import EnrolCohort, enrol_cohort
from services.registration.features.nominate import Nominate, nominate
from services.registration.features.open_course import OpenCourse, Quota, open_course
from services.registration.features.open_programme import OpenProgramme, Topic, open_programme
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.tables import Course, Nomination, Programme, Registration, Resident, Session
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import STREET, a_resident

CLERK = new_id()
FIRST = datetime(2021, 5, 17, 1, 0, tzinfo=UTC)
"""Monday 17 May 2021, 9:00 in Shanghai."""
LESSON = timedelta(minutes=45)
DAY = timedelta(days=1)
TOPICS = {"talk": "议事会怎么开", "home": "入户走访", "calm": "矛盾怎么化解", "law": "民法典里的邻里事"}
WEST, EAST = "310101019003", "310101019007"


def a_programme(bench: Bench, **given: Any) -> Programme:
    """A programme of kind course with four topics."""
    told = {
        "kind": "course",
        "title": "社区工作骨干培训班",
        "organiser": "老西门街道",
        "street": STREET,
        "place": "文庙路 215 号",
        "topics": tuple(Topic(code=code, title=title) for code, title in TOPICS.items()),
    }
    return bench.run(open_programme, OpenProgramme(**told | given))


def a_lesson(bench: Bench, programme: Programme, starts: datetime, **given: Any) -> Session:
    """A lesson of 45 minutes."""
    told = {"programme_id": programme.id, "starts_at": starts, "ends_at": starts + LESSON, "capacity": 30}
    return bench.run(schedule_session, ScheduleSession(**told | given))


def a_course(bench: Bench, lessons: int = 4, *, starts: datetime = FIRST, **given: Any) -> Course:
    """An open course with its lessons, one a day; two seats for the west, one for the east."""
    programme = a_programme(bench)
    for day in range(lessons):
        a_lesson(bench, programme, starts + day * DAY)
    quotas = (Quota(neighbourhood=WEST, name="净土居委", seats=2), Quota(neighbourhood=EAST, name="西仓居委", seats=1))
    told = {"programme_id": programme.id, "cohort": "2021 年春季班", "issuer": "老西门街道社区服务办公室", "quotas": quotas}
    return bench.run(open_course, OpenCourse(**{"needs_test": False} | told | given))


def sent(bench: Bench, course: Course, resident: Resident | None = None, **given: Any) -> Nomination:
    """Somebody is nominated, by the west unless said otherwise."""
    who = (resident or a_resident(bench)).id
    told = {"programme_id": course.programme_id, "resident_id": who, "neighbourhood": WEST, "by": CLERK}
    return bench.run(nominate, Nominate(**told | given))


def a_student(bench: Bench, course: Course, resident: Resident | None = None, **given: Any) -> Nomination:
    """Somebody nominated and enrolled."""
    nomination = sent(bench, course, resident, **given)
    bench.run(enrol_cohort, EnrolCohort(programme_id=course.programme_id, by=CLERK))
    return bench.get(Nomination, nomination.id)


def lessons(bench: Bench, course: Course) -> list[Session]:
    """The lessons in order."""
    own = [session for session in bench.all(Session) if session.programme_id == course.programme_id]
    return sorted(own, key=lambda session: session.starts_at)


def was_there(
    bench: Bench, lesson: Session, resident_id: UUID, *, came: timedelta = timedelta(0), left: timedelta | None = LESSON
) -> Registration:
    """Somebody signed in so long after the lesson's start, and out so long after it; None: never out."""
    bench.query(
        "UPDATE registration SET checked_in_at = %s, left_at = %s WHERE session_id = %s AND resident_id = %s RETURNING id",
        (lesson.starts_at + came, None if left is None else lesson.starts_at + left, lesson.id, resident_id),
    )
    own = [row for row in bench.all(Registration) if (row.session_id, row.resident_id) == (lesson.id, resident_id)]
    return own[0]


def all_held(bench: Bench, course: Course) -> None:
    """Every lesson is over."""
    bench.query(
        "UPDATE session SET state = 'held' WHERE programme_id = %s AND state = 'planned' RETURNING id", (course.programme_id,)
    )
    bench.at(max(lesson.ends_at for lesson in lessons(bench, course)) + timedelta(hours=1))


def completed(bench: Bench, course: Course) -> list[Nomination]:
    """Staff close the course."""
    return bench.run(complete_course, CompleteCourse(programme_id=course.programme_id, by=CLERK))


def a_graduate(bench: Bench, course: Course, resident: Resident | None = None) -> Nomination:
    """Somebody who attended everything and completed the course."""
    student = a_student(bench, course, resident)
    for lesson in lessons(bench, course):
        was_there(bench, lesson, student.resident_id)
    all_held(bench, course)
    (done,) = completed(bench, course)
    return done
