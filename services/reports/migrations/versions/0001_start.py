"""The bus's tables and reports' own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrate import bus_tables

revision = "0001"
down_revision = None

AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make everything."""
    op.get_bind().exec_driver_sql(bus_tables())
    op.create_table(
        "station",
        sa.Column("station_id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
    )
    op.create_table(
        "visits_by_station_day",
        sa.Column("station_id", sa.Uuid(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("identified", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.CheckConstraint("visits >= identified AND identified >= 0", name="identified_visits_are_visits"),
    )
    op.create_index("ix_visits_by_station_day_day", "visits_by_station_day", ["day"])
    op.create_table(
        "visitor",
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("station_id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
    )
    op.create_table(
        "critical_reading",
        sa.Column("reading_id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("seen_at", AWARE, nullable=False),
    )
    op.create_index("ix_critical_reading_seen_at", "critical_reading", ["seen_at"])
    op.create_table(
        "referral",
        sa.Column("referral_id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", AWARE, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("closed_at", AWARE),
    )
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
    )
    op.create_table(
        "occurrence",
        sa.Column("session_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("topic_title", sa.String(), nullable=False),
        sa.Column("starts_at", AWARE, nullable=False),
        sa.Column("ends_at", AWARE, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("walk_ins", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('scheduled', 'held', 'cancelled')", name="a_session_is_in_one_state"),
    )
    op.create_index("ix_occurrence_starts_at", "occurrence", ["starts_at"])
    op.create_table(
        "livestream",
        sa.Column("session_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("viewers", sa.Integer(), nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("reactions", sa.Integer(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
    )
    op.create_table(
        "participation",
        sa.Column("registration_id", sa.Uuid(), primary_key=True),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("waited", sa.Boolean(), nullable=False),
        sa.Column("moved_up", sa.Boolean(), nullable=False),
        sa.Column("checked_in", sa.Boolean(), nullable=False),
        sa.Column("walk_in", sa.Boolean(), nullable=False),
        sa.CheckConstraint("state IN ('confirmed', 'waitlisted', 'cancelled')", name="registration_is_in_one_state"),
    )
    op.create_index("ix_participation_session_id", "participation", ["session_id"])
    op.create_table(
        "message",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("unknown", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.String(), nullable=False),
    )
    op.create_index("ix_message_day", "message", ["day"])
    op.create_table(
        "tally",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("n", sa.Integer(), nullable=False),
    )
    op.create_table(
        "feed_head",
        sa.Column("only_row", sa.Boolean(), primary_key=True),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("only_row", name="one_counter"),
    )
    op.create_table(
        "feed_seen",
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "feed",
        sa.Column("pos", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", AWARE, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("scope", JSONB(), nullable=False),
        sa.Column("event", JSONB(), nullable=False),
    )
    op.create_index("feed_by_type", "feed", ["type", "pos"])
    op.create_table(
        "issue",
        sa.Column("issue_id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("published_at", AWARE, nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("month", "edition"),
        sa.UniqueConstraint("number", "edition"),
    )
    op.execute("INSERT INTO feed_head (only_row, epoch, pos) VALUES (true, gen_random_uuid(), 0)")
