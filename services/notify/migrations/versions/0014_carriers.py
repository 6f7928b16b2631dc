"""Where carriers stand that are not used as the settings say."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "carrier_standing",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("trial_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'left', 'out')", name="carrier_standing_state"),
        sa.CheckConstraint("(state = 'left') = (trial_at IS NOT NULL)", name="carrier_standing_trial"),
    )
