"""Who gives a session and who helps: the list of lecturers and volunteers, and what each does where."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import delete
from sqlmodel import col

from services.registration.domain.calendar import Part
from services.registration.features import Command, problems
from services.registration.features.person import PersonName
from services.registration.tables import Assignment, Instructor, Session
from shared.unit import Unit
from shared.web import phrase

NAME = "instructor.name"


class AddInstructor(Command):
    """Somebody who gives sessions or helps at them. Residents read the name only if the person agreed to that."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "李敏", "title": "主治医师", "organisation": "黄浦区红十字会", "may_be_named": True}
        }
    )

    name: PersonName
    title: Annotated[str, StringConstraints(max_length=40)] = ""
    organisation: Annotated[str, StringConstraints(max_length=60)] = ""
    may_be_named: bool = False


class EditInstructor(AddInstructor):
    """All that is kept of `instructor_id`."""

    instructor_id: UUID


class Role(BaseModel):
    """Somebody, and what they do at a session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instructor_id: UUID
    part: Part


class Assign(Command):
    """Exactly these people are at `session_id`."""

    session_id: UUID
    people: Annotated[tuple[Role, ...], Field(max_length=30)]


def add_instructor(command: AddInstructor, unit: Unit) -> Instructor:
    """Put somebody on the list, their name encrypted."""
    instructor = Instructor(**_kept(command, unit))
    unit.add(instructor)
    return instructor


def edit_instructor(command: EditInstructor, unit: Unit) -> Instructor:
    """Correct what is kept of somebody, or whether they may be named."""
    instructor = unit.find(Instructor, command.instructor_id)
    if instructor is None:
        raise problems.UnknownInstructor(phrase("名单里没有这位老师或志愿者，请先加上。"))
    for name, value in _kept(command, unit).items():
        setattr(instructor, name, value)
    return instructor


def assign(command: Assign, unit: Unit) -> Session:
    """Say who is at the session; whoever was before and is not named is no longer. Clashes are shown, not refused."""
    session = unit.get(Session, command.session_id)
    wanted = {role.instructor_id: role.part for role in command.people}
    if any(unit.find(Instructor, id) is None for id in wanted):
        raise problems.UnknownInstructor(phrase("名单里没有这位老师或志愿者，请先加上。"))
    unit.session.exec(delete(Assignment).where(col(Assignment.session_id) == session.id))
    unit.add(*(Assignment(session_id=session.id, instructor_id=id, part=part) for id, part in wanted.items()))
    return session


def _kept(command: AddInstructor, unit: Unit) -> dict[str, Any]:
    return {
        "name": unit.keys.encrypt(command.name, NAME),
        "title": command.title,
        "organisation": command.organisation,
        "may_be_named": command.may_be_named,
    }
