"""Ask, some weeks after a course, what has become of it; note what came of it for the neighbourhood."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlmodel import col, select

from services.registration.features import Command, problems
from services.registration.features.open_course import the_course
from services.registration.tables import FollowUp, ResultNote
from shared.clock import today
from shared.unit import Unit
from shared.web import phrase


class FollowUpAnswer(Command):
    """How much of what was learned is in use, from 1 (nothing) to 5 (all the time), with an example in words."""

    rating: Annotated[int, Field(ge=1, le=5)]
    words: Annotated[str, StringConstraints(max_length=500), Field(examples=["上周用“六步法”调解了一起漏水纠纷"])] = ""


class AnswerFollowUp(FollowUpAnswer):
    """For `follow_up_id`; with `resident_id`, only if it is theirs to answer."""

    follow_up_id: UUID
    resident_id: UUID | None = None


def answer_follow_up(command: AnswerFollowUp, unit: Unit) -> FollowUp:
    """Keep the answer, the words encrypted; not before it is due, and once."""
    found = unit.find(FollowUp, command.follow_up_id)
    theirs = found is not None and (found.resident_id, found.asked) == (command.resident_id, "participant")
    if found is None or not (theirs or command.resident_id is None):
        raise problems.UnknownFollowUp(phrase("没有找到这份回访，请从“我的培训”重新打开。"))
    follow_up = unit.lock(FollowUp, found.id)
    if follow_up.answered_at is not None:
        raise problems.FollowUpNotDue(phrase("这份回访已经答过了，谢谢。"))
    if follow_up.due_on > today().date():
        raise problems.FollowUpNotDue(phrase("这份回访还没有到时候，到了日子再答。"))
    follow_up.rating = command.rating
    follow_up.answers = unit.keys.encrypt(command.words, "follow_up.answers")
    follow_up.answered_at = unit.now
    return follow_up


def due_follow_ups(unit: Unit, *, programme_id: UUID | None = None, resident_id: UUID | None = None) -> list[FollowUp]:
    """The follow-ups that wait for an answer now, the oldest first: of a course, or those a person can answer themselves."""
    found = select(FollowUp).where(col(FollowUp.due_on) <= today().date(), col(FollowUp.answered_at).is_(None))
    if programme_id is not None:
        found = found.where(col(FollowUp.programme_id) == programme_id)
    if resident_id is not None:
        found = found.where(col(FollowUp.resident_id) == resident_id, col(FollowUp.asked) == "participant")
    return list(unit.session.exec(found.order_by(col(FollowUp.due_on), col(FollowUp.id))))


class ResultWish(Command):
    """What came of a course for the neighbourhood, and how that is known."""

    words: Annotated[
        str,
        StringConstraints(min_length=1, max_length=500),
        Field(examples=["三个居委建起了议事会，五月调解成功 12 件（调解台账）"]),
    ]


class NoteResult(ResultWish):
    """Noted by `by` for the course `programme_id`."""

    programme_id: UUID
    by: UUID


def note_result(command: NoteResult, unit: Unit) -> ResultNote:
    """Add a note."""
    course = the_course(command.programme_id, unit)
    note = ResultNote(programme_id=course.programme_id, words=command.words, noted_by=command.by, noted_at=unit.now)
    unit.add(note)
    return note
