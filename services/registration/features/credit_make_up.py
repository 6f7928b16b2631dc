"""Let an attended session make up for a missed lesson."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from services.registration.domain import courses
from services.registration.features import Command, problems
from services.registration.features.cancel import UNKNOWN
from services.registration.features.course_minutes import lesson_of, lessons_of, record_of
from services.registration.features.nominate import nominated
from services.registration.features.open_course import the_course
from services.registration.tables import MakeUp, MakeUpSession, Registration, Session
from shared.unit import Unit
from shared.web import phrase


class MakeUpWish(Command):
    """`registration_id`, of another session of the same topic, in place of the lesson `session_id`."""

    session_id: UUID
    registration_id: UUID


class CreditMakeUp(MakeUpWish):
    """Credited by `by` for the course `programme_id`."""

    programme_id: UUID
    by: UUID


def credit_make_up(command: CreditMakeUp, unit: Unit) -> MakeUp:
    """Credit it once: a lesson has one make-up, an attendance makes up for one lesson and counts nowhere else in the course."""
    course = the_course(command.programme_id, unit, locked=True)
    registration = unit.find(Registration, command.registration_id)
    if registration is None:
        raise problems.UnknownRegistration(UNKNOWN)
    lesson = lesson_of(record_of(course, registration.resident_id, unit), command.session_id)
    if lesson.session.ends_at > unit.now or lesson.minutes >= courses.length(lesson.session.starts_at, lesson.session.ends_at):
        raise problems.NothingMissed(phrase("那节课没有缺，或者还没有上完，不用补。"))
    if not courses.may_make_up(course.make_up, excused=lesson.excused):
        raise problems.NoMakeUp(phrase("这节课没有批准的请假，按这个班的规定不能补。"))
    _refuse_credited(command, registration, unit)
    _refuse_other_topic(command, registration, unit)
    make_up = MakeUp(
        missed_session_id=command.session_id,
        resident_id=registration.resident_id,
        registration_id=registration.id,
        credited_by=command.by,
        credited_at=unit.now,
    )
    unit.add(make_up)
    return make_up


def _refuse_credited(command: CreditMakeUp, registration: Registration, unit: Unit) -> None:
    used = select(MakeUp.registration_id).where(col(MakeUp.registration_id) == registration.id)
    known = unit.find(MakeUp, (command.session_id, registration.resident_id))
    if known is not None or unit.session.exec(used).first() is not None:
        raise problems.CreditedBefore(phrase("这节课已经补过，或者这次到课已经抵过一节，不能再抵。"))


def _refuse_other_topic(command: CreditMakeUp, registration: Registration, unit: Unit) -> None:
    missed, other = unit.get(Session, command.session_id), unit.get(Session, registration.session_id)
    own = {lesson.id for lesson in lessons_of(command.programme_id, unit)}
    if other.id in own or other.topic_title != missed.topic_title or not missed.topic_title or other.kind != "course":
        raise problems.NoMakeUp(phrase("补课要上同一个主题的另一场：本班的补课场，或别的班的同一课。"))
    there = nominated(other.programme_id, registration.resident_id, unit)
    if other.programme_id != command.programme_id and there is not None and there.state == "enrolled":
        raise problems.NoMakeUp(phrase("这位学员在那个班也有学籍，那节课算在那边，不能两头算。"))
    if registration.checked_in_at is None or (registration.left_at is None and other.ends_at > unit.now):
        raise problems.NoMakeUp(phrase("这位学员没有到那一场，或者还没有上完，不能抵。"))


class MarkMakeUpSession(Command):
    """`session_id` repeats a lesson for those who missed it: nobody else has to attend."""

    session_id: UUID


def mark_make_up_session(command: MarkMakeUpSession, unit: Unit) -> MakeUpSession:
    """Take the session out of what the course asks of everybody."""
    session = unit.lock(Session, command.session_id)
    the_course(session.programme_id, unit)
    if session.state != "planned" or unit.now >= session.starts_at:
        raise problems.SessionIsOver(phrase("课已经开始，不能再改成补课场。"))
    row = unit.find(MakeUpSession, session.id) or MakeUpSession(session_id=session.id)
    unit.add(row)
    return row
