"""Who is sent to a course: each neighbourhood within its quota, a seat changing hands until the first lesson."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.registration.features import problems
from services.registration.features.enrol_cohort import EnrolCohort, enrol_cohort
from services.registration.features.open_course import OpenCourse, Quota, open_course
from services.registration.features.register import Register, register
from services.registration.features.withdraw_nomination import WithdrawNomination, withdraw_nomination
from services.registration.tables import Nomination, Registration
from shared.contracts.registration import CourseOpened, ResidentNominated
from shared.event import new_id
from shared.testing import Bench
from tests.registration.classroom import (
    CLERK,
    EAST,
    FIRST,
    WEST,
    a_course,
    a_lesson,
    a_programme,
    a_student,
    lessons,
    sent,
    was_there,
)
from tests.registration.people import STREET, a_resident, the_noon_half_hour


def states(bench: Bench, nomination: Nomination) -> list[str]:
    own = [row for row in bench.all(Registration) if row.resident_id == nomination.resident_id]
    return [row.state for row in own]


def test_an_open_course_is_told_with_its_seats(bench: Bench) -> None:
    course = a_course(bench)
    assert bench.said == [CourseOpened(programme_id=course.programme_id, neighbourhoods=2, seats=3, street=STREET)]


def test_only_a_programme_of_kind_course_can_be_opened_as_one_and_only_once(bench: Bench) -> None:
    course = a_course(bench)
    quotas = (Quota(neighbourhood=WEST, name="净土居委", seats=1),)
    for programme_id in (course.programme_id, the_noon_half_hour(bench).id):
        with pytest.raises(problems.NotACourse):
            bench.run(open_course, OpenCourse(programme_id=programme_id, cohort="二期", issuer="街道", quotas=quotas))


def test_a_neighbourhood_is_given_seats_once() -> None:
    twice = (Quota(neighbourhood=WEST, name="净土居委", seats=1), Quota(neighbourhood=WEST, name="净土", seats=2))
    with pytest.raises(ValidationError, match="写了两次"):
        OpenCourse(programme_id=new_id(), cohort="一期", issuer="街道", quotas=twice)


def test_a_nomination_is_told_without_a_name(bench: Bench) -> None:
    nomination = sent(bench, a_course(bench))
    assert bench.said == [
        ResidentNominated(
            nomination_id=nomination.id,
            programme_id=nomination.programme_id,
            resident_id=nomination.resident_id,
            neighbourhood=WEST,
        )
    ]


def test_over_quota_the_answer_says_who_has_the_seats(bench: Bench) -> None:
    course = a_course(bench)
    first, second = (sent(bench, course, a_resident(bench, name)) for name in ("王秀珍", "𠮷田"))
    with pytest.raises(problems.QuotaFull) as refused:
        sent(bench, course)
    assert "净土居委的 2 个名额已经给了王**、𠮷**" in refused.value.detail
    assert [holder["nomination_id"] for holder in refused.value.facts["holders"]] == [str(first.id), str(second.id)]
    sent(bench, course, neighbourhood=EAST)


def test_a_person_is_on_the_list_once_whoever_sends_them(bench: Bench) -> None:
    course, me = a_course(bench), a_resident(bench)
    sent(bench, course, me)
    with pytest.raises(problems.AlreadyNominated):
        sent(bench, course, me, neighbourhood=EAST)


def test_nobody_is_sent_by_a_stranger_to_nowhere_or_as_nobody(bench: Bench) -> None:
    course = a_course(bench)
    with pytest.raises(problems.NoQuota):
        sent(bench, course, neighbourhood="999")
    with pytest.raises(problems.UnknownCourse):
        sent(bench, course, programme_id=new_id())
    with pytest.raises(problems.UnknownResident):
        sent(bench, course, resident_id=new_id())
    assert bench.all(Nomination) == []


def test_a_seat_changes_hands_until_the_first_lesson(bench: Bench) -> None:
    course = a_course(bench)
    old = a_student(bench, course)
    new = sent(bench, course, replaces=old.id)
    assert [bench.get(Nomination, one.id).state for one in (old, new)] == ["replaced", "nominated"]
    assert set(states(bench, old)) == {"cancelled"}
    sent(bench, course)
    bench.at(FIRST)
    with pytest.raises(problems.CourseHasBegun):
        sent(bench, course, replaces=new.id)


def test_a_seat_of_another_neighbourhood_or_of_nobody_is_not_taken_over(bench: Bench) -> None:
    course = a_course(bench)
    theirs = sent(bench, course, neighbourhood=EAST)
    for replaces in (theirs.id, new_id()):
        with pytest.raises(problems.UnknownNomination):
            sent(bench, course, replaces=replaces)
    assert bench.get(Nomination, theirs.id).state == "nominated"


def test_enrolling_gives_everybody_a_place_in_every_lesson_and_doing_it_again_only_adds(bench: Bench) -> None:
    course = a_course(bench)
    sent(bench, course)
    enrolled = bench.run(enrol_cohort, EnrolCohort(programme_id=course.programme_id, by=CLERK))
    assert enrolled == (1, 4, 0)
    sent(bench, course)
    assert bench.run(enrol_cohort, EnrolCohort(programme_id=course.programme_id, by=CLERK)) == (1, 4, 0)
    assert bench.run(enrol_cohort, EnrolCohort(programme_id=course.programme_id, by=CLERK)) == (0, 0, 0)


def test_who_finds_a_lesson_full_waits_and_staff_are_told_how_many(bench: Bench) -> None:
    course = a_course(bench, lessons=0)
    a_lesson(bench, bench.get(type(a_programme(bench)), course.programme_id), FIRST, capacity=1)
    sent(bench, course)
    sent(bench, course)
    assert bench.run(enrol_cohort, EnrolCohort(programme_id=course.programme_id, by=CLERK)) == (2, 1, 1)


def test_a_course_without_lessons_enrols_nobody(bench: Bench) -> None:
    course = a_course(bench, lessons=0)
    nomination = sent(bench, course)
    with pytest.raises(problems.NotACourse):
        bench.run(enrol_cohort, EnrolCohort(programme_id=course.programme_id, by=CLERK))
    assert bench.get(Nomination, nomination.id).state == "nominated"


def test_who_is_withdrawn_gives_back_the_lessons_to_come_and_the_seat(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    was_there(bench, lessons(bench, course)[0], student.resident_id)
    bench.at(FIRST + timedelta(hours=2))
    bench.run(withdraw_nomination, WithdrawNomination(nomination_id=student.id))
    assert sorted(states(bench, student)) == ["cancelled", "cancelled", "cancelled", "confirmed"]
    with pytest.raises(problems.UnknownNomination):
        bench.run(withdraw_nomination, WithdrawNomination(nomination_id=student.id))
    with pytest.raises(problems.UnknownNomination):
        bench.run(withdraw_nomination, WithdrawNomination(nomination_id=CLERK))
    sent(bench, course)
    sent(bench, course)


def test_a_course_for_those_sent_lets_its_cohort_in_and_nobody_else(bench: Bench) -> None:
    course = a_course(bench)
    bench.query("UPDATE programme SET audience = '{\"nominated_only\": true}' WHERE id = %s RETURNING id", (course.programme_id,))
    with pytest.raises(problems.NotForYou):
        bench.run(register, Register(session_id=lessons(bench, course)[0].id, resident_id=a_resident(bench).id))
    assert set(states(bench, a_student(bench, course))) == {"confirmed"}
