"""Texts, asks and receipts are taken in groups from their own tables; texts have a priority, and bulk messages take turns."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

LANE = "CASE WHEN category = 'code' THEN 'codes' WHEN batch_id IS NULL THEN 'texts' ELSE 'bulk' END"
IN_TURN = sa.text("coalesce(batch_id, '00000000-0000-0000-0000-000000000000')")
PLANNED = sa.text("state = 'planned'")
OUTCOMES = ("open", "accepted", "refused", "unknown", "not_sent", "doubtful")


def upgrade() -> None:
    """Move what jobs knew into the rows themselves."""
    op.add_column("message", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="2"))
    op.alter_column("message", "priority", server_default=None)
    op.add_column("message", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("lane", sa.Text(), sa.Computed(LANE, persisted=True)))
    op.create_index("message_in_line", "message", ["lane", "priority", IN_TURN, "due_at"], postgresql_where=PLANNED)
    op.create_index("message_next_due", "message", ["lane", "due_at"], postgresql_where=PLANNED)
    op.add_column("attempt", sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("attempt_outcome", "attempt")
    op.create_check_constraint("attempt_outcome", "attempt", f"outcome IN {OUTCOMES}")
    op.execute(
        """UPDATE attempt SET ask_at = job.due_at FROM job
           WHERE job.key = attempt.id::text AND job.kind IN ('resolve', 'look') AND job.state = 'waiting'"""
    )
    op.execute("DELETE FROM job WHERE kind IN ('send', 'send_code', 'resolve', 'look', 'receipt')")
    op.create_index("attempt_to_ask_about", "attempt", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL"))
    op.create_index("receipt_to_apply", "receipt", ["id"], postgresql_where=sa.text("applied_at IS NULL"))
