"""What a course leads to: tests scored and paired, an anonymous survey, follow-ups when they are due, and everybody's hours."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.registration.domain import learning
from services.registration.features import problems
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.answer_follow_up import AnswerFollowUp, answer_follow_up, due_follow_ups
from services.registration.features.answer_survey import AnswerSurvey, answer_survey
from services.registration.features.complete_course import standings
from services.registration.features.keep_hours import EnterHours, StartCycle, VoidHours, enter_hours, start_cycle, void_hours
from services.registration.features.open_survey import OpenSurvey, open_survey, outcome, token_of
from services.registration.features.set_test import Question, SetTest, set_test
from services.registration.features.take_test import RatePractical, TakeTest, rate_practical, take_test
from services.registration.projections.courses import as_csv, ledger_of, levels_of, transcript
from services.registration.tables import Course, FollowUp, Nomination, Survey, SurveyBallot, SurveyLetter
from shared.errors import Invalid
from shared.event import new_id
from shared.testing import Bench
from tests.registration.classroom import (
    CLERK,
    DAY,
    a_course,
    a_graduate,
    a_student,
    all_held,
    completed,
    lessons,
    sent,
    was_there,
)
from tests.registration.people import a_resident

QUESTIONS = (
    Question(code="q1", words="谁来监督？", options=("居民", "街道"), right=0),
    Question(code="q2", words="谁来主持？", options=("物业", "议事长"), right=1, points=2),
)
ALL_RIGHT, ONE_RIGHT = {"q1": 0, "q2": 1}, {"q1": 0, "q2": 0}


def a_test(bench: Bench, course: Course, moment: str = "post") -> None:
    bench.run(set_test, SetTest.model_validate({"programme_id": course.programme_id, "moment": moment, "questions": QUESTIONS}))


def took(bench: Bench, student: Nomination, answers: dict[str, int], moment: str = "post") -> int:
    own = {"programme_id": student.programme_id, "resident_id": student.resident_id, "moment": moment, "answers": answers}
    return bench.run(take_test, TakeTest.model_validate(own)).score


def an_open_survey(bench: Bench, people: int = 5) -> tuple[Course, list[str]]:
    """A survey with the tokens of so many students."""
    course = a_course(bench, quotas=({"neighbourhood": "310101019003", "name": "净土居委", "seats": people},))
    for _ in range(people - 1):
        sent(bench, course)
    a_student(bench, course)
    bench.at(lessons(bench, course)[-1].starts_at)
    bench.run(open_survey, OpenSurvey(programme_id=course.programme_id))
    with bench.service.begin() as unit:
        tokens = [token_of(course.programme_id, row.resident_id, unit) for row in bench.all(Nomination)]
    return course, [token for token in tokens if token]


def answered(bench: Bench, token: str, **answers: Any) -> None:
    bench.run(answer_survey, AnswerSurvey(token=token, answers=answers))


def shown(bench: Bench, course: Course) -> learning.Survey | None:
    with bench.service.begin() as unit:
        return outcome(unit.get(Survey, course.programme_id), unit)


def test_a_test_is_scored_by_its_points_and_the_best_of_three_tries_counts(bench: Bench) -> None:
    course = a_course(bench, needs_test=True)
    a_test(bench, course)
    student = a_student(bench, course)
    with pytest.raises(problems.NoTest):
        took(bench, student, ALL_RIGHT)
    bench.at(lessons(bench, course)[-1].starts_at)
    assert [took(bench, student, answers) for answers in (ONE_RIGHT, ALL_RIGHT, {})] == [33, 100, 0]
    with pytest.raises(problems.NoTriesLeft):
        took(bench, student, ALL_RIGHT)
    with bench.service.begin() as unit:
        (standing,) = standings(course, unit)
    assert (standing.after, standing.lacks) == (100, ("minutes",))


def test_a_test_that_was_failed_keeps_the_course_open(bench: Bench) -> None:
    course = a_course(bench, needs_test=True, needs_practical=True)
    a_test(bench, course)
    student = a_student(bench, course)
    for lesson in lessons(bench, course):
        was_there(bench, lesson, student.resident_id)
    all_held(bench, course)
    took(bench, student, ONE_RIGHT)
    assert completed(bench, course) == []
    took(bench, student, ALL_RIGHT)
    own = {"programme_id": course.programme_id, "resident_id": student.resident_id, "by": CLERK}
    bench.run(rate_practical, RatePractical.model_validate(own | {"passed": False}))
    assert completed(bench, course) == []
    bench.run(rate_practical, RatePractical.model_validate(own | {"passed": True}))
    assert [done.id for done in completed(bench, course)] == [student.id]


def test_the_test_before_the_course_is_taken_once_and_paired_with_the_one_after(bench: Bench) -> None:
    course = a_course(bench, needs_test=True)
    for moment in ("pre", "post"):
        a_test(bench, course, moment)
    both, late = a_student(bench, course), a_student(bench, course)
    assert took(bench, both, ONE_RIGHT, "pre") == 33
    with pytest.raises(problems.NoTriesLeft):
        took(bench, both, ALL_RIGHT, "pre")
    bench.at(lessons(bench, course)[-1].starts_at)
    with pytest.raises(problems.NoTest):
        took(bench, late, ALL_RIGHT, "pre")
    took(bench, both, ALL_RIGHT)
    took(bench, late, ONE_RIGHT)
    with bench.service.begin() as unit:
        assert levels_of(course, unit).gain == learning.Gain(1, 33, 100)


def test_a_strangers_or_a_strange_answer_is_refused(bench: Bench) -> None:
    course = a_course(bench)
    a_test(bench, course)
    student = a_student(bench, course)
    bench.at(lessons(bench, course)[-1].starts_at)
    with pytest.raises(Invalid):
        took(bench, student, {"q9": 0})
    waiting = sent(bench, course)
    with pytest.raises(problems.NotOnCourse):
        took(bench, waiting, ALL_RIGHT)


def test_questions_stay_as_they_are_once_somebody_has_answered(bench: Bench) -> None:
    course = a_course(bench)
    a_test(bench, course)
    a_test(bench, course)
    student = a_student(bench, course)
    bench.at(lessons(bench, course)[-1].starts_at)
    took(bench, student, {})
    with pytest.raises(problems.TestIsTaken):
        a_test(bench, course)


def test_a_question_needs_its_right_answer_among_its_options() -> None:
    with pytest.raises(ValidationError):
        Question(code="q1", words="？", options=("是", "否"), right=2)


@given(st.dictionaries(st.sampled_from(["q1", "q2", "q3"]), st.integers(0, 5)))
def test_a_score_is_a_percentage(answers: dict[str, int]) -> None:
    questions = [question.model_dump() for question in QUESTIONS]
    assert 0 <= learning.score(questions, answers) <= 100


def test_a_ballot_has_no_column_that_could_name_a_person_or_a_time(bench: Bench) -> None:
    columns = bench.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'survey_ballot'")
    assert {name for (name,) in columns} == {"mark", "programme_id", "answers"}


def test_an_answer_is_written_without_a_trace_of_who_gave_it(bench: Bench) -> None:
    _course, tokens = an_open_survey(bench)
    versions = "SELECT resident_id, xmin::text FROM survey_letter UNION ALL SELECT id, xmin::text FROM nomination ORDER BY 1, 2"
    before = bench.query(versions)
    answered(bench, tokens[0], useful=5, remarks="案例很好😀")
    assert bench.said == []
    assert bench.query(versions) == before
    marks = [row.mark for row in bench.all(SurveyBallot)]
    assert tokens[0] not in str(marks)
    assert all(tokens[0] not in letter.token for letter in bench.all(SurveyLetter))


def test_a_survey_is_shown_when_it_is_closed_and_five_answered(bench: Bench) -> None:
    course, tokens = an_open_survey(bench)
    for rating, token in zip((5, 4, 4, 3, 4), tokens, strict=True):
        answered(bench, token, useful=rating)
    assert shown(bench, course) is None
    bench.at(timedelta(days=14))
    found = shown(bench, course)
    assert found is not None
    assert (found.answers, found.rated) == (5, (learning.Rated("useful", "课上学的，工作里用得上吗？", 5, 4.0),))


def test_with_four_answers_nothing_is_shown(bench: Bench) -> None:
    course, tokens = an_open_survey(bench)
    for token in tokens[:4]:
        answered(bench, token, useful=1, remarks="不好")
    bench.at(timedelta(days=14))
    assert shown(bench, course) == learning.Survey(None, (), ())


def test_a_question_that_four_answered_stays_unshown_beside_one_that_five_did(bench: Bench) -> None:
    course, tokens = an_open_survey(bench)
    for number, token in enumerate(tokens):
        answered(bench, token, useful=5, **({"remarks": "好", "clear": 1} if number else {}))
    bench.at(timedelta(days=14))
    found = shown(bench, course)
    assert found is not None
    assert ([row.code for row in found.rated], found.remarks) == (["useful"], ())


def test_when_a_survey_is_closed_its_letters_are_destroyed_and_nobody_answers_any_more(bench: Bench) -> None:
    _course, tokens = an_open_survey(bench)
    bench.tick()
    assert len(bench.all(SurveyLetter)) == 5
    bench.at(timedelta(days=14))
    bench.tick()
    assert bench.all(SurveyLetter) == []
    with pytest.raises(problems.NoSurvey):
        answered(bench, tokens[0], useful=5)


def test_a_token_answers_once_and_only_with_what_was_asked(bench: Bench) -> None:
    course, tokens = an_open_survey(bench)
    for answers in ({"useful": 6}, {"useful": "好"}, {"remarks": 3}, {"remarks": "好" * 501}, {"other": 1}, {}, {"useful": ""}):
        with pytest.raises(Invalid):
            answered(bench, tokens[0], **answers)
    answered(bench, tokens[0], useful=5)
    for token in (tokens[0], "guess", ""):
        with pytest.raises(problems.UnknownBallot):
            answered(bench, token, useful=5)
    student = bench.all(Nomination)[0]
    with bench.service.begin() as unit:
        assert token_of(course.programme_id, student.resident_id, unit) is None
        assert token_of(course.programme_id, new_id(), unit) is None


def test_a_survey_is_opened_once_and_not_before_the_last_lesson(bench: Bench) -> None:
    course = a_course(bench)
    with pytest.raises(problems.NoSurvey):
        bench.run(open_survey, OpenSurvey(programme_id=course.programme_id))
    bench.at(lessons(bench, course)[-1].starts_at)
    bench.run(open_survey, OpenSurvey(programme_id=course.programme_id))
    with pytest.raises(problems.NoSurvey):
        bench.run(open_survey, OpenSurvey(programme_id=course.programme_id))


def test_follow_ups_wait_until_they_are_due_and_are_answered_once_by_whom_they_ask(bench: Bench) -> None:
    graduate = a_graduate(bench, a_course(bench))
    mine, boss = (
        next(row for row in bench.all(FollowUp) if (row.days, row.asked) == (30, who)) for who in ("participant", "supervisor")
    )
    own = AnswerFollowUp(follow_up_id=mine.id, rating=4, words="调解了一起漏水", resident_id=graduate.resident_id)
    with pytest.raises(problems.FollowUpNotDue):
        bench.run(answer_follow_up, own)
    bench.at(30 * DAY)
    with bench.service.begin() as unit:
        assert {row.id for row in due_follow_ups(unit)} == {mine.id, boss.id}
        assert [row.id for row in due_follow_ups(unit, resident_id=graduate.resident_id)] == [mine.id]
    for foreign in (
        {"follow_up_id": mine.id, "resident_id": a_resident(bench).id},
        {"follow_up_id": boss.id, "resident_id": graduate.resident_id},
        {"follow_up_id": new_id()},
    ):
        with pytest.raises(problems.UnknownFollowUp):
            bench.run(answer_follow_up, AnswerFollowUp.model_validate(foreign | {"rating": 1}))
    assert "漏水" not in str(bench.run(answer_follow_up, own).answers)
    with pytest.raises(problems.FollowUpNotDue):
        bench.run(answer_follow_up, own)
    bench.run(answer_follow_up, AnswerFollowUp(follow_up_id=boss.id, rating=3))


def test_hours_add_up_over_the_cycle_they_were_earned_in(bench: Bench) -> None:
    graduate = a_graduate(bench, a_course(bench))
    own = {"resident_id": graduate.resident_id, "by": CLERK}
    bench.run(start_cycle, StartCycle.model_validate(own | {"starts_on": "2021-01-01", "grade": "assistant"}))
    elsewhere = own | {"title": "个案工作", "category": "业务能力", "minutes": 170, "evidence": "=1+1", "earned_on": "2021-04-20"}
    bench.run(enter_hours, EnterHours.model_validate(elsewhere))
    bench.run(enter_hours, EnterHours.model_validate(elsewhere | {"earned_on": "2020-12-31"}))
    with bench.service.begin() as unit:
        ledger = ledger_of(graduate.resident_id, date(2021, 6, 1), unit)
        rows = transcript(ledger, unit)
    assert (ledger.earned, ledger.goal, ledger.remaining) == (7.7, 72, 64.3)
    assert [(row["minutes"], row["hours"]) for row in rows] == [(180, 4.0), (170, 3.7), (170, 3.7)]
    assert "'=1+1" in as_csv(rows)


def test_hours_are_not_entered_twice_ahead_of_their_day_or_for_nobody(bench: Bench) -> None:
    me = a_resident(bench)
    line = {"resident_id": me.id, "by": CLERK, "title": "课", "category": "业务", "minutes": 60, "evidence": "证书 1"}
    bench.run(enter_hours, EnterHours.model_validate(line | {"earned_on": "2021-05-10"}))
    with pytest.raises(problems.CreditedBefore):
        bench.run(enter_hours, EnterHours.model_validate(line | {"earned_on": "2021-05-10"}))
    with pytest.raises(Invalid):
        bench.run(enter_hours, EnterHours.model_validate(line | {"earned_on": "2021-05-11"}))
    with pytest.raises(problems.UnknownResident):
        bench.run(enter_hours, EnterHours.model_validate(line | {"resident_id": new_id(), "earned_on": "2021-05-10"}))


def test_a_wrong_line_is_taken_back_by_another_once_and_may_be_entered_again(bench: Bench) -> None:
    graduate = a_graduate(bench, a_course(bench))
    own = {"resident_id": graduate.resident_id, "by": CLERK}
    line = own | {"title": "课", "category": "业务", "minutes": 100, "evidence": "证书 1", "earned_on": "2021-05-10"}
    wrong = bench.run(enter_hours, EnterHours.model_validate(line))
    void = VoidHours.model_validate(own | {"entry_id": wrong.id, "why": "是张𠮷的证书"})
    counter = bench.run(void_hours, void)
    with bench.service.begin() as unit:
        ledger = ledger_of(graduate.resident_id, date(2021, 6, 1), unit)
        rows = {row["id"]: row for row in transcript(ledger, unit)}
    assert ledger.earned == 4.0
    assert (rows[counter.id]["minutes"], rows[counter.id]["hours"], rows[counter.id]["why"]) == (-100, -2.2, "是张𠮷的证书")
    assert (rows[wrong.id]["voided"], rows[wrong.id]["minutes"]) == (True, 100)
    assert "张" not in bench.query("SELECT why FROM hour_entry WHERE id = %s", (counter.id,))[0][0]
    for entry in (wrong.id, counter.id):
        with pytest.raises(problems.HoursVoided):
            bench.run(void_hours, void.model_copy(update={"entry_id": entry}))
    bench.run(enter_hours, EnterHours.model_validate(line))
    with pytest.raises(problems.CreditedBefore):
        bench.run(enter_hours, EnterHours.model_validate(line))


def test_a_line_of_somebody_else_looks_like_none_and_a_reason_is_needed(bench: Bench) -> None:
    me, other = a_resident(bench), a_resident(bench)
    line = {"resident_id": me.id, "by": CLERK, "title": "课", "category": "业务", "minutes": 60, "evidence": "证书 1"}
    entry = bench.run(enter_hours, EnterHours.model_validate(line | {"earned_on": "2021-05-10"}))
    api = "/registration/api/residents/{}/hours/{}/void"
    clerk = bench.client("clerk")
    for whose, which in ((other.id, entry.id), (me.id, new_id())):
        answer = clerk.post(api.format(whose, which), json={"why": "弄错了"})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_hours")
    assert clerk.post(api.format(me.id, entry.id), json={"why": " "}).status_code == 422
    assert bench.client("resident", id=me.id).post(api.format(me.id, entry.id), json={"why": "弄错了"}).status_code == 403
    assert clerk.post(api.format(me.id, entry.id), json={"why": "弄错了"}).status_code == 201
    lines = clerk.get(f"/registration/api/residents/{me.id}/hours").json()["lines"]
    assert sorted((each["minutes"], each["voided"], each["why"]) for each in lines) == [(-60, False, "弄错了"), (60, True, "")]


def test_staff_keep_hours_on_a_page_and_see_who_entered_what(bench: Bench) -> None:
    me = a_resident(bench)
    staff = bench.run(add_staff, AddStaff(name="lin", password="jiamenkou-2021", roles=("clerk",)))
    clerk, path = bench.client("clerk", id=staff.id, browser=True), f"/registration/residents/{me.id}/hours"
    line = {"title": "个案工作", "category": "业务", "minutes": "90", "evidence": "证书 1", "earned_on": "2021-05-10"}
    assert clerk.post(path, data={"act": "cycle", "starts_on": "2021-01-01", "grade": "worker"}).status_code == 303
    assert clerk.post(path, data={"act": "enter", "minutes_per_hour": "45"} | line).status_code == 303
    ((entry,),) = bench.query("SELECT id FROM hour_entry")
    assert clerk.post(path, data={"act": "void", "entry_id": str(entry), "why": "证书是别人的"}).status_code == 303
    shown = clerk.get(path).text
    for words in ("已冲销", "证书是别人的", "lin", "要满 90 学时"):
        assert words in shown
    for wish, status, words in (
        ({"act": "cycle", "starts_on": "2021-06-01", "grade": "worker"}, 409, "新的要接在它后面"),
        ({"act": "enter"} | line | {"minutes": "很久"}, 422, "分钟写数字"),
        ({"act": "enter"} | line | {"earned_on": "2021-05-11"}, 422, "培训的日期还没有到"),
        ({"act": "void", "entry_id": str(entry), "why": "再来"}, 409, "已经冲销过了"),
        ({"act": "void", "entry_id": "🚀", "why": "再来"}, 422, "请选一行"),
    ):
        answer = clerk.post(path, data=wish)
        assert (answer.status_code, words in answer.text) == (status, True)
    assert "已冲销" in bench.client("resident", id=me.id, browser=True).get("/registration/courses").text


@pytest.mark.parametrize(
    ("starts", "overlaps"), [("2018-01-01", False), ("2018-01-02", True), ("2023-12-31", True), ("2024-01-01", False)]
)
def test_two_cycles_of_a_person_never_overlap(bench: Bench, starts: str, overlaps: bool) -> None:
    own = {"resident_id": a_resident(bench).id, "by": CLERK, "grade": "worker"}
    bench.run(start_cycle, StartCycle.model_validate(own | {"starts_on": "2021-01-01"}))
    other = StartCycle.model_validate(own | {"starts_on": starts})
    if overlaps:
        with pytest.raises(problems.HasCycle):
            bench.run(start_cycle, other)
    else:
        bench.run(start_cycle, other)
