"""What was done to staff accounts, and by whom."""

from alembic import op
from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table; what was done before is not known."""
    op.create_table(
        "account_note",
        Column("id", Uuid(), primary_key=True),
        Column("staff_id", Uuid(), nullable=False),
        Column("by", Uuid(), nullable=True),
        Column("action", Text(), nullable=False),
        Column("facts", JSONB(), nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        ForeignKeyConstraint(["staff_id"], ["staff.id"], name="account_note_of_staff"),
        Index("account_note_by_staff", "staff_id", "id"),
    )
