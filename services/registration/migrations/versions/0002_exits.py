"""When people who came left again."""

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the time of leaving, which is never before that of coming."""
    op.add_column("registration", Column("left_at", DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        "registration_left_after_coming",
        "registration",
        "left_at IS NULL OR (checked_in_at IS NOT NULL AND left_at >= checked_in_at)",
    )
