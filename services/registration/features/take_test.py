"""Answer the test before or after a course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlmodel import col, func, select

from services.registration.domain import learning
from services.registration.domain.learning import Moment
from services.registration.features import Command, problems
from services.registration.features.course_minutes import lessons_of, record_of
from services.registration.features.open_course import the_course
from services.registration.tables import CourseTest, Practical, TestTaken
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase


class Answers(Command):
    """The place of the chosen option, counted from 0, by the question's code. Questions left out earn nothing."""

    moment: Moment
    answers: Annotated[dict[str, Annotated[int, Field(ge=0, le=5)]], Field(max_length=50, examples=[{"q1": 0}])]


class TakeTest(Answers):
    """Answered by `resident_id` in the course `programme_id`."""

    programme_id: UUID
    resident_id: UUID


def take_test(command: TakeTest, unit: Unit) -> TestTaken:
    """Score it at once: once before the course, up to three times after its last lesson has begun."""
    course = the_course(command.programme_id, unit)
    record_of(course, command.resident_id, unit)
    test = unit.find(CourseTest, (course.programme_id, command.moment))
    if test is None or not is_open(course.programme_id, command.moment, unit):
        raise problems.NoTest(phrase("现在没有可以做的测验：课前测验在第一课前后做，结业测验从最后一课开始做。"))
    if not command.answers.keys() <= {question["code"] for question in test.questions}:
        raise Invalid(phrase("交上来的答案里有卷子上没有的题，请刷新页面再做。"))
    unit.lock(CourseTest, (course.programme_id, command.moment))
    if tries_of(course.programme_id, command.moment, command.resident_id, unit) >= learning.TRIES[command.moment]:
        raise problems.NoTriesLeft(phrase("这份测验能做的次数已经用完；有问题请找班主任。"))
    taken = TestTaken(
        programme_id=course.programme_id,
        moment=command.moment,
        resident_id=command.resident_id,
        number=_next_number(command, unit),
        answers=dict(command.answers),
        score=learning.score(test.questions, command.answers),
        taken_at=unit.now,
    )
    unit.add(taken)
    return taken


def _next_number(command: TakeTest, unit: Unit) -> int:
    """One more than the last: numbers may have gaps where earlier tries turned out to be somebody else's."""
    last = select(func.max(TestTaken.number)).where(
        col(TestTaken.programme_id) == command.programme_id,
        col(TestTaken.moment) == command.moment,
        col(TestTaken.resident_id) == command.resident_id,
    )
    return (unit.session.exec(last).one() or 0) + 1


def is_open(programme_id: UUID, moment: Moment, unit: Unit) -> bool:
    """Whether the test can be taken now: before the course until its second lesson, after it from the start of its last."""
    starts = [lesson.starts_at for lesson in lessons_of(programme_id, unit)]
    if moment == "pre":
        return len(starts) < 2 or unit.now < starts[1]
    return bool(starts) and unit.now >= starts[-1]


def tries_of(programme_id: UUID, moment: Moment, resident_id: UUID, unit: Unit) -> int:
    """How often somebody has taken the test."""
    made = select(func.count()).where(
        col(TestTaken.programme_id) == programme_id,
        col(TestTaken.moment) == moment,
        col(TestTaken.resident_id) == resident_id,
    )
    return unit.session.exec(made).one()


def scores_of(programme_id: UUID, moment: Moment, unit: Unit) -> Mapping[UUID, int]:
    """The best score in percent of everybody who took the test."""
    best = (
        select(TestTaken.resident_id, func.max(TestTaken.score))
        .where(col(TestTaken.programme_id) == programme_id, col(TestTaken.moment) == moment)
        .group_by(col(TestTaken.resident_id))
    )
    return {resident: int(score) for resident, score in unit.session.exec(best)}


class PracticalWish(Command):
    """Whether `resident_id` could do what the course teaches."""

    resident_id: UUID
    passed: bool


class RatePractical(PracticalWish):
    """Seen by `by` in the course `programme_id`."""

    programme_id: UUID
    by: UUID


def rate_practical(command: RatePractical, unit: Unit) -> Practical:
    """Keep the latest word."""
    course = the_course(command.programme_id, unit)
    record_of(course, command.resident_id, unit)
    row = unit.find(Practical, (course.programme_id, command.resident_id)) or Practical(
        programme_id=course.programme_id,
        resident_id=command.resident_id,
        passed=False,
        entered_by=command.by,
        entered_at=unit.now,
    )
    row.passed, row.entered_by, row.entered_at = command.passed, command.by, unit.now
    unit.add(row)
    return row


def practicals_of(programme_id: UUID, unit: Unit) -> Mapping[UUID, bool]:
    """Who was seen at it, and whether they could do it."""
    rows = unit.session.exec(select(Practical).where(col(Practical.programme_id) == programme_id))
    return {row.resident_id: row.passed for row in rows}
