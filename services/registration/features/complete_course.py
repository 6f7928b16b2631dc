"""Close a course for everybody who has done all that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.registration.domain import courses, learning
from services.registration.features import Command, problems
from services.registration.features.course_minutes import Record, lessons_of, records_of
from services.registration.features.open_course import the_course
from services.registration.features.take_test import practicals_of, scores_of
from services.registration.tables import Course, FollowUp, HourEntry, Nomination, Programme
from shared.clock import SHANGHAI
from shared.contracts.registration import CourseCompleted
from shared.unit import Unit
from shared.web import phrase


class CompleteCourse(Command):
    """Look at the course `programme_id` once its lessons are over; `by` answers for it."""

    programme_id: UUID
    by: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has in a course, and what is lacking: minutes, test, practical."""

    record: Record
    before: int | None
    after: int | None
    practical: bool | None
    lacks: tuple[str, ...]


def complete_course(command: CompleteCourse, unit: Unit) -> list[Nomination]:
    """Write the hours of everybody who lacks nothing to their ledger, once; done again, it looks at the others again."""
    course = the_course(command.programme_id, unit, locked=True)
    lessons = lessons_of(course.programme_id, unit)
    if not lessons or any(lesson.state != "held" for lesson in lessons):
        raise problems.NotCompleted(phrase("还有课没有收场。每节课收场以后，再办结业。"))
    programme = unit.get(Programme, course.programme_id)
    last = max(lesson.ends_at for lesson in lessons).astimezone(SHANGHAI).date()
    done = []
    for standing in standings(course, unit):
        person = standing.record.nomination
        if standing.lacks or person.completed_at is not None:
            continue
        person.completed_at, person.minutes = unit.now, standing.record.total.minutes
        unit.add(_hours(course, programme, person, last, command.by, unit), *_follow_ups(person, unit))
        unit.emit(
            CourseCompleted(
                nomination_id=person.id,
                programme_id=person.programme_id,
                resident_id=person.resident_id,
                minutes=person.minutes,
                minutes_per_hour=course.minutes_per_hour,
            )
        )
        done.append(person)
    return done


def standings(course: Course, unit: Unit, *, resident_id: UUID | None = None) -> list[Standing]:
    """Where everybody of the course stands, or one of them."""
    before, after = (scores_of(course.programme_id, moment, unit) for moment in ("pre", "post"))
    practical = practicals_of(course.programme_id, unit)
    return [_standing(course, record, before, after, practical) for record in records_of(course, unit, resident_id=resident_id)]


def _standing(
    course: Course, record: Record, before: Mapping[UUID, int], after: Mapping[UUID, int], practical: Mapping[UUID, bool]
) -> Standing:
    who = record.nomination.resident_id
    lacks = courses.lacking(
        record.total,
        test_passed=after.get(who, -1) >= course.pass_mark if course.needs_test else None,
        practical_passed=practical.get(who, False) if course.needs_practical else None,
    )
    return Standing(record, before.get(who), after.get(who), practical.get(who), tuple(lacks))


def _hours(course: Course, programme: Programme, person: Nomination, on: date, by: UUID, unit: Unit) -> HourEntry:
    return HourEntry(
        resident_id=person.resident_id,
        programme_id=course.programme_id,
        title=f"{programme.title}（{course.cohort}）",
        category=course.category,
        minutes=person.minutes or 0,
        minutes_per_hour=course.minutes_per_hour,
        evidence="签到签退记录",
        earned_on=on,
        entered_by=by,
        entered_at=unit.now,
    )


def _follow_ups(person: Nomination, unit: Unit) -> list[FollowUp]:
    completed = unit.now.astimezone(SHANGHAI).date()
    asked: tuple[learning.Asked, ...] = ("participant", "supervisor")
    return [
        FollowUp(
            programme_id=person.programme_id,
            resident_id=person.resident_id,
            days=days,
            asked=who,
            due_on=learning.due_on(completed, days),
        )
        for days in learning.FOLLOW_UP_DAYS
        for who in asked
    ]
