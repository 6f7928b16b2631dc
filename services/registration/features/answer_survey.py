"""Answer the anonymous survey: with a token, and without a name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.registration.domain.learning import RATINGS
from services.registration.features import Command, problems
from services.registration.features.open_survey import mark_of
from services.registration.tables import Survey, SurveyBallot
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

LONGEST = 500


class AnswerSurvey(Command):
    """`answers` by the question's code: a rating from 1 to 5, or words. Questions may be left out."""

    token: Annotated[str, Field(max_length=100)]
    answers: Annotated[dict[str, int | str], Field(max_length=20, examples=[{"useful": 5, "remarks": "案例很好"}])]


def answer_survey(command: AnswerSurvey, unit: Unit) -> None:
    """Put the answers on the token's ballot, once; nothing is written about who or when."""
    mark = mark_of(command.token)
    if unit.find(SurveyBallot, mark) is None:
        raise problems.UnknownBallot(phrase("这张问卷不存在，请从“我的培训”重新打开。"))
    ballot = unit.lock(SurveyBallot, mark)
    survey = unit.get(Survey, ballot.programme_id)
    if unit.now >= survey.closes_at:
        raise problems.NoSurvey(phrase("问卷已经截止，谢谢您。"))
    if ballot.answers is not None:
        raise problems.UnknownBallot(phrase("这张问卷已经交过了，每人只交一次，谢谢您。"))
    kinds = {question["code"]: question["kind"] for question in survey.questions}
    given = {code: answer for code, answer in command.answers.items() if answer != ""}
    for code, answer in given.items():
        if not _fits(kinds.get(code), answer):
            raise Invalid(phrase("打分请在 1 到 5 里选；想说的话请在五百字以内。"))
    if not given:
        raise Invalid(phrase("问卷还是空的，至少答一题再交。"))
    ballot.answers = given


def _fits(kind: str | None, answer: int | str) -> bool:
    if kind == "rating":
        return isinstance(answer, int) and RATINGS[0] <= answer <= RATINGS[1]
    return kind == "words" and isinstance(answer, str) and len(answer) <= LONGEST
