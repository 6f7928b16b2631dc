"""Why somebody did not come."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the reason; nobody has been asked so far."""
    op.add_column("registration", Column("missed_reason", Text(), nullable=True))
    op.create_check_constraint(
        "registration_missed_for_a_reason", "registration", "missed_reason IN ('forgot', 'inconvenient', 'unwanted')"
    )
