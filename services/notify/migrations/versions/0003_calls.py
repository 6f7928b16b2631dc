"""People who are called instead of texted; who acts for whom; records made one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what a caller needs; residents known so far are texted as before."""
    for column in ("name", "landline"):
        op.add_column("contact", sa.Column(column, sa.Text(), nullable=False, server_default=sa.text("''")))
        op.alter_column("contact", column, server_default=None)
    op.add_column("contact", sa.Column("calls", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.alter_column("contact", "calls", server_default=None)
    op.add_column("contact", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_table(
        "carer",
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("carer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("elder_id", "carer_id"),
    )
    op.create_table(
        "call",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_by", sa.Uuid(), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reached_at IS NULL OR tries > 0", name="call_reached_by_trying"),
        sa.CheckConstraint("(tries = 0) = (tried_at IS NULL) AND (tries = 0) = (tried_by IS NULL)", name="call_tried"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="call_instead_of_message"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("call_open", "call", ["call_by"], postgresql_where=sa.text("reached_at IS NULL"))
