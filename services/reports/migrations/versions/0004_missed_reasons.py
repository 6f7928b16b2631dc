"""Why people missed sessions, counted."""

from alembic import op
from sqlalchemy import Column, Date, Integer, String, Uuid

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of reasons by programme and month."""
    op.create_table(
        "missed_reason",
        Column("programme_id", Uuid(), primary_key=True),
        Column("month", Date(), primary_key=True),
        Column("reason", String(), primary_key=True),
        Column("n", Integer(), nullable=False),
    )
