"""Courses, hours and certificates as pages and interface show them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, func, or_, select

from services.registration.domain import courses, learning
from services.registration.domain.courses import Earned
from services.registration.features.complete_course import Standing, standings
from services.registration.features.issue_certificate import certificate_of
from services.registration.features.keep_hours import WHY, cycles_of
from services.registration.features.nominate import ON_THE_LIST
from services.registration.features.open_survey import outcome
from services.registration.features.take_test import scores_of
from services.registration.projections.people import name_of
from services.registration.tables import (
    Certificate,
    Course,
    CourseQuota,
    Cycle,
    FollowUp,
    HourEntry,
    MakeUp,
    MakeUpSession,
    Nomination,
    Programme,
    Registration,
    Resident,
    ResultNote,
    Session,
    Survey,
)
from shared.auth import Principal
from shared.limits import within
from shared.unit import Unit


class Seats(NamedTuple):
    """A neighbourhood's quota and how much of it is used."""

    quota: CourseQuota
    taken: int


class Listed(NamedTuple):
    """Somebody on a course's list."""

    nomination: Nomination
    name: str
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class Levels:
    """What a course led to, by Kirkpatrick's four levels: the closed survey, the paired tests, the follow-ups, the notes."""

    survey: Survey | None
    outcome: learning.Survey | None
    gain: learning.Gain
    asked: int
    answered: int
    rating: float | None
    notes: Sequence[ResultNote]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Somebody's hours: the cycle that counts now (None: none is entered), its sum, what remains, and every line."""

    cycle: Cycle | None
    ends: date | None
    earned: float
    goal: int | None
    remaining: float | None
    lines: Sequence[HourEntry]


class MyCourse(NamedTuple):
    """A course somebody is or was in."""

    nomination: Nomination
    course: Course
    programme: Programme


def open_courses(unit: Unit, staff: Principal) -> list[tuple[Course, Programme]]:
    """Every course that `staff` may see or send people to, the newest first."""
    own = sorted(staff.limits.get("neighbourhood", ()))
    sends = select(CourseQuota.programme_id).where(col(CourseQuota.neighbourhood).in_(own))
    seen = or_(within(staff, street=Programme.street, programme=Programme.id), col(Programme.id).in_(sends))
    found = select(Course, Programme).join(Programme, col(Programme.id) == col(Course.programme_id)).where(seen)
    return [(course, programme) for course, programme in unit.session.exec(found.order_by(col(Course.opened_at).desc()))]


def seats_of(programme_id: UUID, unit: Unit, neighbourhoods: frozenset[str] | None = None) -> list[Seats]:
    """The quotas of a course, by the neighbourhood's code; only those of some `neighbourhoods`, if given."""
    taken = dict(
        unit.session.exec(
            select(Nomination.neighbourhood, func.count())
            .where(col(Nomination.programme_id) == programme_id, col(Nomination.state).in_(ON_THE_LIST))
            .group_by(col(Nomination.neighbourhood))
        ).all()
    )
    quotas = select(CourseQuota).where(col(CourseQuota.programme_id) == programme_id).order_by(col(CourseQuota.neighbourhood))
    return [
        Seats(quota, taken.get(quota.neighbourhood, 0))
        for quota in unit.session.exec(quotas)
        if neighbourhoods is None or quota.neighbourhood in neighbourhoods
    ]


def list_of(programme_id: UUID, unit: Unit, neighbourhoods: frozenset[str] | None = None) -> list[Listed]:
    """Everybody on the course's list (sent by some `neighbourhoods`, if given), by neighbourhood, in the order they were sent."""
    found = (
        select(Nomination, Resident, Certificate)
        .join(Resident, col(Resident.id) == col(Nomination.resident_id))
        .outerjoin(Certificate, (col(Certificate.nomination_id) == col(Nomination.id)) & (col(Certificate.revoked_at).is_(None)))
        .where(col(Nomination.programme_id) == programme_id, col(Nomination.state).in_(ON_THE_LIST))
        .order_by(col(Nomination.neighbourhood), col(Nomination.id))
    )
    if neighbourhoods is not None:
        found = found.where(col(Nomination.neighbourhood).in_(neighbourhoods))
    return [Listed(nomination, name_of(resident, unit), paper) for nomination, resident, paper in unit.session.exec(found)]


def levels_of(course: Course, unit: Unit) -> Levels:
    """What the course led to."""
    survey = unit.find(Survey, course.programme_id)
    before, after = (scores_of(course.programme_id, moment, unit) for moment in ("pre", "post"))
    asked, answered, rating = unit.session.exec(
        select(func.count(), func.count(FollowUp.answered_at), func.avg(FollowUp.rating)).where(  # type: ignore[arg-type]
            col(FollowUp.programme_id) == course.programme_id
        )
    ).one()
    notes = select(ResultNote).where(col(ResultNote.programme_id) == course.programme_id).order_by(col(ResultNote.id))
    return Levels(
        survey,
        outcome(survey, unit) if survey else None,
        learning.paired(before, after),
        asked,
        answered,
        round(float(rating), 1) if rating is not None else None,
        unit.session.exec(notes).all(),
    )


def my_courses(resident_id: UUID, unit: Unit) -> list[MyCourse]:
    """The courses somebody is on the list of, the latest first."""
    found = (
        select(Nomination, Course, Programme)
        .join(Course, col(Course.programme_id) == col(Nomination.programme_id))
        .join(Programme, col(Programme.id) == col(Nomination.programme_id))
        .where(col(Nomination.resident_id) == resident_id, col(Nomination.state).in_(ON_THE_LIST))
        .order_by(col(Nomination.nominated_at).desc())
    )
    return [MyCourse(*row) for row in unit.session.exec(found)]


def my_standing(course: Course, resident_id: UUID, unit: Unit) -> Standing | None:
    """Where somebody stands in a course they are enrolled in."""
    return next(iter(standings(course, unit, resident_id=resident_id)), None)


def ledger_of(resident_id: UUID, on: date, unit: Unit) -> Ledger:
    """Somebody's hours, summed over the cycle that `on` is in."""
    found = select(HourEntry).where(col(HourEntry.resident_id) == resident_id)
    lines = unit.session.exec(found.order_by(col(HourEntry.earned_on).desc(), col(HourEntry.id).desc())).all()
    cycles = cycles_of(resident_id, unit)
    cycle = next((one for one in cycles if one.starts_on <= on < courses.cycle_ends(one.starts_on)), None)
    earned = [Earned(line.minutes, line.minutes_per_hour, line.earned_on) for line in lines]
    if cycle is None:
        starts = min((line.on for line in earned), default=on)
        return Ledger(None, None, courses.total_hours(earned, starts), None, None, lines)
    total = courses.total_hours(earned, cycle.starts_on)
    goal = courses.HOURS_PER_CYCLE[cycle.grade]
    ends = courses.cycle_ends(cycle.starts_on)
    return Ledger(cycle, ends, total, goal, courses.remaining_hours(cycle.grade, total), lines)


def transcript(ledger: Ledger, unit: Unit) -> list[dict[str, Any]]:
    """The ledger's lines as plain values; `voided` ones are taken back by the line whose `voids` names them."""
    voided = {line.voids for line in ledger.lines}
    return [
        {
            "earned_on": str(line.earned_on),
            "title": line.title,
            "category": line.category,
            "minutes": line.minutes,
            "minutes_per_hour": line.minutes_per_hour,
            "hours": courses.hours(line.minutes, line.minutes_per_hour),
            "evidence": line.evidence,
            "id": line.id,
            "voids": line.voids,
            "voided": line.id in voided,
            "why": unit.keys.decrypt(line.why, WHY) if line.why else "",
            "entered_by": line.entered_by,
        }
        for line in ledger.lines
    ]


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Rows for a spreadsheet, with a byte order mark; a cell that would be read as a formula is made text."""
    heads = ["earned_on", "title", "category", "minutes", "minutes_per_hour", "hours", "evidence", "why"]
    out = io.StringIO()
    writer = csv.DictWriter(out, heads)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(row[name]) for name in heads})
    return "\ufeff" + out.getvalue()


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def make_up_sessions(programme_id: UUID, unit: Unit) -> list[Session]:
    """The sessions of a course that are kept for those who missed a lesson, soonest first."""
    found = (
        select(Session)
        .join(MakeUpSession, col(MakeUpSession.session_id) == col(Session.id))
        .where(col(Session.programme_id) == programme_id, col(Session.state) != "cancelled")
    )
    return list(unit.session.exec(found.order_by(col(Session.starts_at))))


def my_certificate(nomination: Nomination, unit: Unit) -> Certificate | None:
    """The certificate in force for somebody's course."""
    return certificate_of(nomination.id, unit) if nomination.completed_at is not None else None


def offered_in_place(resident_id: UUID, session_id: UUID, unit: Unit) -> UUID | None:
    """The registration of another session of the lesson's topic that somebody attended and that has made up for nothing yet."""
    missed = unit.get(Session, session_id)
    used = select(MakeUp.registration_id)
    found = (
        select(Registration.id)
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Registration.resident_id) == resident_id,
            col(Registration.checked_in_at).is_not(None),
            col(Registration.id).not_in(used),
            col(Session.id) != session_id,
            col(Session.kind) == "course",
            col(Session.topic_title) == missed.topic_title,
        )
        .order_by(col(Session.starts_at))
    )
    return unit.session.exec(found).first()
