"""Messages to many, with what their dry runs found; the house's own hours and leads."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables. Texts planned so far take their rank from what they are about."""
    op.create_table(
        "bulk",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("states", "template", "category", "token")),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(session_id IS NULL) <> (programme_id IS NULL)", name="bulk_has_one_audience"),
        sa.CheckConstraint("stopped_at IS NULL OR confirmed_at IS NOT NULL", name="bulk_stopped_when_it_went"),
    )
    op.create_index("bulk_confirmed", "bulk", ["id"], postgresql_where=sa.text("confirmed_at IS NOT NULL"))
    op.create_table(
        "bulk_row",
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("skip_reason", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_id", "place"),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name="bulk_row_of_bulk"),
    )
    op.create_index("bulk_row_open", "bulk_row", ["bulk_id", "place"], postgresql_where=sa.text("message_id IS NULL"))
    op.create_index("bulk_row_by_resident", "bulk_row", ["resident_id"])
    op.create_table(
        "house_rules",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("day_lead", sa.Integer(), nullable=False),
        sa.Column("hours_lead", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="house_rules_are_one"),
        sa.CheckConstraint("opens < closes", name="house_rules_open_before_they_close"),
        sa.CheckConstraint("day_lead > hours_lead AND hours_lead > 15", name="house_rules_leads"),
    )
    op.execute(
        """UPDATE message SET priority = CASE WHEN category IN ('critical', 'code') THEN 0 WHEN purpose = 'reminder_hours' THEN 2
           WHEN purpose IN ('reminder_day', 'missed_you') THEN 3 ELSE 1 END WHERE state = 'planned'"""
    )
