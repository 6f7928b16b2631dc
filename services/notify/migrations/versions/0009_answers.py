"""Answers with marks, how sure their reading is; the ledger's proofs; where sessions and people are."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MEANINGS = ("accept", "decline", "stop", "refuse", "resume", "reason", "other")
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION choice_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('jiamenkou.erases', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the ledger of choices is append-only';
END $$;
"""


def upgrade() -> None:
    """Add the columns; only the forgetting of a person may take lines out of the ledger."""
    for table, column in (
        ("message", "mark"),
        ("reply", "words_mark"),
        ("choice", "wording"),
        ("choice", "why"),
        ("contact", "street"),
        ("contact", "neighbourhood"),
        ("session", "street"),
    ):
        op.add_column(table, sa.Column(column, sa.Text(), nullable=False, server_default=sa.text("''")))
        op.alter_column(table, column, server_default=None)
    op.add_column("session", sa.Column("programme_id", sa.Uuid(), nullable=True))
    op.alter_column("choice", "reply_id", new_column_name="proof")
    op.add_column("reply", sa.Column("confidence", sa.Text(), nullable=True))
    op.create_check_constraint("reply_confidence", "reply", "confidence IN ('certain', 'likely', 'unsure')")
    op.drop_constraint("reply_meaning", "reply")
    op.create_check_constraint("reply_meaning", "reply", f"meaning IN {MEANINGS}")
    op.drop_constraint("choice_category", "choice")
    op.create_check_constraint("choice_category", "choice", "category IN ('service', 'promotion', 'calls')")
    op.drop_index("choice_newest", "choice")
    op.create_index("choice_newest", "choice", ["resident_id", "category", "at", "id"])
    op.get_bind().exec_driver_sql(APPEND_ONLY)
