"""Wordings with versions and approvals; public benefit and promotion as categories of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

CATEGORIES = ("service", "public_benefit", "promotion", "critical", "code")


def upgrade() -> None:
    """Widen the categories and make the tables; texts handed over so far have no version."""
    for table in ("message", "choice"):
        op.drop_constraint(f"{table}_category", table)
        op.create_check_constraint(f"{table}_category", table, f"category IN {CATEGORIES}")
    op.add_column("message", sa.Column("template_version", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.alter_column("message", "template_version", server_default=None)
    op.create_table(
        "template",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("name", "version", name="template_version"),
        sa.CheckConstraint(f"category IN {CATEGORIES}", name="template_category"),
        sa.CheckConstraint("version > 0", name="template_versions_count_from_one"),
    )
    op.create_table(
        "template_approval",
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("template_id", "body"),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name="approval_of_template"),
        sa.CheckConstraint("body IN ('house', 'aliyun', 'tencent')", name="approval_body"),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected')", name="approval_state"),
        sa.CheckConstraint("state <> 'approved' OR body = 'house' OR code <> ''", name="approval_has_the_carriers_code"),
        sa.CheckConstraint("state <> 'rejected' OR reason <> ''", name="approval_rejected_for_a_reason"),
    )
