"""A resident's own courses, hours and certificates; and where anybody checks a certificate."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api.certificates import csv_answer, pdf_answer
from services.registration.domain.learning import TRIES, Moment
from services.registration.features import problems
from services.registration.features.answer_follow_up import AnswerFollowUp, answer_follow_up, due_follow_ups
from services.registration.features.answer_survey import AnswerSurvey, answer_survey
from services.registration.features.check_certificate import Inspected, check_file, check_number, check_text
from services.registration.features.nominate import nominated
from services.registration.features.open_course import the_course
from services.registration.features.open_survey import token_of
from services.registration.features.take_test import TakeTest, is_open, take_test, tries_of
from services.registration.pages.forms import Typed, TypedForm
from services.registration.pages.rendering import pages, see
from services.registration.projections.courses import (
    as_csv,
    ledger_of,
    my_certificate,
    my_courses,
    my_standing,
    transcript,
)
from services.registration.projections.instructors import lecturers_of
from services.registration.tables import Course, CourseTest, Programme, Survey
from shared.clock import today
from shared.errors import Invalid
from shared.http import PrincipalDep, ResidentDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

anonymous = APIRouter()
"""What is carried out once by its own token: no request of these is remembered, with its time or otherwise."""


@router.get("/courses")
def show_my_courses(request: Request, resident: ResidentDep, unit: UnitDep) -> Response:
    """My courses and my hours."""
    ledger = ledger_of(resident.id, today().date(), unit)
    return pages.render(
        request, "my_courses.html", courses=my_courses(resident.id, unit), ledger=ledger, rows=transcript(ledger, unit), names={}
    )


@router.get("/courses/hours.csv")
def download_hours(resident: ResidentDep, unit: UnitDep) -> Response:
    """My hours as a spreadsheet."""
    return csv_answer(as_csv(transcript(ledger_of(resident.id, today().date(), unit), unit)))


@router.get("/courses/{programme_id}")
def show_my_course(request: Request, programme_id: UUID, resident: ResidentDep, unit: UnitDep) -> Response:
    """One course of mine: how far I am, the next lesson, and what there is to do."""
    course = _mine(programme_id, resident.id, unit)
    nomination = nominated(programme_id, resident.id, unit)
    assert nomination is not None
    standing = my_standing(course, resident.id, unit)
    lessons = standing.record.lessons if standing else ()
    follow_ups = [one for one in due_follow_ups(unit, resident_id=resident.id) if one.programme_id == programme_id]
    moments: tuple[Moment, ...] = ("pre", "post")
    return pages.render(
        request,
        "my_course.html",
        course=course,
        programme=unit.get(Programme, programme_id),
        nomination=nomination,
        standing=standing,
        next=next((lesson.session for lesson in lessons if lesson.session.ends_at > unit.now), None),
        tests=[moment for moment in moments if standing and _can_take(programme_id, moment, resident.id, unit)],
        token=token_of(programme_id, resident.id, unit),
        survey=unit.find(Survey, programme_id),
        follow_ups=follow_ups,
        certificate=my_certificate(nomination, unit),
        lecturers=lecturers_of(programme_id, unit),
    )


@router.get("/courses/{programme_id}/tests/{moment}")
def show_test(request: Request, programme_id: UUID, moment: Moment, resident: ResidentDep, unit: UnitDep) -> Response:
    """The questions of a test, one below the other."""
    course = _mine(programme_id, resident.id, unit)
    test = unit.find(CourseTest, (programme_id, moment))
    if test is None or not is_open(programme_id, moment, unit):
        raise problems.NoTest(phrase("现在没有可以做的测验，请到“我的培训”里看看。"))
    programme = unit.get(Programme, programme_id)
    return pages.render(request, "course_test.html", course=course, programme=programme, test=test)


@router.post("/courses/{programme_id}/tests/{moment}")
def hand_in(programme_id: UUID, moment: Moment, resident: ResidentDep, unit: UnitDep, form: TypedForm) -> Response:
    """Hand the answers in."""
    _mine(programme_id, resident.id, unit)
    own = {"programme_id": programme_id, "resident_id": resident.id, "moment": moment}
    try:
        command = TakeTest.model_validate(own | {"answers": form})
    except ValidationError:
        raise Invalid(phrase("交上来的答案里有卷子上没有的题，请刷新页面再做。")) from None
    take_test(command, unit)
    return see(f"/registration/courses/{programme_id}#test-{moment}")


@anonymous.post("/survey")
def answer_anonymously(unit: UnitDep, form: TypedForm) -> Response:
    """Take the survey's answers by its token alone: who is logged in is not looked at."""
    ratings = {
        name: int(value) if value.isdecimal() and len(value) == 1 else value for name, value in form.items() if name != "token"
    }
    try:
        command = AnswerSurvey.model_validate({"token": form.get("token", ""), "answers": ratings})
    except ValidationError:
        raise Invalid(phrase("有一项填得太长，请写短一些再交。")) from None
    answer_survey(command, unit)
    return see("/registration/survey")


@router.get("/survey")
def show_thanks(request: Request) -> Response:
    """Thanks for a survey."""
    return pages.render(request, "survey_thanks.html")


@router.post("/courses/{programme_id}/follow-up")
def answer_about_later(
    programme_id: UUID,
    resident: ResidentDep,
    unit: UnitDep,
    follow_up_id: Annotated[UUID, Form()],
    rating: Annotated[int, Form(ge=1, le=5)],
    words: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Say what has become of what I learned."""
    answer_follow_up(AnswerFollowUp(follow_up_id=follow_up_id, rating=rating, words=words, resident_id=resident.id), unit)
    return see(f"/registration/courses/{programme_id}")


@router.get("/certificates")
def show_check(request: Request, unit: UnitDep, number: str = "") -> Response:
    """Where anybody checks a certificate."""
    return _checked(request, check_number(number, "", unit) if number else None, number)


@router.post("/certificates")
def check(request: Request, unit: UnitDep, file: Annotated[bytes, File()] = b"", signed: Typed | None = None) -> Response:
    """Check a certificate's file, or the signed text it carries."""
    return _checked(request, check_text(signed, unit) if signed else check_file(file, unit), "")


@router.get("/certificates/{number}")
def show_certificate(request: Request, number: str, unit: UnitDep, c: str = "") -> Response:
    """Check a certificate by its number; the code of its QR shows the whole name."""
    return _checked(request, check_number(number, c, unit), number)


@router.get("/certificates/{number}/file")
def download_certificate(number: str, principal: PrincipalDep, unit: UnitDep) -> Response:
    """The certificate's file, for its holder and staff."""
    if principal is None:
        raise problems.UnknownCertificate(phrase("请先登录，再下载自己的证书。"))
    return pdf_answer(number, principal, unit)


def _mine(programme_id: UUID, resident_id: UUID, unit: Unit) -> Course:
    """A course I am on the list of; others look like none."""
    course = the_course(programme_id, unit)
    if nominated(programme_id, resident_id, unit) is None:
        raise problems.UnknownCourse(phrase("没有找到这个培训班，请从“我的培训”里进。"))
    return course


def _can_take(programme_id: UUID, moment: Moment, resident_id: UUID, unit: Unit) -> bool:
    return (
        unit.find(CourseTest, (programme_id, moment)) is not None
        and is_open(programme_id, moment, unit)
        and tries_of(programme_id, moment, resident_id, unit) < TRIES[moment]
    )


def _checked(request: Request, found: Inspected | None, number: str) -> Response:
    said = found.said if found else None
    status = 404 if found and found.standing in ("unknown", "altered") else 200
    return pages.render(request, "certificate_check.html", found=found, said=said, number=number, status_code=status)
