"""Set the test before or after a course."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import col, select

from services.registration.domain.learning import Moment
from services.registration.features import Command, problems
from services.registration.features.open_course import the_course
from services.registration.tables import CourseTest, TestTaken
from shared.unit import Unit
from shared.web import phrase

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Question(BaseModel):
    """A multiple-choice question. `right` is the place of the right option, counted from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$"), Field(examples=["q1"])]
    words: Annotated[Words, Field(examples=["居民议事会的决议由谁监督执行？"])]
    options: Annotated[tuple[Words, ...], Field(min_length=2, max_length=6, examples=[["居民自己", "街道", "物业"]])]
    right: Annotated[int, Field(ge=0, le=5)]
    points: Annotated[int, Field(ge=1, le=100)] = 1

    @model_validator(mode="after")
    def _right_is_an_option(self) -> Question:
        if self.right >= len(self.options):
            raise PydanticCustomError("right_option", phrase("正确答案要是给出的选项之一。"))
        return self


class TestWish(Command):
    """The questions of the test before (`pre`) or after (`post`) the course."""

    moment: Moment
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _codes_differ(self) -> TestWish:
        if len({question.code for question in self.questions}) != len(self.questions):
            raise PydanticCustomError("same_code", phrase("两道题用了同一个编号，请改一个。"))
        return self


class SetTest(TestWish):
    """For the course `programme_id`."""

    programme_id: UUID


def set_test(command: SetTest, unit: Unit) -> CourseTest:
    """Keep the questions; they can be changed until somebody has answered them."""
    course = the_course(command.programme_id, unit, locked=True)
    taken = select(TestTaken.number).where(
        col(TestTaken.programme_id) == course.programme_id, col(TestTaken.moment) == command.moment
    )
    if unit.session.exec(taken).first() is not None:
        raise problems.TestIsTaken(phrase("已经有人答过这份卷子，题目不能再改。"))
    test = unit.find(CourseTest, (course.programme_id, command.moment)) or CourseTest(
        programme_id=course.programme_id, moment=command.moment, questions=[], set_at=unit.now
    )
    test.questions = [question.model_dump(mode="json") for question in command.questions]
    test.set_at = unit.now
    unit.add(test)
    return test
