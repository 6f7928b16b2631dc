"""Courses: who is sent, what is attended and made up, tests, the survey, follow-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import BaseModel

from services.registration.api.common import Out
from services.registration.api.senders import SenderDep
from services.registration.domain.courses import NominationState, Presence
from services.registration.features.answer_follow_up import (
    AnswerFollowUp,
    FollowUpAnswer,
    NoteResult,
    ResultWish,
    answer_follow_up,
    note_result,
)
from services.registration.features.answer_survey import AnswerSurvey, answer_survey
from services.registration.features.complete_course import CompleteCourse, Standing, complete_course, standings
from services.registration.features.confirm_stay import ConfirmStay, confirm_stay
from services.registration.features.credit_make_up import (
    CreditMakeUp,
    MakeUpWish,
    MarkMakeUpSession,
    credit_make_up,
    mark_make_up_session,
)
from services.registration.features.enrol_cohort import EnrolCohort, enrol_cohort
from services.registration.features.excuse_absence import ExcuseAbsence, ExcuseWish, excuse_absence
from services.registration.features.nominate import Nominate, NominationWish, nominate
from services.registration.features.open_course import OpenCourse, open_course, the_course
from services.registration.features.open_survey import OpenSurvey, SurveyWish, open_survey
from services.registration.features.set_test import SetTest, TestWish, set_test
from services.registration.features.take_test import (
    Answers,
    PracticalWish,
    RatePractical,
    TakeTest,
    rate_practical,
    take_test,
)
from services.registration.features.withdraw_nomination import WithdrawNomination, withdraw_nomination
from services.registration.projections.courses import list_of, seats_of
from shared.http import ResidentDep, SomebodyDep, StaffDep, UnitDep

router = APIRouter()

anonymous = APIRouter()
"""What is carried out once by its own token: no request of these is remembered, with its time or otherwise."""


class NominationOut(Out):
    """Somebody sent to a course; `minutes` are those of a completed one."""

    id: UUID
    programme_id: UUID
    resident_id: UUID
    neighbourhood: str
    state: NominationState
    completed_at: datetime | None
    minutes: int | None


class SeatsOut(BaseModel):
    """How many people a neighbourhood may send, and has sent."""

    neighbourhood: str
    name: str
    seats: int
    taken: int


class CourseOut(Out):
    """A course: what it asks for, and whom it is for."""

    programme_id: UUID
    cohort: str
    issuer: str
    category: str
    threshold: int
    minutes_per_hour: int
    make_up: str
    pass_mark: int
    needs_test: bool
    needs_practical: bool


class CourseRead(BaseModel):
    """A course with its quotas and its list."""

    course: CourseOut
    seats: list[SeatsOut]
    nominations: list[NominationOut]


class LessonOut(BaseModel):
    """Somebody's part in a lesson: minutes attended and made up; `unclear` when nobody knows how long they stayed."""

    session_id: UUID
    presence: Presence
    minutes: int
    made_up: int
    excused: bool


class StandingOut(BaseModel):
    """Where somebody stands: minutes of those required, the best scores in percent, and what is lacking."""

    nomination_id: UUID
    resident_id: UUID
    minutes: int
    required: int
    percent: int
    before: int | None
    after: int | None
    practical: bool | None
    lacks: list[str]
    lessons: list[LessonOut]

    @classmethod
    def of(cls, standing: Standing) -> StandingOut:
        """As it stands now."""
        record = standing.record
        return cls(
            nomination_id=record.nomination.id,
            resident_id=record.nomination.resident_id,
            minutes=record.total.minutes,
            required=record.total.required,
            percent=record.total.percent,
            before=standing.before,
            after=standing.after,
            practical=standing.practical,
            lacks=list(standing.lacks),
            lessons=[
                LessonOut(
                    session_id=lesson.session.id,
                    presence=lesson.attended.presence,
                    minutes=lesson.attended.minutes,
                    made_up=lesson.made_up,
                    excused=lesson.excused,
                )
                for lesson in record.lessons
            ],
        )


class EnrolledOut(BaseModel):
    """How many people are newly enrolled, how many places they got, and how many they wait for."""

    people: int
    places: int
    waiting: int


class DoneOut(BaseModel):
    """What was asked for is done."""

    done: bool = True


class ScoreOut(BaseModel):
    """What a try at a test came to, in percent; `number` counts the tries."""

    number: int
    score: int


@router.post("/courses", status_code=201)
def post_course(command: OpenCourse, _: StaffDep, unit: UnitDep) -> CourseOut:
    """Open a course: its cohort, what it asks for, and whom the neighbourhoods may send."""
    return CourseOut.model_validate(open_course(command, unit))


@router.get("/courses/{programme_id}")
def get_course(programme_id: UUID, _: StaffDep, unit: UnitDep) -> CourseRead:
    """A course with its quotas and its list."""
    return CourseRead(
        course=CourseOut.model_validate(the_course(programme_id, unit)),
        seats=[
            SeatsOut(**seats.quota.model_dump(exclude={"programme_id"}), taken=seats.taken)
            for seats in seats_of(programme_id, unit)
        ],
        nominations=[NominationOut.model_validate(listed.nomination) for listed in list_of(programme_id, unit)],
    )


@router.get("/courses/{programme_id}/standings")
def get_standings(programme_id: UUID, _: StaffDep, unit: UnitDep) -> list[StandingOut]:
    """All minutes, lesson by lesson, their scores, and what they lack."""
    return [StandingOut.of(standing) for standing in standings(the_course(programme_id, unit), unit)]


@router.post("/courses/{programme_id}/nominations", status_code=201)
def post_nomination(programme_id: UUID, wish: NominationWish, sender: SenderDep, unit: UnitDep) -> NominationOut:
    """Send somebody to a course, within the neighbourhood's quota."""
    command = Nominate(**wish.model_dump(), programme_id=programme_id, by=sender.staff.id, neighbourhoods=sender.neighbourhoods)
    return NominationOut.model_validate(nominate(command, unit))


@router.post("/nominations/{nomination_id}/withdraw")
def post_withdraw(nomination_id: UUID, sender: SenderDep, unit: UnitDep) -> NominationOut:
    """Take somebody off a course's list."""
    command = WithdrawNomination(nomination_id=nomination_id, neighbourhoods=sender.neighbourhoods)
    return NominationOut.model_validate(withdraw_nomination(command, unit))


@router.post("/courses/{programme_id}/enrol")
def post_enrol(programme_id: UUID, staff: StaffDep, unit: UnitDep) -> EnrolledOut:
    """Give everybody on the list their place in each lesson."""
    return EnrolledOut(**enrol_cohort(EnrolCohort(programme_id=programme_id, by=staff.id), unit)._asdict())


@router.post("/courses/{programme_id}/excuses", status_code=201)
def post_excuse(programme_id: UUID, wish: ExcuseWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Accept an excuse for a lesson."""
    excuse_absence(ExcuseAbsence(**wish.model_dump(), programme_id=programme_id, by=staff.id), unit)
    return DoneOut()


@router.post("/registrations/{registration_id}/stayed")
def post_stayed(registration_id: UUID, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Confirm that somebody without a sign-out stayed to the end."""
    confirm_stay(ConfirmStay(registration_id=registration_id, by=staff.id), unit)
    return DoneOut()


@router.post("/sessions/{session_id}/make-up-only")
def post_make_up_session(session_id: UUID, _: StaffDep, unit: UnitDep) -> DoneOut:
    """Keep a session of a course for those who missed the lesson it repeats."""
    mark_make_up_session(MarkMakeUpSession(session_id=session_id), unit)
    return DoneOut()


@router.post("/courses/{programme_id}/make-ups", status_code=201)
def post_make_up(programme_id: UUID, wish: MakeUpWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Let an attended session make up for a missed lesson."""
    credit_make_up(CreditMakeUp(**wish.model_dump(), programme_id=programme_id, by=staff.id), unit)
    return DoneOut()


@router.put("/courses/{programme_id}/tests")
def put_test(programme_id: UUID, wish: TestWish, _: StaffDep, unit: UnitDep) -> DoneOut:
    """Set the test before or after the course."""
    set_test(SetTest(**wish.model_dump(), programme_id=programme_id), unit)
    return DoneOut()


@router.post("/courses/{programme_id}/tests/taken", status_code=201)
def post_test_taken(programme_id: UUID, answers: Answers, resident: ResidentDep, unit: UnitDep) -> ScoreOut:
    """Answer a test, for oneself."""
    taken = take_test(TakeTest(**answers.model_dump(), programme_id=programme_id, resident_id=resident.id), unit)
    return ScoreOut(number=taken.number, score=taken.score)


@router.put("/courses/{programme_id}/practicals")
def put_practical(programme_id: UUID, wish: PracticalWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Say whether somebody could do what the course teaches."""
    rate_practical(RatePractical(**wish.model_dump(), programme_id=programme_id, by=staff.id), unit)
    return DoneOut()


@router.post("/courses/{programme_id}/survey", status_code=201)
def post_survey(programme_id: UUID, unit: UnitDep, _: StaffDep, wish: Annotated[SurveyWish, Body()]) -> DoneOut:
    """Open the anonymous survey."""
    open_survey(OpenSurvey(**wish.model_dump(), programme_id=programme_id), unit)
    return DoneOut()


@anonymous.post("/survey", status_code=201)
def post_survey_answer(command: AnswerSurvey, unit: UnitDep) -> DoneOut:
    """Answer the survey with a token; no log-in, since nobody is to know who answers."""
    answer_survey(command, unit)
    return DoneOut()


@router.post("/follow-ups/{follow_up_id}")
def post_follow_up(follow_up_id: UUID, answer: FollowUpAnswer, who: SomebodyDep, unit: UnitDep) -> DoneOut:
    """Answer a follow-up: students their own, staff for supervisors and for whoever answers by phone."""
    own = who.id if who.kind == "resident" else None
    answer_follow_up(AnswerFollowUp(**answer.model_dump(), follow_up_id=follow_up_id, resident_id=own), unit)
    return DoneOut()


@router.post("/courses/{programme_id}/results", status_code=201)
def post_result(programme_id: UUID, wish: ResultWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Note what came of a course for the neighbourhood."""
    note_result(NoteResult(**wish.model_dump(), programme_id=programme_id, by=staff.id), unit)
    return DoneOut()


@router.post("/courses/{programme_id}/complete")
def post_complete(programme_id: UUID, staff: StaffDep, unit: UnitDep) -> list[NominationOut]:
    """Close the course for everybody who lacks nothing; answers with those who completed it now."""
    done = complete_course(CompleteCourse(programme_id=programme_id, by=staff.id), unit)
    return [NominationOut.model_validate(nomination) for nomination in done]
