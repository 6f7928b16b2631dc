"""Exports and erasures."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKeyConstraint, PrimaryKeyConstraint, Text, Uuid, text

revision = "0012"
down_revision = "0011"

WHEN = DateTime(timezone=True)


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "export",
        Column("id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("asked_at", WHEN, nullable=False),
        Column("expires_at", WHEN, nullable=False),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="export_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("export_by_resident", "export", ["resident_id", "id"])
    op.create_table(
        "export_part",
        Column("export_id", Uuid(), nullable=False),
        Column("source", Text(), nullable=False),
        Column("content", Text(), nullable=False),
        Column("told_at", WHEN, nullable=True),
        CheckConstraint("(content = '') = (told_at IS NULL)", name="export_part_told"),
        ForeignKeyConstraint(["export_id"], ["export.id"], name="export_part_of_export", ondelete="CASCADE"),
        PrimaryKeyConstraint("export_id", "source"),
    )
    op.create_table(
        "erasure",
        Column("id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("asked_by", Text(), nullable=False),
        Column("asked_at", WHEN, nullable=False),
        Column("due_at", WHEN, nullable=False),
        Column("held_at", WHEN, nullable=True),
        Column("held_by", Uuid(), nullable=True),
        Column("held_for", Text(), nullable=False),
        Column("withdrawn_at", WHEN, nullable=True),
        Column("started_at", WHEN, nullable=True),
        Column("finished_at", WHEN, nullable=True),
        CheckConstraint("asked_by IN ('resident', 'staff')", name="erasure_asked_by"),
        CheckConstraint("num_nonnulls(held_at, held_by) IN (0, 2) AND (held_at IS NULL) = (held_for = '')", name="erasure_held"),
        CheckConstraint("num_nonnulls(withdrawn_at, started_at) < 2", name="erasure_withdrawn_or_started"),
        CheckConstraint("finished_at IS NULL OR started_at IS NOT NULL", name="erasure_started_before_finished"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="erasure_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("erasure_once", "erasure", ["resident_id"], unique=True, postgresql_where=text("withdrawn_at IS NULL"))
    op.create_table(
        "erasure_part",
        Column("erasure_id", Uuid(), nullable=False),
        Column("source", Text(), nullable=False),
        Column("confirmed_at", WHEN, nullable=True),
        ForeignKeyConstraint(["erasure_id"], ["erasure.id"], name="erasure_part_of_erasure"),
        PrimaryKeyConstraint("erasure_id", "source"),
    )
