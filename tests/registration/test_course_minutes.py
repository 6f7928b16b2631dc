"""Minutes of a course: from sign-in to sign-out, within the lesson, and made up once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain import courses
from services.registration.domain.courses import Earned, Total
from services.registration.features import problems
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.complete_course import standings
from services.registration.features.confirm_stay import ConfirmStay, confirm_stay
from services.registration.features.course_minutes import Record, record_of
from services.registration.features.credit_make_up import (
    CreditMakeUp,
    MarkMakeUpSession,
    credit_make_up,
    mark_make_up_session,
)
from services.registration.features.excuse_absence import ExcuseAbsence, excuse_absence
from services.registration.features.register import Register, register
from services.registration.tables import Course, Excuse, Programme, Registration, Session
from shared.event import new_id
from shared.testing import Bench
from tests.registration.classroom import (
    CLERK,
    DAY,
    FIRST,
    LESSON,
    a_course,
    a_lesson,
    a_student,
    all_held,
    lessons,
    sent,
    was_there,
)
from tests.registration.people import a_resident

MOMENTS = st.datetimes(datetime(2021, 5, 17), datetime(2021, 5, 18), timezones=st.just(UTC))  # noqa: DTZ001


def the_record(bench: Bench, course: Course, resident_id: UUID) -> Record:
    with bench.service.begin() as unit:
        return record_of(course, resident_id, unit)


def excused(bench: Bench, course: Course, session_id: UUID, resident_id: UUID) -> Excuse:
    own = {"programme_id": course.programme_id, "session_id": session_id, "resident_id": resident_id}
    return bench.run(excuse_absence, ExcuseAbsence.model_validate(own | {"reason": "家里老人住院", "by": CLERK}))


def credited(bench: Bench, course: Course, lesson: Session, registration: Registration) -> None:
    own = {"programme_id": course.programme_id, "session_id": lesson.id, "registration_id": registration.id}
    bench.run(credit_make_up, CreditMakeUp.model_validate(own | {"by": CLERK}))


@given(MOMENTS, st.integers(1, 600), st.none() | MOMENTS, st.none() | MOMENTS, st.booleans())
def test_minutes_never_exceed_the_lesson_and_are_never_negative(
    starts: datetime, long: int, came: datetime | None, left: datetime | None, stayed: bool
) -> None:
    ends = starts + timedelta(minutes=long)
    here = courses.attended(starts, ends, came, left, stayed=stayed)
    assert 0 <= here.minutes <= courses.length(starts, ends)
    if came is not None and left is not None and left > came:
        assert timedelta(minutes=here.minutes) <= left - came


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 600))
def test_a_make_up_adds_no_more_than_was_lacking_and_no_more_than_was_attended(long: int, already: int, elsewhere: int) -> None:
    already = min(already, long)
    added = courses.credited(long, already, elsewhere)
    assert 0 <= added <= elsewhere
    assert already + added <= long


@given(st.lists(st.tuples(st.integers(1, 5000), st.sampled_from([45, 60]), st.dates(date(2020, 1, 1), date(2025, 1, 1)))))
def test_a_ledger_adds_up_its_minutes_and_rounds_once(rows: list[tuple[int, int, date]]) -> None:
    starts = date(2021, 1, 1)
    inside = [(minutes, per_hour) for minutes, per_hour, on in rows if date(2021, 1, 1) <= on < date(2024, 1, 1)]
    exact = sum((Fraction(minutes, per_hour) for minutes, per_hour in inside), Fraction(0))
    shown = courses.total_hours([Earned(*row) for row in rows], starts)
    assert shown == pytest.approx(int(exact * 10) / 10)


def test_a_leap_days_cycle_ends_in_march() -> None:
    assert courses.cycle_ends(date(2020, 2, 29)) == date(2023, 3, 1)
    assert courses.cycle_ends(date(2021, 1, 1)) == date(2024, 1, 1)


@pytest.mark.parametrize(("minutes", "enough"), [(143, False), (144, True), (145, True)])
def test_the_threshold_is_exact(minutes: int, enough: bool) -> None:
    assert Total(minutes, 180, 80).enough is enough


def test_a_course_without_lessons_is_never_attended() -> None:
    assert not Total(0, 0, 80).enough


def test_minutes_run_from_sign_in_to_sign_out_within_the_lesson(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    first, second, third, _ = lessons(bench, course)
    was_there(bench, first, student.resident_id, came=timedelta(minutes=-20), left=timedelta(hours=2))
    was_there(bench, second, student.resident_id, came=timedelta(minutes=15), left=timedelta(minutes=35, seconds=59))
    was_there(bench, third, student.resident_id, came=timedelta(hours=-1), left=timedelta(minutes=-5))
    record = the_record(bench, course, student.resident_id)
    assert [lesson.minutes for lesson in record.lessons] == [45, 20, 0, 0]
    assert (record.total.minutes, record.total.required, record.total.percent) == (65, 180, 36)


def test_without_a_sign_out_nothing_counts_until_staff_say_that_the_person_stayed(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    lesson = lessons(bench, course)[0]
    bench.at(lesson.starts_at + timedelta(minutes=5))
    (place,) = [row for row in bench.all(Registration) if row.session_id == lesson.id]
    bench.run(check_in, CheckIn(registration_id=place.id))
    stay = ConfirmStay(registration_id=place.id, by=CLERK)
    with pytest.raises(problems.NothingUnclear):
        bench.run(confirm_stay, stay)
    bench.at(lesson.ends_at)
    own = the_record(bench, course, student.resident_id).lessons[0]
    assert (own.minutes, own.attended.presence) == (0, "unclear")
    bench.run(confirm_stay, stay)
    bench.run(confirm_stay, stay)
    assert the_record(bench, course, student.resident_id).lessons[0].minutes == 40


def test_there_is_nothing_to_confirm_of_who_signed_out_or_never_came(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    first, second, *_ = lessons(bench, course)
    out, away = was_there(bench, first, student.resident_id), bench.all(Registration)
    never = next(row for row in away if row.session_id == second.id)
    all_held(bench, course)
    for registration_id in (out.id, never.id):
        with pytest.raises(problems.NothingUnclear):
            bench.run(confirm_stay, ConfirmStay(registration_id=registration_id, by=CLERK))
    with pytest.raises(problems.UnknownRegistration):
        bench.run(confirm_stay, ConfirmStay(registration_id=new_id(), by=CLERK))


def test_an_excuse_is_kept_unreadable_and_gives_no_minutes(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    lesson = lessons(bench, course)[0]
    excuse = excused(bench, course, lesson.id, student.resident_id)
    assert "住院" not in excuse.reason
    own = the_record(bench, course, student.resident_id).lessons[0]
    assert (own.excused, own.minutes) == (True, 0)


def test_nobody_is_excused_who_was_there_or_is_no_student_or_from_another_lesson(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    lesson = lessons(bench, course)[0]
    was_there(bench, lesson, student.resident_id)
    with pytest.raises(problems.NothingMissed):
        excused(bench, course, lesson.id, student.resident_id)
    with pytest.raises(problems.NothingMissed):
        excused(bench, course, new_id(), student.resident_id)
    with pytest.raises(problems.NotOnCourse):
        excused(bench, course, lesson.id, a_resident(bench).id)
    with pytest.raises(problems.NotOnCourse):
        excused(bench, course, lesson.id, sent(bench, course).resident_id)
    assert bench.all(Excuse) == []


def missed_one(bench: Bench, course: Course) -> tuple[Session, Registration, UUID]:
    """A student who missed the first lesson with an excuse and attended the same topic later, in a session for make-ups."""
    student = a_student(bench, course)
    missed = lessons(bench, course)[0]
    excused(bench, course, missed.id, student.resident_id)
    again = a_lesson(bench, bench.get(Programme, course.programme_id), FIRST + 7 * DAY, topic=missed.topic)
    bench.run(mark_make_up_session, MarkMakeUpSession(session_id=again.id))
    bench.run(register, Register(session_id=again.id, resident_id=student.resident_id))
    registration = was_there(bench, again, student.resident_id, left=timedelta(minutes=40))
    bench.at(FIRST + 8 * DAY)
    return missed, registration, student.resident_id


def test_a_missed_lesson_is_made_up_once_in_a_session_of_the_same_topic(bench: Bench) -> None:
    course = a_course(bench)
    missed, registration, student = missed_one(bench, course)
    assert the_record(bench, course, student).total.required == 180
    credited(bench, course, missed, registration)
    record = the_record(bench, course, student)
    assert [lesson.minutes for lesson in record.lessons] == [40, 0, 0, 0]
    with pytest.raises(problems.CreditedBefore):
        credited(bench, course, missed, registration)
    with pytest.raises(problems.NoMakeUp):
        credited(bench, course, lessons(bench, course)[1], registration)


def test_without_an_excuse_a_lesson_is_made_up_only_where_the_course_allows_it(bench: Bench) -> None:
    for rule in ("none", "any"):
        course = a_course(bench, make_up=rule, starts=FIRST)
        missed, registration, _ = missed_one(bench, course)
        if rule == "none":
            with pytest.raises(problems.NoMakeUp):
                credited(bench, course, missed, registration)
        else:
            credited(bench, course, missed, registration)
        bench.at(FIRST - DAY)


def test_a_later_cohorts_lesson_makes_up_unless_it_counts_there(bench: Bench) -> None:
    course = a_course(bench, make_up="any")
    later = a_course(bench, starts=FIRST + 14 * DAY)
    student = a_student(bench, course)
    missed, there = lessons(bench, course)[0], lessons(bench, later)[0]
    bench.run(register, Register(session_id=there.id, resident_id=student.resident_id))
    registration = was_there(bench, there, student.resident_id)
    nomination = sent(bench, later, resident_id=student.resident_id)
    bench.query("UPDATE nomination SET state = 'enrolled' WHERE id = %s RETURNING id", (nomination.id,))
    bench.at(FIRST + 15 * DAY)
    with pytest.raises(problems.NoMakeUp):
        credited(bench, course, missed, registration)
    bench.query("UPDATE nomination SET state = 'withdrawn', ended_at = now() WHERE id = %s RETURNING id", (nomination.id,))
    credited(bench, course, missed, registration)
    assert the_record(bench, course, student.resident_id).total.minutes == 45
    bench.query("UPDATE nomination SET state = 'enrolled', ended_at = NULL WHERE id = %s RETURNING id", (nomination.id,))
    assert the_record(bench, later, student.resident_id).total.minutes == 0


def test_nothing_makes_up_for_a_lesson_that_was_attended_or_is_not_over(bench: Bench) -> None:
    course = a_course(bench, make_up="any")
    missed, registration, student = missed_one(bench, course)
    bench.at(FIRST)
    with pytest.raises(problems.NothingMissed):
        credited(bench, course, missed, registration)
    was_there(bench, missed, student)
    bench.at(FIRST + 8 * DAY)
    with pytest.raises(problems.NothingMissed):
        credited(bench, course, missed, registration)


def test_another_topic_or_a_session_nobody_was_seen_at_makes_up_for_nothing(bench: Bench) -> None:
    course = a_course(bench)
    missed, registration, _ = missed_one(bench, course)
    bench.query("UPDATE session SET topic_title = '别的' WHERE id = %s RETURNING id", (registration.session_id,))
    with pytest.raises(problems.NoMakeUp):
        credited(bench, course, missed, registration)
    bench.query("UPDATE session SET topic_title = %s WHERE id = %s RETURNING id", (missed.topic_title, registration.session_id))
    bench.query("UPDATE registration SET checked_in_at = NULL, left_at = NULL WHERE id = %s RETURNING id", (registration.id,))
    with pytest.raises(problems.NoMakeUp):
        credited(bench, course, missed, registration)


def test_a_lesson_that_has_begun_is_not_turned_into_one_for_make_ups(bench: Bench) -> None:
    course = a_course(bench)
    lesson = lessons(bench, course)[0]
    bench.at(lesson.starts_at)
    with pytest.raises(problems.SessionIsOver):
        bench.run(mark_make_up_session, MarkMakeUpSession(session_id=lesson.id))


def test_where_everybody_stands_says_what_is_lacking(bench: Bench) -> None:
    course = a_course(bench, needs_test=True, needs_practical=True)
    student = a_student(bench, course)
    for lesson in lessons(bench, course)[:3]:
        was_there(bench, lesson, student.resident_id, left=LESSON)
    with bench.service.begin() as unit:
        (standing,) = standings(course, unit)
    assert standing.lacks == ("minutes", "test", "practical")
    assert standing.record.total.percent == 75
