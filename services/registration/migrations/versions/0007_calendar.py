"""How sessions come round, holidays, versions of topics, who gives sessions, and calendar feeds."""

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
    Time,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Sessions cancelled until now were so for reasons kept in words alone."""
    op.add_column("programme", Column("room", Text(), nullable=False, server_default=""))
    op.add_column("programme", Column("holidays", Text(), nullable=False, server_default="skip"))
    op.create_check_constraint("programme_holidays", "programme", "holidays IN ('skip', 'anyway', 'make_up')")
    _series()
    _sessions()
    _days()
    _people()


def _series() -> None:
    op.create_table(
        "recurrence",
        Column("id", Uuid(), nullable=False),
        Column("programme_id", Uuid(), nullable=False),
        Column("rule", Text(), nullable=False),
        Column("anchored_on", Date(), nullable=False),
        Column("from_on", Date(), nullable=False),
        Column("last_on", Date(), nullable=True),
        Column("begins", Time(), nullable=False),
        Column("minutes", Integer(), nullable=False),
        Column("title", Text(), nullable=False),
        Column("place", Text(), nullable=False),
        Column("room", Text(), nullable=False),
        Column("capacity", Integer(), nullable=False),
        Column("online_capacity", Integer(), nullable=False),
        Column("weeks_ahead", Integer(), nullable=False),
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="recurrence_of_programme"),
        CheckConstraint("capacity > 0 AND online_capacity >= 0", name="recurrence_has_places"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="recurrence_length"),
        CheckConstraint("weeks_ahead BETWEEN 1 AND 53", name="recurrence_ahead"),
        CheckConstraint("anchored_on <= from_on", name="recurrence_days"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("recurrence_by_programme", "recurrence", ["programme_id"])
    op.create_table(
        "skipped_date",
        Column("recurrence_id", Uuid(), nullable=False),
        Column("on", Date(), nullable=False),
        ForeignKeyConstraint(["recurrence_id"], ["recurrence.id"], name="skipped_date_of_recurrence"),
        PrimaryKeyConstraint("recurrence_id", "on"),
    )
    op.create_table(
        "topic_version",
        Column("programme_id", Uuid(), nullable=False),
        Column("code", Text(), nullable=False),
        Column("version", Integer(), nullable=False),
        Column("title", Text(), nullable=False),
        Column("outline", Text(), nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="topic_version_of_programme"),
        PrimaryKeyConstraint("programme_id", "code", "version"),
    )
    op.execute(
        "INSERT INTO topic_version SELECT p.id, t ->> 'code', 1, t ->> 'title', '', p.opened_at"
        " FROM programme p, jsonb_array_elements(p.topics) t"
    )


def _sessions() -> None:
    op.add_column("session", Column("room", Text(), nullable=False, server_default=""))
    op.add_column("session", Column("reason_code", Text(), nullable=False, server_default=""))
    op.add_column("session", Column("topic_version", Integer(), nullable=False, server_default="0"))
    op.add_column("session", Column("topic_chosen", Boolean(), nullable=False, server_default="false"))
    op.add_column("session", Column("recurrence_id", Uuid(), nullable=True))
    op.add_column("session", Column("slot", Date(), nullable=True))
    op.add_column("session", Column("own", ARRAY(Text()), nullable=False, server_default="{}"))
    op.add_column("session", Column("revision", Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE session SET reason_code = 'other' WHERE state = 'cancelled'")
    op.execute("UPDATE session SET topic_version = 1 WHERE topic <> ''")
    op.create_foreign_key("session_of_recurrence", "session", "recurrence", ["recurrence_id"], ["id"])
    op.create_check_constraint("session_slot", "session", "(recurrence_id IS NULL) = (slot IS NULL)")
    op.create_check_constraint("session_cancelled_for_a_reason", "session", "(state = 'cancelled') = (reason_code <> '')")
    op.create_index(
        "session_once_in_its_slot",
        "session",
        ["recurrence_id", "slot"],
        unique=True,
        postgresql_where=text("state <> 'cancelled'"),
    )


def _days() -> None:
    op.create_table(
        "special_day",
        Column("on", Date(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("stands_for", Date(), nullable=True),
        Column("source", Text(), nullable=False),
        CheckConstraint("kind IN ('off', 'work')", name="special_day_kind"),
        CheckConstraint("source IN ('notice', 'staff')", name="special_day_source"),
        CheckConstraint("kind = 'work' OR stands_for IS NULL", name="special_day_stands_for"),
        PrimaryKeyConstraint("on"),
    )
    op.create_table(
        "holiday_year",
        Column("year", Integer(), autoincrement=False, nullable=False),
        Column("known", Boolean(), nullable=False),
        PrimaryKeyConstraint("year"),
    )


def _people() -> None:
    op.create_table(
        "instructor",
        Column("id", Uuid(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("title", Text(), nullable=False),
        Column("organisation", Text(), nullable=False),
        Column("may_be_named", Boolean(), nullable=False),
        PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "assignment",
        Column("session_id", Uuid(), nullable=False),
        Column("instructor_id", Uuid(), nullable=False),
        Column("part", Text(), nullable=False),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="assignment_to_session"),
        ForeignKeyConstraint(["instructor_id"], ["instructor.id"], name="assignment_of_instructor"),
        CheckConstraint("part IN ('lecturer', 'assistant', 'volunteer')", name="assignment_part"),
        PrimaryKeyConstraint("session_id", "instructor_id"),
    )
    op.create_index("assignment_by_instructor", "assignment", ["instructor_id"])
    op.create_table(
        "calendar_feed",
        Column("resident_id", Uuid(), nullable=False),
        Column("token", Text(), nullable=False),
        Column("token_mark", Text(), nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="calendar_feed_of_resident"),
        UniqueConstraint("token_mark", name="calendar_feed_own_token"),
        PrimaryKeyConstraint("resident_id"),
    )
