"""What is set right afterwards: voided lines of the hour ledger, and door scans that did not fit."""

from alembic import op
from sqlalchemy import Column, DateTime, ForeignKeyConstraint, PrimaryKeyConstraint, Text, Uuid, text

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Let a line void another, and staff say that they looked at a scan."""
    op.add_column("hour_entry", Column("voids", Uuid(), nullable=True))
    op.add_column("hour_entry", Column("why", Text(), nullable=False, server_default=""))
    op.alter_column("hour_entry", "why", server_default=None)
    op.create_foreign_key("hour_entry_voids_another", "hour_entry", "hour_entry", ["voids"], ["id"])
    op.create_unique_constraint("hour_entry_voided_once", "hour_entry", ["voids"])
    op.drop_constraint("hour_entry_minutes", "hour_entry")
    op.create_check_constraint("hour_entry_minutes", "hour_entry", "minutes <> 0 AND (minutes < 0) = (voids IS NOT NULL)")
    op.create_check_constraint("hour_entry_voided_for_a_reason", "hour_entry", "(voids IS NULL) = (why = '')")
    op.drop_constraint("hour_entry_once_per_course", "hour_entry")
    op.create_index(
        "hour_entry_once_per_course",
        "hour_entry",
        ["programme_id", "resident_id"],
        unique=True,
        postgresql_where=text("voids IS NULL"),
    )
    op.create_table(
        "settlement",
        Column("scan_id", Uuid(), nullable=False),
        Column("verdict", Text(), nullable=False),
        Column("note", Text(), nullable=False),
        Column("settled_by", Uuid(), nullable=False),
        Column("settled_at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(["scan_id"], ["scan.id"], name="settlement_of_scan"),
        PrimaryKeyConstraint("scan_id", "verdict"),
    )
