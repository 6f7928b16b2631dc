"""The bus's tables and registration's own."""

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.migrate import bus_tables

revision = "0001"
down_revision = None

WHEN = DateTime(timezone=True)


def upgrade() -> None:
    """Make everything."""
    op.get_bind().exec_driver_sql(bus_tables())
    op.create_table(
        "programme",
        Column("id", Uuid(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("title", Text(), nullable=False),
        Column("organiser", Text(), nullable=False),
        Column("street", Text(), nullable=False),
        Column("place", Text(), nullable=False),
        Column("rhythm", Text(), nullable=False),
        Column("topics", JSONB(), nullable=False),
        Column("opened_at", WHEN, nullable=False),
        CheckConstraint("kind IN ('series', 'course', 'livestream')", name="programme_kind"),
        PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "resident",
        Column("id", Uuid(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("phone", Text(), nullable=False),
        Column("phone_mark", Text(), nullable=True),
        Column("street", Text(), nullable=False),
        Column("birth_year", Integer(), nullable=True),
        Column("registered_at", WHEN, nullable=False),
        CheckConstraint("(phone = '') = (phone_mark IS NULL)", name="resident_phone_and_mark"),
        CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="resident_birth_year"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("phone_mark", name="resident_has_own_phone"),
    )
    op.create_table(
        "staff",
        Column("id", Uuid(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("password", Text(), nullable=False),
        Column("roles", ARRAY(Text()), nullable=False),
        Column("failures", Integer(), nullable=False),
        Column("paused_until", WHEN, nullable=True),
        CheckConstraint("roles <@ ARRAY['clerk', 'nurse', 'editor', 'operator'] AND cardinality(roles) > 0", name="staff_roles"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("name", name="staff_own_name"),
    )
    op.create_table(
        "consent",
        Column("id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("purpose", Text(), nullable=False),
        Column("text_version", Text(), nullable=False),
        Column("channel", Text(), nullable=False),
        Column("given_at", WHEN, nullable=False),
        Column("withdrawn_at", WHEN, nullable=True),
        Column("withdrawn_channel", Text(), nullable=True),
        CheckConstraint("purpose IN ('texts', 'health_readings')", name="consent_purpose"),
        CheckConstraint("withdrawn_at >= given_at", name="consent_withdrawn_after_given"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="consent_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "consent_in_force", "consent", ["resident_id", "purpose"], unique=True, postgresql_where=text("withdrawn_at IS NULL")
    )
    op.create_table(
        "login_code",
        Column("id", Uuid(), nullable=False),
        Column("phone_mark", Text(), nullable=False),
        Column("address_mark", Text(), nullable=False),
        Column("resident_id", Uuid(), nullable=True),
        Column("code_mark", Text(), nullable=False),
        Column("requested_at", WHEN, nullable=False),
        Column("expires_at", WHEN, nullable=False),
        Column("tries", Integer(), nullable=False),
        Column("used_at", WHEN, nullable=True),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="login_code_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("login_code_by_address", "login_code", ["address_mark", "requested_at"])
    op.create_index("login_code_by_phone", "login_code", ["phone_mark", "requested_at"])
    op.create_table(
        "session",
        Column("id", Uuid(), nullable=False),
        Column("programme_id", Uuid(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("title", Text(), nullable=False),
        Column("topic", Text(), nullable=False),
        Column("topic_title", Text(), nullable=False),
        Column("starts_at", WHEN, nullable=False),
        Column("ends_at", WHEN, nullable=False),
        Column("place", Text(), nullable=False),
        Column("capacity", Integer(), nullable=False),
        Column("opens_at", WHEN, nullable=False),
        Column("closes_at", WHEN, nullable=False),
        Column("state", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        Column("taken", Integer(), nullable=False),
        Column("queued", Integer(), nullable=False),
        CheckConstraint("state IN ('planned', 'held', 'cancelled')", name="session_state"),
        CheckConstraint("0 <= taken AND taken <= capacity", name="session_never_oversold"),
        CheckConstraint("capacity > 0", name="session_has_places"),
        CheckConstraint("starts_at < ends_at AND opens_at < closes_at AND closes_at <= ends_at", name="session_times"),
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="session_of_programme"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("session_by_start", "session", ["starts_at"])
    op.create_index(
        "session_once_at_a_time",
        "session",
        ["programme_id", "starts_at"],
        unique=True,
        postgresql_where=text("state <> 'cancelled'"),
    )
    op.create_table(
        "live_room",
        Column("session_id", Uuid(), nullable=False),
        Column("opened_at", WHEN, nullable=False),
        Column("closed_at", WHEN, nullable=True),
        Column("viewers", Integer(), nullable=False),
        Column("peak", Integer(), nullable=False),
        Column("reactions", Integer(), nullable=False),
        Column("questions", Integer(), nullable=False),
        CheckConstraint("viewers >= 0 AND peak >= 0 AND reactions >= 0 AND questions >= 0", name="live_room_counts"),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="live_room_of_session"),
        PrimaryKeyConstraint("session_id"),
    )
    op.create_table(
        "registration",
        Column("id", Uuid(), nullable=False),
        Column("session_id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("queue", Integer(), nullable=True),
        Column("walk_in", Boolean(), nullable=False),
        Column("registered_at", WHEN, nullable=False),
        Column("confirmed_at", WHEN, nullable=True),
        Column("waitlisted_at", WHEN, nullable=True),
        Column("cancelled_at", WHEN, nullable=True),
        Column("checked_in_at", WHEN, nullable=True),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="registration_cancelled"),
        CheckConstraint("state IN ('confirmed', 'extra') OR checked_in_at IS NULL", name="registration_checked_in"),
        CheckConstraint("state IN ('confirmed', 'waitlisted', 'cancelled', 'extra')", name="registration_state"),
        CheckConstraint("(queue IS NULL) = (waitlisted_at IS NULL)", name="registration_waits_with_number"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="registration_of_resident"),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="registration_for_session"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("session_id", "queue", name="registration_own_number"),
    )
    op.create_index("registration_of_a_resident", "registration", ["resident_id"])
    op.create_index(
        "registration_once",
        "registration",
        ["session_id", "resident_id"],
        unique=True,
        postgresql_where=text("state <> 'cancelled'"),
    )
    op.create_index(
        "registration_waiting", "registration", ["session_id", "queue"], postgresql_where=text("state = 'waitlisted'")
    )
    op.create_table(
        "live_question",
        Column("id", Uuid(), nullable=False),
        Column("session_id", Uuid(), nullable=False),
        Column("viewer", Uuid(), nullable=False),
        Column("words", Text(), nullable=False),
        Column("asked_at", WHEN, nullable=False),
        ForeignKeyConstraint(["session_id"], ["live_room.session_id"], name="live_question_in_room"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("live_question_by_room", "live_question", ["session_id", "id"])
    op.create_table(
        "live_viewer",
        Column("session_id", Uuid(), nullable=False),
        Column("viewer", Uuid(), nullable=False),
        ForeignKeyConstraint(["session_id"], ["live_room.session_id"], name="live_viewer_in_room"),
        PrimaryKeyConstraint("session_id", "viewer"),
    )
