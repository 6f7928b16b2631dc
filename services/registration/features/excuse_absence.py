"""Accept somebody's excuse for a lesson they missed or will miss."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.registration.features import Command, problems
from services.registration.features.course_minutes import lesson_of, record_of
from services.registration.features.open_course import the_course
from services.registration.tables import Excuse
from shared.unit import Unit
from shared.web import phrase


class ExcuseWish(Command):
    """Why `resident_id` cannot be at the lesson `session_id`."""

    session_id: UUID
    resident_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=100), Field(examples=["家里老人住院，要陪护"])]


class ExcuseAbsence(ExcuseWish):
    """Accepted by `by` for the course `programme_id`."""

    programme_id: UUID
    by: UUID


def excuse_absence(command: ExcuseAbsence, unit: Unit) -> Excuse:
    """Keep the reason, encrypted; an excuse gives no minutes, it opens the way to a make-up. The latest reason stays."""
    course = the_course(command.programme_id, unit)
    lesson = lesson_of(record_of(course, command.resident_id, unit), command.session_id)
    if lesson.attended.presence == "here":
        raise problems.NothingMissed(phrase("这位学员那节课到了，不用请假。"))
    excuse = unit.find(Excuse, (command.session_id, command.resident_id)) or Excuse(
        session_id=command.session_id,
        resident_id=command.resident_id,
        reason="",
        approved_by=command.by,
        approved_at=unit.now,
    )
    excuse.reason = unit.keys.encrypt(command.reason, "excuse.reason")
    excuse.approved_by, excuse.approved_at = command.by, unit.now
    unit.add(excuse)
    return excuse
