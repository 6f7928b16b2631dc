"""Open the anonymous survey at a course's end.

Every student gets a token. The database keeps it encrypted beside their id until the survey closes, and its hash on a ballot
without one. No answer is written together with a person or a time. When the survey closes the tokens are destroyed: from then on
nobody can find out whose ballot is whose, with the keys or without.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import delete
from sqlmodel import col, select

from services.registration.domain import learning
from services.registration.features import Command, problems
from services.registration.features.course_minutes import lessons_of
from services.registration.features.open_course import the_course
from services.registration.tables import Nomination, Survey, SurveyBallot, SurveyLetter
from shared.unit import Unit
from shared.web import phrase

OPEN_FOR = timedelta(days=14)


class SurveyQuestion(BaseModel):
    """Asks for a rating from 1 to 5, or for words."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")]
    words: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    kind: Literal["rating", "words"] = "rating"


USUAL = (
    SurveyQuestion(code="useful", words=phrase("课上学的，工作里用得上吗？")),
    SurveyQuestion(code="clear", words=phrase("老师讲得清楚吗？")),
    SurveyQuestion(code="pace", words=phrase("时间和进度合适吗？")),
    SurveyQuestion(code="remarks", words=phrase("还有什么想说的？"), kind="words"),
)


class SurveyWish(Command):
    """What is asked; left out: the usual four questions."""

    questions: Annotated[tuple[SurveyQuestion, ...], Field(min_length=1, max_length=20)] = USUAL


class OpenSurvey(SurveyWish):
    """Of the students of the course `programme_id`."""

    programme_id: UUID


def open_survey(command: OpenSurvey, unit: Unit) -> Survey:
    """Give everybody enrolled a token, once the last lesson has begun; it is open for two weeks."""
    course = the_course(command.programme_id, unit, locked=True)
    lessons = lessons_of(course.programme_id, unit)
    if not lessons or unit.now < lessons[-1].starts_at:
        raise problems.NoSurvey(phrase("最后一课开始以后，才能发问卷。"))
    if unit.find(Survey, course.programme_id) is not None:
        raise problems.NoSurvey(phrase("这个班的问卷已经发过了。"))
    enrolled = select(Nomination.resident_id).where(
        col(Nomination.programme_id) == course.programme_id, col(Nomination.state) == "enrolled"
    )
    survey = Survey(
        programme_id=course.programme_id,
        questions=[question.model_dump() for question in command.questions],
        opened_at=unit.now,
        closes_at=unit.now + OPEN_FOR,
    )
    unit.add(survey)
    unit.session.flush()
    tokens = {resident: secrets.token_urlsafe(18) for resident in unit.session.exec(enrolled)}
    unit.add(
        *(
            SurveyLetter(
                programme_id=survey.programme_id, resident_id=resident, token=unit.keys.encrypt(token, "survey_letter.token")
            )
            for resident, token in tokens.items()
        )
    )
    marks = sorted(mark_of(token) for token in tokens.values())
    unit.add(*(SurveyBallot(mark=mark, programme_id=survey.programme_id) for mark in marks))
    return survey


def mark_of(token: str) -> str:
    """What a ballot keeps of its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(programme_id: UUID, resident_id: UUID, unit: Unit) -> str | None:
    """The person's unused token, while the survey is open; reading it leaves no trace."""
    letter, survey = unit.find(SurveyLetter, (programme_id, resident_id)), unit.find(Survey, programme_id)
    if letter is None or survey is None or unit.now >= survey.closes_at:
        return None
    token = unit.keys.decrypt(letter.token, "survey_letter.token")
    ballot = unit.find(SurveyBallot, mark_of(token))
    return token if ballot is not None and ballot.answers is None else None


def outcome(survey: Survey, unit: Unit) -> learning.Survey | None:
    """What the survey came to, once it is closed: watched while it is open, each answer could be told from the last."""
    if unit.now < survey.closes_at:
        return None
    answered = select(SurveyBallot.answers).where(
        col(SurveyBallot.programme_id) == survey.programme_id, col(SurveyBallot.answers).is_not(None)
    )
    ballots = unit.session.exec(answered.order_by(col(SurveyBallot.mark))).all()
    return learning.summed_up(survey.questions, [ballot for ballot in ballots if ballot is not None])


def destroy_letters(unit: Unit) -> None:
    """Forget whose tokens were whose in surveys that are closed."""
    closed = select(Survey.programme_id).where(col(Survey.closes_at) <= unit.now)
    unit.session.exec(delete(SurveyLetter).where(col(SurveyLetter.programme_id).in_(closed)))
