"""Courses: who is sent to them, what is excused and made up, and everybody's hours.

Who was there, and for how long, is in no table of these: it is on the registrations.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.registration.domain.courses import Grade, MakeUpRule, NominationState
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Course(Table, table=True):
    """What a programme of kind course asks for besides its sessions: share of the minutes (percent), tests, make-ups.

    `category` is what its hours count as; `pass_mark` is in percent.
    """

    __tablename__ = "course"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="course_of_programme"),
        CheckConstraint("threshold BETWEEN 1 AND 100 AND pass_mark BETWEEN 1 AND 100", name="course_percents"),
        CheckConstraint("minutes_per_hour IN (45, 60)", name="course_minutes_per_hour"),
        CheckConstraint("make_up IN ('none', 'excused', 'any')", name="course_make_up"),
    )

    programme_id: UUID = Field(primary_key=True)
    cohort: str = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    category: str = Field(sa_type=Text)
    threshold: int
    minutes_per_hour: int
    make_up: MakeUpRule = Field(sa_type=Text)
    pass_mark: int
    needs_test: bool
    needs_practical: bool
    opened_at: datetime = Field(sa_type=WHEN)


class CourseQuota(Table, table=True):
    """How many a neighbourhood may send to a course."""

    __tablename__ = "course_quota"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="course_quota_of_course"),
        CheckConstraint("seats > 0", name="course_quota_has_seats"),
    )

    programme_id: UUID = Field(primary_key=True)
    neighbourhood: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    seats: int


class Nomination(Table, table=True):
    """Somebody a neighbourhood sends to a course; `replaces` is the nomination whose seat this one took over.

    `minutes` are those counted when the course was completed.
    """

    __tablename__ = "nomination"
    __table_args__ = (
        ForeignKeyConstraint(
            ["programme_id", "neighbourhood"],
            ["course_quota.programme_id", "course_quota.neighbourhood"],
            name="nomination_within_quota",
        ),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="nomination_of_resident"),
        ForeignKeyConstraint(["replaces"], ["nomination.id"], name="nomination_replaces"),
        CheckConstraint("state IN ('nominated', 'enrolled', 'withdrawn', 'replaced')", name="nomination_state"),
        CheckConstraint("(state IN ('withdrawn', 'replaced')) = (ended_at IS NOT NULL)", name="nomination_ended"),
        CheckConstraint("(completed_at IS NULL) = (minutes IS NULL)", name="nomination_completed_with_minutes"),
        CheckConstraint("completed_at IS NULL OR state = 'enrolled'", name="nomination_completed_when_enrolled"),
        Index(
            "nomination_once",
            "programme_id",
            "resident_id",
            unique=True,
            postgresql_where=text("state IN ('nominated', 'enrolled')"),
        ),
        Index("nomination_of_a_resident", "resident_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    programme_id: UUID
    neighbourhood: str = Field(sa_type=Text)
    resident_id: UUID
    state: NominationState = Field(default="nominated", sa_type=Text)
    nominated_by: UUID
    nominated_at: datetime = Field(sa_type=WHEN)
    enrolled_at: datetime | None = Field(default=None, sa_type=WHEN)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)
    replaces: UUID | None = None
    completed_at: datetime | None = Field(default=None, sa_type=WHEN)
    minutes: int | None = None


class Excuse(Table, table=True):
    """Why somebody missed a lesson, in words that only staff read (encrypted), and who accepted it."""

    __tablename__ = "excuse"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="excuse_from_session"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="excuse_of_resident"),
    )

    session_id: UUID = Field(primary_key=True)
    resident_id: UUID = Field(primary_key=True)
    reason: str = Field(sa_type=Text)
    approved_by: UUID
    approved_at: datetime = Field(sa_type=WHEN)


class Stay(Table, table=True):
    """Staff's word that somebody who never signed out stayed to the end."""

    __tablename__ = "stay"
    __table_args__ = (ForeignKeyConstraint(["registration_id"], ["registration.id"], name="stay_of_registration"),)

    registration_id: UUID = Field(primary_key=True)
    confirmed_by: UUID
    confirmed_at: datetime = Field(sa_type=WHEN)


class MakeUpSession(Table, table=True):
    """A session of a course that nobody has to attend: it repeats another, for those who missed it."""

    __tablename__ = "make_up_session"
    __table_args__ = (ForeignKeyConstraint(["session_id"], ["session.id"], name="make_up_session_is_session"),)

    session_id: UUID = Field(primary_key=True)


class MakeUp(Table, table=True):
    """A missed lesson made up by attending another session; each lesson once, each attendance once."""

    __tablename__ = "make_up"
    __table_args__ = (
        ForeignKeyConstraint(["missed_session_id"], ["session.id"], name="make_up_for_session"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="make_up_of_resident"),
        ForeignKeyConstraint(["registration_id"], ["registration.id"], name="make_up_by_registration"),
        UniqueConstraint("registration_id", name="make_up_credits_once"),
    )

    missed_session_id: UUID = Field(primary_key=True)
    resident_id: UUID = Field(primary_key=True)
    registration_id: UUID
    credited_by: UUID
    credited_at: datetime = Field(sa_type=WHEN)


class Cycle(Table, table=True):
    """The three years over which somebody's hours are counted, and what they have to reach."""

    __tablename__ = "cycle"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="cycle_of_resident"),
        CheckConstraint("grade IN ('assistant', 'worker')", name="cycle_grade"),
    )

    resident_id: UUID = Field(primary_key=True)
    starts_on: date = Field(primary_key=True)
    grade: Grade = Field(sa_type=Text)
    entered_by: UUID
    entered_at: datetime = Field(sa_type=WHEN)


class HourEntry(Table, table=True):
    """Minutes of training somebody earned: in a course of ours (`programme_id`) or elsewhere, entered by staff with evidence.

    Lines are only added. One that is wrong is voided by another that repeats it with its minutes below nought, and says `why`
    (encrypted).
    """

    __tablename__ = "hour_entry"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="hour_entry_of_resident"),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="hour_entry_of_course"),
        ForeignKeyConstraint(["voids"], ["hour_entry.id"], name="hour_entry_voids_another"),
        UniqueConstraint("voids", name="hour_entry_voided_once"),
        CheckConstraint("minutes <> 0 AND (minutes < 0) = (voids IS NOT NULL)", name="hour_entry_minutes"),
        CheckConstraint("(voids IS NULL) = (why = '')", name="hour_entry_voided_for_a_reason"),
        CheckConstraint("minutes_per_hour IN (45, 60)", name="hour_entry_minutes_per_hour"),
        Index("hour_entry_of_a_resident", "resident_id", "earned_on"),
        Index("hour_entry_once_per_course", "programme_id", "resident_id", unique=True, postgresql_where=text("voids IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resident_id: UUID
    programme_id: UUID | None = None
    title: str = Field(sa_type=Text)
    category: str = Field(sa_type=Text)
    minutes: int
    minutes_per_hour: int
    evidence: str = Field(sa_type=Text)
    earned_on: date
    entered_by: UUID
    entered_at: datetime = Field(sa_type=WHEN)
    voids: UUID | None = None
    why: str = Field(default="", sa_type=Text)
