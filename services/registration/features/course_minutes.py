"""Who was in which lesson of a course, and for how long: read from the registrations, with excuses and make-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain import courses
from services.registration.domain.courses import Attended, Total
from services.registration.features import problems
from services.registration.features.nominate import nominated
from services.registration.tables import Course, MakeUpSession, Nomination, Session
from shared.unit import Unit
from shared.web import phrase


@dataclass(frozen=True, slots=True)
class Lesson:
    """One person's part in one lesson. `made_up` are the minutes credited from another session."""

    session: Session
    attended: Attended
    registration_id: UUID | None
    excused: bool
    made_up: int

    @property
    def minutes(self) -> int:
        """What counts."""
        return self.attended.minutes + self.made_up


@dataclass(frozen=True, slots=True)
class Record:
    """One person's lessons, in order, and what they come to."""

    nomination: Nomination
    lessons: tuple[Lesson, ...]
    total: Total


_PARTS = """
    SELECT n.id, s.id, r.id, r.checked_in_at, r.left_at, st.registration_id IS NOT NULL, e.session_id IS NOT NULL,
           other.starts_at, other.ends_at, made.checked_in_at, made.left_at, made_stay.registration_id IS NOT NULL
    FROM nomination n
    JOIN session s ON s.id = ANY(%(lessons)s)
    LEFT JOIN registration r ON r.session_id = s.id AND r.resident_id = n.resident_id AND r.checked_in_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM make_up used WHERE used.registration_id = r.id)
    LEFT JOIN stay st ON st.registration_id = r.id
    LEFT JOIN excuse e ON e.session_id = s.id AND e.resident_id = n.resident_id
    LEFT JOIN make_up m ON m.missed_session_id = s.id AND m.resident_id = n.resident_id
    LEFT JOIN registration made ON made.id = m.registration_id
    LEFT JOIN stay made_stay ON made_stay.registration_id = made.id
    LEFT JOIN session other ON other.id = made.session_id
    WHERE n.programme_id = %(programme)s AND n.state = 'enrolled' AND (%(resident)s::uuid IS NULL OR n.resident_id = %(resident)s)
"""


def lessons_of(programme_id: UUID, unit: Unit) -> Sequence[Session]:
    """The lessons that everybody of the course has to attend, in order: neither called off nor there for make-ups only."""
    only_make_up = select(MakeUpSession.session_id)
    found = select(Session).where(
        col(Session.programme_id) == programme_id, col(Session.state) != "cancelled", col(Session.id).not_in(only_make_up)
    )
    return unit.session.exec(found.order_by(col(Session.starts_at))).all()


def records_of(course: Course, unit: Unit, *, resident_id: UUID | None = None) -> list[Record]:
    """Everybody enrolled in the course with their lessons, or one of them."""
    unit.session.flush()
    lessons = lessons_of(course.programme_id, unit)
    wanted = {"lessons": [lesson.id for lesson in lessons], "programme": course.programme_id, "resident": resident_id}
    parts = {(row[0], row[1]): row[2:] for row in unit.cursor().execute(_PARTS, wanted)}
    required = sum(courses.length(lesson.starts_at, lesson.ends_at) for lesson in lessons)
    people = select(Nomination).where(col(Nomination.programme_id) == course.programme_id, col(Nomination.state) == "enrolled")
    if resident_id is not None:
        people = people.where(col(Nomination.resident_id) == resident_id)
    records = []
    for person in unit.session.exec(people.order_by(col(Nomination.neighbourhood), col(Nomination.id))):
        own = tuple(_lesson(lesson, parts[person.id, lesson.id]) for lesson in lessons)
        total = Total(sum(lesson.minutes for lesson in own), required, course.threshold)
        records.append(Record(person, own, total))
    return records


def record_of(course: Course, resident_id: UUID, unit: Unit) -> Record:
    """One person's record; raises `NotOnCourse`."""
    found = nominated(course.programme_id, resident_id, unit)
    records = records_of(course, unit, resident_id=resident_id) if found is not None and found.state == "enrolled" else []
    if not records:
        raise problems.NotOnCourse(phrase("这位学员还没有入班，请先推荐并入班。"))
    return records[0]


def lesson_of(record: Record, session_id: UUID) -> Lesson:
    """The lesson of the record that is this session; raises `NothingMissed` when the course does not ask for it."""
    for lesson in record.lessons:
        if lesson.session.id == session_id:
            return lesson
    raise problems.NothingMissed(phrase("这一场不是这个培训班的必修课。"))


def _lesson(session: Session, part: tuple[Any, ...]) -> Lesson:
    registration_id, came, left, stayed, excused, *made = part
    here = courses.attended(session.starts_at, session.ends_at, came, left, stayed=stayed)
    length = courses.length(session.starts_at, session.ends_at)
    return Lesson(session, here, registration_id, excused, courses.credited(length, here.minutes, _elsewhere(*made)))


def _elsewhere(starts: datetime | None, ends: datetime | None, came: datetime | None, left: datetime | None, stayed: bool) -> int:
    """The minutes attended of the session that makes up for a lesson."""
    if starts is None or ends is None:
        return 0
    return courses.attended(starts, ends, came, left, stayed=stayed).minutes
