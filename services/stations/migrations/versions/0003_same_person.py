"""Records that are one person's."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "same_person",
        sa.Column("merged", sa.Uuid(), primary_key=True),
        sa.Column("kept", sa.Uuid(), nullable=False),
        sa.CheckConstraint("merged <> kept", name="same_person_of_two"),
    )
    op.create_index("same_person_by_kept", "same_person", ["kept"])
