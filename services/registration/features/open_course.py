"""Open a course: the cohort, what it asks for, and whom the neighbourhoods may send."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.registration.domain.courses import MakeUpRule
from services.registration.features import Command, problems
from services.registration.features.open_programme import Title
from services.registration.tables import Course, CourseQuota, Programme
from shared.contracts.registration import CourseOpened
from shared.unit import Unit
from shared.web import phrase

NeighbourhoodCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,20}$")]
Percent = Annotated[int, Field(ge=1, le=100)]


class Quota(BaseModel):
    """How many people one neighbourhood may send."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    neighbourhood: Annotated[NeighbourhoodCode, Field(examples=["310101019003"])]
    name: Annotated[Title, Field(examples=["净土居委"])]
    seats: Annotated[int, Field(ge=1, le=1000, examples=[3])]


class OpenCourse(Command):
    """The cohort of a programme of kind course.

    `threshold` is the share of minutes that is asked for, `pass_mark` that of the test's points, both in percent. `make_up` says
    which missed lessons may be made up in another session: none, those with an accepted excuse, or any.
    """

    programme_id: UUID
    cohort: Annotated[Title, Field(examples=["2021 年春季班"])]
    issuer: Annotated[Title, Field(examples=["老西门街道社区服务办公室"])]
    category: Annotated[Title, Field(examples=["业务能力"])] = "业务能力"
    threshold: Percent = 80
    minutes_per_hour: Literal[45, 60] = 45
    make_up: MakeUpRule = "excused"
    pass_mark: Percent = 60
    needs_test: bool = True
    needs_practical: bool = False
    quotas: Annotated[tuple[Quota, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _neighbourhoods_differ(self) -> OpenCourse:
        codes = [quota.neighbourhood for quota in self.quotas]
        if len(codes) != len(set(codes)):
            raise PydanticCustomError("same_neighbourhood", phrase("同一个居委写了两次，请合成一行。"))
        return self


def open_course(command: OpenCourse, unit: Unit) -> Course:
    """Put what the course asks for beside its programme; nominations are taken from now on."""
    programme = unit.lock(Programme, command.programme_id)
    if programme.kind != "course":
        raise problems.NotACourse(phrase("这个项目不是培训班，先建一个“培训班”项目再设班级。"))
    if unit.find(Course, programme.id) is not None:
        raise problems.NotACourse(phrase("这个培训班已经设过班级了；新一期请另建一个项目。"))
    course = Course(**command.model_dump(exclude={"quotas"}), opened_at=unit.now)
    unit.add(course)
    unit.session.flush()
    unit.add(*(CourseQuota(programme_id=programme.id, **quota.model_dump()) for quota in command.quotas))
    unit.session.flush()
    unit.emit(
        CourseOpened(
            programme_id=programme.id,
            neighbourhoods=len(command.quotas),
            seats=sum(quota.seats for quota in command.quotas),
            street=programme.street,
        )
    )
    return course


def the_course(programme_id: UUID, unit: Unit, *, locked: bool = False) -> Course:
    """The course under this id, locked when its list is about to change; raises `UnknownCourse`."""
    found = unit.find(Course, programme_id)
    if found is None:
        raise problems.UnknownCourse(phrase("没有找到这个培训班，请从“活动项目”里进。"))
    return unit.lock(Course, programme_id) if locked else found
