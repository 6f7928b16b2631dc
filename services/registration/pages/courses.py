"""The staff's courses: quotas and the list, minutes by lesson, tests, what the course led to, certificates."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api.senders import Sender, SenderDep
from services.registration.features import problems
from services.registration.features.answer_follow_up import (
    AnswerFollowUp,
    NoteResult,
    answer_follow_up,
    due_follow_ups,
    note_result,
)
from services.registration.features.complete_course import CompleteCourse, complete_course, standings
from services.registration.features.confirm_stay import ConfirmStay, confirm_stay
from services.registration.features.credit_make_up import CreditMakeUp, MarkMakeUpSession, credit_make_up, mark_make_up_session
from services.registration.features.enrol_cohort import EnrolCohort, enrol_cohort
from services.registration.features.excuse_absence import ExcuseAbsence, excuse_absence
from services.registration.features.issue_certificate import IssueCertificate, issue_certificate
from services.registration.features.mobile import as_mobile
from services.registration.features.nominate import NOBODY, Nominate, nominate
from services.registration.features.open_course import OpenCourse, open_course, the_course
from services.registration.features.open_survey import USUAL, OpenSurvey, open_survey
from services.registration.features.register_resident import resident_with_phone
from services.registration.features.revoke_certificate import RevokeCertificate, revoke_certificate
from services.registration.features.set_test import SetTest, set_test
from services.registration.features.take_test import RatePractical, rate_practical
from services.registration.features.withdraw_nomination import WithdrawNomination, withdraw_nomination
from services.registration.pages.course_forms import questions_of, quotas_of, survey_lines, survey_of
from services.registration.pages.forms import Typed, TypedForm
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.projections.courses import (
    levels_of,
    list_of,
    make_up_sessions,
    offered_in_place,
    open_courses,
    seats_of,
)
from services.registration.projections.instructors import lecturers_of
from services.registration.tables import Course, CourseTest, Programme, Session
from shared.errors import Forbidden, Invalid, Problem
from shared.http import StaffDep, UnitDep
from shared.limits import OUTSIDE
from shared.unit import Unit
from shared.web import phrase

router = APIRouter(prefix="/desk/courses")

IdTyped = Annotated[UUID, Form()]


@router.get("")
def show_courses(request: Request, staff: StaffDep, unit: UnitDep) -> Response:
    """Every course; who is limited to a neighbourhood comes from here to its nominations."""
    courses = [
        (course, programme, staff.sees({"street": programme.street, "programme": str(programme.id)}))
        for course, programme in open_courses(unit, staff)
    ]
    return pages.render(request, "courses.html", courses=courses)


@router.get("/{programme_id}")
def show_course(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """One course, or the form that opens it."""
    programme = unit.get(Programme, programme_id)
    course = unit.find(Course, programme_id)
    if course is None:
        return pages.render(request, "course_open.html", programme=programme, form={}, faults={})
    return _course(request, course, unit)


@router.post("/{programme_id}")
def open_it(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep, form: TypedForm) -> Response:
    """Open a course; each line of its quotas is one neighbourhood."""
    programme = unit.get(Programme, programme_id)
    given: dict[str, Any] = {name: value for name, value in form.items() if name != "quotas" and value}
    try:
        command = OpenCourse.model_validate(
            given
            | {
                "programme_id": programme_id,
                "quotas": quotas_of(form.get("quotas", "")),
                "needs_test": "needs_test" in form,
                "needs_practical": "needs_practical" in form,
                "minutes_per_hour": int(form.get("minutes_per_hour", "45")),
            }
        )
    except (ValidationError, ValueError) as error:
        faults = faults_of(error) if isinstance(error, ValidationError) else {"form": QUOTA_LINES}
        if set(faults) & {"quotas", "form"}:
            faults = {"quotas": QUOTA_LINES}
        return pages.render(request, "course_open.html", programme=programme, form=form, faults=faults, status_code=422)
    open_course(command, unit)
    return see(f"/registration/desk/courses/{programme_id}")


QUOTA_LINES = phrase("一行一个居委：代码、名称、名额，用空格隔开，比如：310101019003 净土居委 3；同一个居委只写一次。")
SURVEY_LINES = phrase("一行一个问题，请居民打一到五分；要写字回答的，行首写“写：”。最多二十个问题，每个一百个字以内。")
TEST_LINES = phrase("每题之间空一行：第一行写题目，下面一行一个选项，正确的那个前面加“*”，其余加“-”；每题二到六个选项。")


@router.get("/{programme_id}/nominate")
def show_nominate(request: Request, programme_id: UUID, sender: SenderDep, unit: UnitDep) -> Response:
    """The form with which a neighbourhood sends people, and whom it has sent."""
    return _nominate(request, the_course(programme_id, unit), sender, unit, form={}, fault=None)


@router.post("/{programme_id}/nominate")
def send(request: Request, programme_id: UUID, sender: SenderDep, unit: UnitDep, form: TypedForm) -> Response:
    """Send somebody, found by their phone."""
    course = the_course(programme_id, unit)
    try:
        number = as_mobile(form.get("phone", ""))
        resident = resident_with_phone(unit.keys.fingerprint(number, "resident.phone"), unit) if number else None
        if resident is None:
            raise problems.UnknownResident(NOBODY)
        own: dict[str, Any] = {"programme_id": programme_id, "resident_id": resident.id, "by": sender.staff.id}
        own["neighbourhoods"] = sender.neighbourhoods
        chosen = {"neighbourhood": form.get("neighbourhood"), "replaces": form.get("replaces") or None}
        nominate(Nominate.model_validate(own | chosen), unit)
    except (ValueError, Problem) as error:
        fault = error.detail if isinstance(error, Problem) else NOBODY
        return _nominate(request, course, sender, unit, form=form, fault=fault)
    return see(f"/registration/desk/courses/{programme_id}/nominate")


@router.post("/{programme_id}/withdraw")
def withdraw(programme_id: UUID, sender: SenderDep, unit: UnitDep, nomination_id: IdTyped) -> Response:
    """Take somebody off the list."""
    withdraw_nomination(WithdrawNomination(nomination_id=nomination_id, neighbourhoods=sender.neighbourhoods), unit)
    return see(f"/registration/desk/courses/{programme_id}/nominate")


@router.post("/{programme_id}/enrol")
def enrol(programme_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """Give everybody on the list their places."""
    enrol_cohort(EnrolCohort(programme_id=programme_id, by=staff.id), unit)
    return see(f"/registration/desk/courses/{programme_id}")


@router.post("/{programme_id}/stayed")
def stayed(programme_id: UUID, staff: StaffDep, unit: UnitDep, registration_id: IdTyped) -> Response:
    """Somebody without a sign-out stayed to the end."""
    confirm_stay(ConfirmStay(registration_id=registration_id, by=staff.id), unit)
    return see(f"/registration/desk/courses/{programme_id}#minutes")


@router.post("/{programme_id}/excuse")
def excuse(
    programme_id: UUID, staff: StaffDep, unit: UnitDep, resident_id: IdTyped, session_id: IdTyped, reason: Typed = ""
) -> Response:
    """Accept an excuse."""
    own = {"programme_id": programme_id, "resident_id": resident_id, "session_id": session_id}
    command = _checked(lambda: ExcuseAbsence.model_validate(own | {"reason": reason, "by": staff.id}))
    excuse_absence(command, unit)
    return see(f"/registration/desk/courses/{programme_id}#minutes")


@router.post("/{programme_id}/make-up")
def make_up(programme_id: UUID, staff: StaffDep, unit: UnitDep, resident_id: IdTyped, session_id: IdTyped) -> Response:
    """Let the session of the same topic that somebody attended elsewhere make up for a lesson."""
    found = offered_in_place(resident_id, session_id, unit)
    if found is None:
        raise problems.NoMakeUp(phrase("没有找到这位学员上过的同主题补课场。"))
    own = {"programme_id": programme_id, "session_id": session_id, "registration_id": found}
    credit_make_up(CreditMakeUp.model_validate(own | {"by": staff.id}), unit)
    return see(f"/registration/desk/courses/{programme_id}#minutes")


@router.post("/{programme_id}/make-up-only")
def make_up_only(programme_id: UUID, _: StaffDep, unit: UnitDep, session_id: IdTyped) -> Response:
    """Keep a session for those who missed the lesson it repeats."""
    if unit.get(Session, session_id).programme_id != programme_id:
        raise problems.UnknownCourse(phrase("这一场不是这个班的课，请从这个班的课表里选。"))
    mark_make_up_session(MarkMakeUpSession(session_id=session_id), unit)
    return see(f"/registration/desk/courses/{programme_id}#minutes")


@router.post("/{programme_id}/practical")
def practical(
    programme_id: UUID, staff: StaffDep, unit: UnitDep, resident_id: IdTyped, passed: Annotated[bool, Form()]
) -> Response:
    """Say whether somebody could do it."""
    own = {"programme_id": programme_id, "resident_id": resident_id, "passed": passed, "by": staff.id}
    rate_practical(RatePractical.model_validate(own), unit)
    return see(f"/registration/desk/courses/{programme_id}#standings")


@router.post("/{programme_id}/test")
def write_test(programme_id: UUID, _: StaffDep, unit: UnitDep, moment: Typed = "", questions: Typed = "") -> Response:
    """Set a test from lines of text."""
    try:
        own = {"programme_id": programme_id, "moment": moment, "questions": questions_of(questions)}
        command = SetTest.model_validate(own)
    except ValueError:
        raise Invalid(TEST_LINES) from None
    set_test(command, unit)
    return see(f"/registration/desk/courses/{programme_id}#tests")


@router.post("/{programme_id}/survey")
def survey(programme_id: UUID, _: StaffDep, unit: UnitDep, questions: Typed = "") -> Response:
    """Open the survey, with the usual questions where the lines were left as they are."""
    asked: dict[str, Any] = {"programme_id": programme_id}
    if questions.split() != survey_lines(USUAL).split():
        asked["questions"] = survey_of(questions)
    try:
        command = OpenSurvey.model_validate(asked)
    except ValidationError:
        raise Invalid(SURVEY_LINES) from None
    open_survey(command, unit)
    return see(f"/registration/desk/courses/{programme_id}#levels")


@router.post("/{programme_id}/follow-up")
def follow_up(
    programme_id: UUID, _: StaffDep, unit: UnitDep, follow_up_id: IdTyped, rating: Annotated[int, Form()], words: Typed = ""
) -> Response:
    """Write down what somebody answered."""
    command = _checked(lambda: AnswerFollowUp(follow_up_id=follow_up_id, rating=rating, words=words))
    answer_follow_up(command, unit)
    return see(f"/registration/desk/courses/{programme_id}#levels")


@router.post("/{programme_id}/result")
def result(programme_id: UUID, staff: StaffDep, unit: UnitDep, words: Typed = "") -> Response:
    """Note what came of the course."""
    command = _checked(lambda: NoteResult(programme_id=programme_id, words=words, by=staff.id))
    note_result(command, unit)
    return see(f"/registration/desk/courses/{programme_id}#levels")


@router.post("/{programme_id}/complete")
def complete(programme_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """Close the course for everybody who lacks nothing, and give them their certificates."""
    for person in complete_course(CompleteCourse(programme_id=programme_id, by=staff.id), unit):
        unit.session.flush()
        issue_certificate(IssueCertificate(nomination_id=person.id, by=staff.id), unit)
    return see(f"/registration/desk/courses/{programme_id}#standings")


@router.post("/{programme_id}/certificate")
def certificate(programme_id: UUID, staff: StaffDep, unit: UnitDep, nomination_id: IdTyped) -> Response:
    """Issue a certificate again after one was revoked."""
    issue_certificate(IssueCertificate(nomination_id=nomination_id, by=staff.id), unit)
    return see(f"/registration/desk/courses/{programme_id}#standings")


@router.post("/{programme_id}/revoke")
def revoke(programme_id: UUID, staff: StaffDep, unit: UnitDep, number: Typed, reason: Typed = "") -> Response:
    """Revoke a certificate."""
    command = _checked(lambda: RevokeCertificate(number=number, reason=reason, by=staff.id))
    revoke_certificate(command, unit)
    return see(f"/registration/desk/courses/{programme_id}#standings")


def _checked(make: Any) -> Any:
    """The command, or what to do about what was typed."""
    try:
        return make()
    except ValidationError:
        raise Invalid(phrase("有一项没有填或者写得太长，请退回去看一看再交。")) from None


def _course(request: Request, course: Course, unit: Unit) -> Response:
    people = {listed.nomination.resident_id: listed for listed in list_of(course.programme_id, unit)}
    rows = standings(course, unit)
    return pages.render(
        request,
        "course.html",
        course=course,
        programme=unit.get(Programme, course.programme_id),
        seats=seats_of(course.programme_id, unit),
        people=people,
        rows=rows,
        lessons=[lesson.session for lesson in rows[0].record.lessons] if rows else [],
        tests={moment: unit.find(CourseTest, (course.programme_id, moment)) for moment in ("pre", "post")},
        levels=levels_of(course, unit),
        due=due_follow_ups(unit, programme_id=course.programme_id),
        test_lines=TEST_LINES,
        survey_lines=SURVEY_LINES,
        usual_survey=survey_lines(USUAL),
        make_up_only=make_up_sessions(course.programme_id, unit),
        lecturers=lecturers_of(course.programme_id, unit),
    )


def _nominate(
    request: Request, course: Course, sender: Sender, unit: Unit, *, form: dict[str, str], fault: str | None
) -> Response:
    seats = seats_of(course.programme_id, unit, sender.neighbourhoods)
    if sender.neighbourhoods is not None and not seats:
        raise Forbidden(OUTSIDE)
    return pages.render(
        request,
        "course_nominate.html",
        course=course,
        programme=unit.get(Programme, course.programme_id),
        seats=seats,
        people=list_of(course.programme_id, unit, sender.neighbourhoods),
        whole=sender.neighbourhoods is None,
        form=form,
        fault=fault,
        status_code=422 if fault else 200,
    )
