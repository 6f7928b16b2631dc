"""What a course led to: tests, the anonymous survey, follow-ups, results, certificates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.registration.domain.learning import Asked, Moment
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class CourseTest(Table, table=True):
    """A test before or after a course. Questions: {code, words, options, right, points}; `right` counts options from 0."""

    __tablename__ = "course_test"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="course_test_of_course"),
        CheckConstraint("moment IN ('pre', 'post')", name="course_test_moment"),
    )

    programme_id: UUID = Field(primary_key=True)
    moment: Moment = Field(primary_key=True, sa_type=Text)
    questions: list[dict[str, Any]] = Field(sa_type=JSONB)
    set_at: datetime = Field(sa_type=WHEN)


class TestTaken(Table, table=True):
    """One try at a test: the options chosen, and the score in percent."""

    __tablename__ = "test_taken"
    __table_args__ = (
        ForeignKeyConstraint(
            ["programme_id", "moment"], ["course_test.programme_id", "course_test.moment"], name="test_taken_of_test"
        ),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="test_taken_by_resident"),
        CheckConstraint("score BETWEEN 0 AND 100", name="test_taken_score"),
    )

    programme_id: UUID = Field(primary_key=True)
    moment: Moment = Field(primary_key=True, sa_type=Text)
    resident_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    answers: dict[str, int] = Field(sa_type=JSONB)
    score: int
    taken_at: datetime = Field(sa_type=WHEN)


class Practical(Table, table=True):
    """Whether somebody could do what the course teaches, as staff saw it; the latest word counts."""

    __tablename__ = "practical"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="practical_of_course"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="practical_of_resident"),
    )

    programme_id: UUID = Field(primary_key=True)
    resident_id: UUID = Field(primary_key=True)
    passed: bool
    entered_by: UUID
    entered_at: datetime = Field(sa_type=WHEN)


class Survey(Table, table=True):
    """The anonymous survey at a course's end. Questions: {code, words, kind: rating or words}."""

    __tablename__ = "survey"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="survey_of_course"),
        CheckConstraint("closes_at > opened_at", name="survey_times"),
    )

    programme_id: UUID = Field(primary_key=True)
    questions: list[dict[str, Any]] = Field(sa_type=JSONB)
    opened_at: datetime = Field(sa_type=WHEN)
    closes_at: datetime = Field(sa_type=WHEN)


class SurveyLetter(Table, table=True):
    """The token that lets somebody answer a survey, encrypted; destroyed when the survey closes."""

    __tablename__ = "survey_letter"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["survey.programme_id"], name="survey_letter_of_survey"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="survey_letter_to_resident"),
    )

    programme_id: UUID = Field(primary_key=True)
    resident_id: UUID = Field(primary_key=True)
    token: str = Field(sa_type=Text)


class SurveyBallot(Table, table=True):
    """A ballot of a survey: the hash of its token, and what was answered. No person, and no time that could tell one."""

    __tablename__ = "survey_ballot"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["survey.programme_id"], name="survey_ballot_of_survey"),
        Index("survey_ballot_by_survey", "programme_id"),
    )

    mark: str = Field(primary_key=True, sa_type=Text)
    programme_id: UUID
    answers: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class FollowUp(Table, table=True):
    """A question asked some weeks after a course: of who took part, or of their supervisor. `answers` are encrypted."""

    __tablename__ = "follow_up"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="follow_up_of_course"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="follow_up_of_resident"),
        UniqueConstraint("programme_id", "resident_id", "days", "asked", name="follow_up_once"),
        CheckConstraint("days IN (30, 60, 90)", name="follow_up_days"),
        CheckConstraint("asked IN ('participant', 'supervisor')", name="follow_up_asked"),
        CheckConstraint(
            "(answered_at IS NULL) = (answers IS NULL) AND (answered_at IS NULL) = (rating IS NULL)", name="follow_up_answered"
        ),
        CheckConstraint("rating BETWEEN 1 AND 5", name="follow_up_rating"),
        Index("follow_up_by_day", "due_on"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    programme_id: UUID
    resident_id: UUID
    days: int
    asked: Asked = Field(sa_type=Text)
    due_on: date
    rating: int | None = None
    answers: str | None = Field(default=None, sa_type=Text)
    answered_at: datetime | None = Field(default=None, sa_type=WHEN)


class ResultNote(Table, table=True):
    """What came of a course for the neighbourhood, in staff's words."""

    __tablename__ = "result_note"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="result_note_of_course"),
        Index("result_note_by_course", "programme_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    programme_id: UUID
    words: str = Field(sa_type=Text)
    noted_by: UUID
    noted_at: datetime = Field(sa_type=WHEN)


class Certificate(Table, table=True):
    """A certificate: what it says (encrypted), our signature under it, and the printed file (encrypted) with its SHA-256."""

    __tablename__ = "certificate"
    __table_args__ = (
        ForeignKeyConstraint(["nomination_id"], ["nomination.id"], name="certificate_for_nomination"),
        CheckConstraint("(pdf = '') = (pdf_sha256 IS NULL)", name="certificate_pdf_and_digest"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_why = '')", name="certificate_revoked_for_a_reason"),
        UniqueConstraint("pdf_sha256", name="certificate_own_file"),
        Index("certificate_in_force", "nomination_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )

    number: str = Field(primary_key=True, sa_type=Text)
    nomination_id: UUID
    content: str = Field(sa_type=Text)
    signature: str = Field(sa_type=Text)
    issued_by: UUID
    issued_at: datetime = Field(sa_type=WHEN)
    pdf: str = Field(default="", sa_type=Text)
    pdf_sha256: str | None = Field(default=None, sa_type=Text)
    revoked_at: datetime | None = Field(default=None, sa_type=WHEN)
    revoked_by: UUID | None = None
    revoked_why: str = Field(default="", sa_type=Text)
