"""The bus's tables and notify's own."""

import sqlalchemy as sa
from alembic import op

from shared.migrate import bus_tables

revision = "0001"
down_revision = None

STATES = ("planned", "sending", "unknown", "skipped", "accepted", "failed", "delivered")

APPEND_ONLY = """
CREATE FUNCTION choice_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of choices is append-only';
END $$;
CREATE TRIGGER choice_is_append_only BEFORE UPDATE OR DELETE ON choice FOR EACH ROW EXECUTE FUNCTION choice_is_append_only();
"""


def _when(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _words(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=null)


def _uuid(name: str, *, null: bool = False, key: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=null, primary_key=key)


def upgrade() -> None:
    """Make everything."""
    op.get_bind().exec_driver_sql(bus_tables())
    _people()
    _calendar()
    _texts()
    _callbacks()


def _people() -> None:
    op.create_table(
        "contact",
        _uuid("resident_id", key=True),
        _words("phone"),
        _words("phone_fingerprint"),
        sa.Column("texts", sa.Boolean(), nullable=False),
    )
    op.create_index("contact_by_phone", "contact", ["phone_fingerprint"])
    op.create_table(
        "choice",
        sa.Column("id", sa.Integer(), primary_key=True),
        _uuid("resident_id"),
        _words("category"),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        _words("channel"),
        _uuid("reply_id", null=True),
        _when("at"),
        sa.CheckConstraint("category IN ('service', 'critical', 'code')", name="choice_category"),
        sa.CheckConstraint("channel IN ('web', 'staff', 'text')", name="choice_channel"),
    )
    op.create_index("choice_newest", "choice", ["resident_id", "category", "id"])
    op.get_bind().exec_driver_sql(APPEND_ONLY)


def _calendar() -> None:
    op.create_table(
        "session",
        _uuid("id", key=True),
        _words("title"),
        _words("topic_title"),
        _when("starts_at"),
        _words("place"),
        _words("state"),
        sa.CheckConstraint("state IN ('scheduled', 'cancelled')", name="session_state"),
    )
    op.create_table(
        "registration",
        _uuid("id", key=True),
        _uuid("session_id"),
        _uuid("resident_id"),
        _words("state"),
        sa.CheckConstraint("state IN ('confirmed', 'waitlisted', 'cancelled')", name="registration_state"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="registration_of_session"),
    )
    op.create_index("registration_by_session", "registration", ["session_id"])
    op.create_index("registration_by_resident", "registration", ["resident_id"])


def _texts() -> None:
    op.create_table(
        "message",
        _uuid("id", key=True),
        _words("dedupe_key"),
        _words("purpose"),
        _words("category"),
        _uuid("resident_id", null=True),
        _uuid("registration_id", null=True),
        _uuid("session_id", null=True),
        _words("cause"),
        _words("facts"),
        _words("phone"),
        _words("phone_fingerprint"),
        _when("planned_at"),
        _when("due_at"),
        _when("not_after"),
        _words("state"),
        _words("held_for"),
        _words("skip_reason"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        _when("lease_until", null=True),
        _when("accepted_at", null=True),
        _when("delivered_at", null=True),
        _when("failed_at", null=True),
        _when("skipped_at", null=True),
        sa.UniqueConstraint("dedupe_key", name="message_once"),
        sa.CheckConstraint(f"state IN {STATES}", name="message_state"),
        sa.CheckConstraint("category IN ('service', 'critical', 'code')", name="message_category"),
        sa.CheckConstraint("state NOT IN ('accepted', 'delivered') OR accepted_at IS NOT NULL", name="message_accepted"),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="message_lease"),
        sa.CheckConstraint("(skipped_at IS NULL) = (skip_reason = '')", name="message_skipped_for_a_reason"),
    )
    op.create_index("message_by_registration", "message", ["registration_id"])
    op.create_index("message_by_phone", "message", ["phone_fingerprint", "accepted_at"])
    op.create_index("message_by_state", "message", ["state", "id"])
    op.create_index("message_being_sent", "message", ["lease_until"], postgresql_where=sa.text("state = 'sending'"))
    op.create_table(
        "attempt",
        _uuid("id", key=True),
        _uuid("message_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _words("carrier"),
        _words("category"),
        _words("phone_fingerprint"),
        _words("words"),
        _when("started_at"),
        _when("ended_at", null=True),
        _words("outcome"),
        _words("reference"),
        _words("code"),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="attempt_of_message"),
        sa.UniqueConstraint("message_id", "number", name="attempt_number"),
        sa.CheckConstraint("outcome IN ('open', 'accepted', 'refused', 'unknown', 'not_sent')", name="attempt_outcome"),
        sa.CheckConstraint("(outcome = 'open') = (ended_at IS NULL)", name="attempt_ended"),
    )
    op.create_index(
        "attempt_that_counts",
        "attempt",
        ["message_id"],
        unique=True,
        postgresql_where=sa.text("outcome IN ('open', 'accepted', 'unknown')"),
    )
    op.create_index("attempt_of_phone", "attempt", ["phone_fingerprint", "category", "started_at"])


def _callbacks() -> None:
    op.create_table(
        "receipt",
        _uuid("id", key=True),
        _words("dedupe_key"),
        _words("out_id"),
        _words("reference"),
        _words("phone_fingerprint"),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        _words("code"),
        _when("received_at"),
        _when("applied_at", null=True),
        _uuid("attempt_id", null=True),
        sa.UniqueConstraint("dedupe_key", name="receipt_once"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="receipt_is_of_attempt"),
    )
    op.create_index("receipt_by_attempt", "receipt", ["attempt_id"])
    op.create_table(
        "reply",
        _uuid("id", key=True),
        _words("dedupe_key"),
        _words("phone"),
        _words("phone_fingerprint"),
        _words("words"),
        _when("received_at"),
        _words("meaning", null=True),
        _uuid("resident_id", null=True),
        _uuid("registration_id", null=True),
        _uuid("session_id", null=True),
        _uuid("prompt_id", null=True),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        _when("handled_at", null=True),
        _uuid("handled_by", null=True),
        sa.UniqueConstraint("dedupe_key", name="reply_once"),
        sa.CheckConstraint("meaning IN ('accept', 'decline', 'stop', 'other')", name="reply_meaning"),
    )
    op.create_index("reply_open", "reply", ["id"], postgresql_where=sa.text("needs_person AND handled_at IS NULL"))
    op.create_index("reply_by_phone", "reply", ["phone_fingerprint", "id"])
