"""Courses: nominations, minutes made up, tests, surveys, hours, certificates."""

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"

WHEN = DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of courses."""
    op.create_table(
        "course",
        Column("programme_id", Uuid(), nullable=False),
        Column("cohort", Text(), nullable=False),
        Column("issuer", Text(), nullable=False),
        Column("category", Text(), nullable=False),
        Column("threshold", Integer(), nullable=False),
        Column("minutes_per_hour", Integer(), nullable=False),
        Column("make_up", Text(), nullable=False),
        Column("pass_mark", Integer(), nullable=False),
        Column("needs_test", Boolean(), nullable=False),
        Column("needs_practical", Boolean(), nullable=False),
        Column("opened_at", WHEN, nullable=False),
        CheckConstraint("make_up IN ('none', 'excused', 'any')", name="course_make_up"),
        CheckConstraint("minutes_per_hour IN (45, 60)", name="course_minutes_per_hour"),
        CheckConstraint("threshold BETWEEN 1 AND 100 AND pass_mark BETWEEN 1 AND 100", name="course_percents"),
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="course_of_programme"),
        PrimaryKeyConstraint("programme_id"),
    )
    op.create_table(
        "cycle",
        Column("resident_id", Uuid(), nullable=False),
        Column("starts_on", Date(), nullable=False),
        Column("grade", Text(), nullable=False),
        Column("entered_by", Uuid(), nullable=False),
        Column("entered_at", WHEN, nullable=False),
        CheckConstraint("grade IN ('assistant', 'worker')", name="cycle_grade"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="cycle_of_resident"),
        PrimaryKeyConstraint("resident_id", "starts_on"),
    )
    op.create_table(
        "course_quota",
        Column("programme_id", Uuid(), nullable=False),
        Column("neighbourhood", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("seats", Integer(), nullable=False),
        CheckConstraint("seats > 0", name="course_quota_has_seats"),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="course_quota_of_course"),
        PrimaryKeyConstraint("programme_id", "neighbourhood"),
    )
    op.create_table(
        "course_test",
        Column("programme_id", Uuid(), nullable=False),
        Column("moment", Text(), nullable=False),
        Column("questions", JSONB(), nullable=False),
        Column("set_at", WHEN, nullable=False),
        CheckConstraint("moment IN ('pre', 'post')", name="course_test_moment"),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="course_test_of_course"),
        PrimaryKeyConstraint("programme_id", "moment"),
    )
    op.create_table(
        "excuse",
        Column("session_id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("approved_by", Uuid(), nullable=False),
        Column("approved_at", WHEN, nullable=False),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="excuse_of_resident"),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="excuse_from_session"),
        PrimaryKeyConstraint("session_id", "resident_id"),
    )
    op.create_table(
        "follow_up",
        Column("id", Uuid(), nullable=False),
        Column("programme_id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("days", Integer(), nullable=False),
        Column("asked", Text(), nullable=False),
        Column("due_on", Date(), nullable=False),
        Column("rating", Integer(), nullable=True),
        Column("answers", Text(), nullable=True),
        Column("answered_at", WHEN, nullable=True),
        CheckConstraint("asked IN ('participant', 'supervisor')", name="follow_up_asked"),
        CheckConstraint(
            "(answered_at IS NULL) = (answers IS NULL) AND (answered_at IS NULL) = (rating IS NULL)", name="follow_up_answered"
        ),
        CheckConstraint("days IN (30, 60, 90)", name="follow_up_days"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="follow_up_rating"),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="follow_up_of_course"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="follow_up_of_resident"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("programme_id", "resident_id", "days", "asked", name="follow_up_once"),
    )
    op.create_index("follow_up_by_day", "follow_up", ["due_on"], unique=False)
    op.create_table(
        "hour_entry",
        Column("id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("programme_id", Uuid(), nullable=True),
        Column("title", Text(), nullable=False),
        Column("category", Text(), nullable=False),
        Column("minutes", Integer(), nullable=False),
        Column("minutes_per_hour", Integer(), nullable=False),
        Column("evidence", Text(), nullable=False),
        Column("earned_on", Date(), nullable=False),
        Column("entered_by", Uuid(), nullable=False),
        Column("entered_at", WHEN, nullable=False),
        CheckConstraint("minutes > 0", name="hour_entry_minutes"),
        CheckConstraint("minutes_per_hour IN (45, 60)", name="hour_entry_minutes_per_hour"),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="hour_entry_of_course"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="hour_entry_of_resident"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("programme_id", "resident_id", name="hour_entry_once_per_course"),
    )
    op.create_index("hour_entry_of_a_resident", "hour_entry", ["resident_id", "earned_on"], unique=False)
    op.create_table(
        "make_up_session",
        Column("session_id", Uuid(), nullable=False),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="make_up_session_is_session"),
        PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "practical",
        Column("programme_id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("passed", Boolean(), nullable=False),
        Column("entered_by", Uuid(), nullable=False),
        Column("entered_at", WHEN, nullable=False),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="practical_of_course"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="practical_of_resident"),
        PrimaryKeyConstraint("programme_id", "resident_id"),
    )
    op.create_table(
        "result_note",
        Column("id", Uuid(), nullable=False),
        Column("programme_id", Uuid(), nullable=False),
        Column("words", Text(), nullable=False),
        Column("noted_by", Uuid(), nullable=False),
        Column("noted_at", WHEN, nullable=False),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="result_note_of_course"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("result_note_by_course", "result_note", ["programme_id"], unique=False)
    op.create_table(
        "survey",
        Column("programme_id", Uuid(), nullable=False),
        Column("questions", JSONB(), nullable=False),
        Column("opened_at", WHEN, nullable=False),
        Column("closes_at", WHEN, nullable=False),
        CheckConstraint("closes_at > opened_at", name="survey_times"),
        ForeignKeyConstraint(["programme_id"], ["course.programme_id"], name="survey_of_course"),
        PrimaryKeyConstraint("programme_id"),
    )
    op.create_table(
        "make_up",
        Column("missed_session_id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("registration_id", Uuid(), nullable=False),
        Column("credited_by", Uuid(), nullable=False),
        Column("credited_at", WHEN, nullable=False),
        ForeignKeyConstraint(["missed_session_id"], ["session.id"], name="make_up_for_session"),
        ForeignKeyConstraint(["registration_id"], ["registration.id"], name="make_up_by_registration"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="make_up_of_resident"),
        PrimaryKeyConstraint("missed_session_id", "resident_id"),
        UniqueConstraint("registration_id", name="make_up_credits_once"),
    )
    op.create_table(
        "nomination",
        Column("id", Uuid(), nullable=False),
        Column("programme_id", Uuid(), nullable=False),
        Column("neighbourhood", Text(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("nominated_by", Uuid(), nullable=False),
        Column("nominated_at", WHEN, nullable=False),
        Column("enrolled_at", WHEN, nullable=True),
        Column("ended_at", WHEN, nullable=True),
        Column("replaces", Uuid(), nullable=True),
        Column("completed_at", WHEN, nullable=True),
        Column("minutes", Integer(), nullable=True),
        CheckConstraint("(state IN ('withdrawn', 'replaced')) = (ended_at IS NOT NULL)", name="nomination_ended"),
        CheckConstraint("completed_at IS NULL OR state = 'enrolled'", name="nomination_completed_when_enrolled"),
        CheckConstraint("state IN ('nominated', 'enrolled', 'withdrawn', 'replaced')", name="nomination_state"),
        CheckConstraint("(completed_at IS NULL) = (minutes IS NULL)", name="nomination_completed_with_minutes"),
        ForeignKeyConstraint(
            ["programme_id", "neighbourhood"],
            ["course_quota.programme_id", "course_quota.neighbourhood"],
            name="nomination_within_quota",
        ),
        ForeignKeyConstraint(["replaces"], ["nomination.id"], name="nomination_replaces"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="nomination_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("nomination_of_a_resident", "nomination", ["resident_id"], unique=False)
    op.create_index(
        "nomination_once",
        "nomination",
        ["programme_id", "resident_id"],
        unique=True,
        postgresql_where=text("state IN ('nominated', 'enrolled')"),
    )
    op.create_table(
        "stay",
        Column("registration_id", Uuid(), nullable=False),
        Column("confirmed_by", Uuid(), nullable=False),
        Column("confirmed_at", WHEN, nullable=False),
        ForeignKeyConstraint(["registration_id"], ["registration.id"], name="stay_of_registration"),
        PrimaryKeyConstraint("registration_id"),
    )
    op.create_table(
        "survey_ballot",
        Column("mark", Text(), nullable=False),
        Column("programme_id", Uuid(), nullable=False),
        Column("answers", JSONB(), nullable=True),
        ForeignKeyConstraint(["programme_id"], ["survey.programme_id"], name="survey_ballot_of_survey"),
        PrimaryKeyConstraint("mark"),
    )
    op.create_index("survey_ballot_by_survey", "survey_ballot", ["programme_id"], unique=False)
    op.create_table(
        "survey_letter",
        Column("programme_id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("token", Text(), nullable=False),
        ForeignKeyConstraint(["programme_id"], ["survey.programme_id"], name="survey_letter_of_survey"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="survey_letter_to_resident"),
        PrimaryKeyConstraint("programme_id", "resident_id"),
    )
    op.create_table(
        "test_taken",
        Column("programme_id", Uuid(), nullable=False),
        Column("moment", Text(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("number", Integer(), nullable=False),
        Column("answers", JSONB(), nullable=False),
        Column("score", Integer(), nullable=False),
        Column("taken_at", WHEN, nullable=False),
        CheckConstraint("score BETWEEN 0 AND 100", name="test_taken_score"),
        ForeignKeyConstraint(
            ["programme_id", "moment"], ["course_test.programme_id", "course_test.moment"], name="test_taken_of_test"
        ),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="test_taken_by_resident"),
        PrimaryKeyConstraint("programme_id", "moment", "resident_id", "number"),
    )
    op.create_table(
        "certificate",
        Column("number", Text(), nullable=False),
        Column("nomination_id", Uuid(), nullable=False),
        Column("content", Text(), nullable=False),
        Column("signature", Text(), nullable=False),
        Column("issued_by", Uuid(), nullable=False),
        Column("issued_at", WHEN, nullable=False),
        Column("pdf", Text(), nullable=False),
        Column("pdf_sha256", Text(), nullable=True),
        Column("revoked_at", WHEN, nullable=True),
        Column("revoked_by", Uuid(), nullable=True),
        Column("revoked_why", Text(), nullable=False),
        CheckConstraint("(pdf = '') = (pdf_sha256 IS NULL)", name="certificate_pdf_and_digest"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_why = '')", name="certificate_revoked_for_a_reason"),
        ForeignKeyConstraint(["nomination_id"], ["nomination.id"], name="certificate_for_nomination"),
        PrimaryKeyConstraint("number"),
        UniqueConstraint("pdf_sha256", name="certificate_own_file"),
    )
    op.create_index(
        "certificate_in_force", "certificate", ["nomination_id"], unique=True, postgresql_where=text("revoked_at IS NULL")
    )
