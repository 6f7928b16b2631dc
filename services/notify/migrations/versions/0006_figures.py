"""Figures per day and carrier, which outlive the texts they count; carriers' bills."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

COUNTS = ("attempts", "accepted", "refused", "not_sent", "unknown", "delivered", "failed", "parts", "in_time")
OTHERS = ("odd", "skipped", "expired", "opt_outs", "replies")


def upgrade() -> None:
    """Make the tables, and the ways to find one day's rows."""
    op.create_table(
        "carrier_day",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("carrier", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("p50_ms", sa.Integer(), nullable=True),
        sa.Column("p95_ms", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in OTHERS),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("accepted + refused + not_sent + unknown <= attempts", name="carrier_day_adds_up"),
        sa.CheckConstraint("delivered + failed <= accepted AND in_time <= accepted", name="carrier_day_of_accepted"),
    )
    op.create_table(
        "carrier_bill",
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("carrier", sa.Text(), primary_key=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("parts >= 0", name="carrier_bill_counts"),
    )
    op.create_index("attempt_by_start", "attempt", ["started_at"], postgresql_using="brin")
    op.create_index("message_skipped", "message", ["skipped_at"], postgresql_where=sa.text("skipped_at IS NOT NULL"))
    op.create_index("reply_by_time", "reply", ["received_at"], postgresql_using="brin")
