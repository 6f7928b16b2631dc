"""Calls with outcomes and their history, walks to the door, and who sees to a reply."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

CALL_OUTCOMES = ("coming", "not_coming", "undecided", "told", "wrong_number", "no_more_calls", "busy", "no_answer")
DOOR_OUTCOMES = ("told", "not_home", "moved")
REPLY_OUTCOMES = ("answered", "called", "done_for_them", "nothing_to_do")


def _when(name: str, *, null: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def upgrade() -> None:
    """Add what is new; a call that reached somebody has ended."""
    _calls()
    _errands()
    _replies()


def _calls() -> None:
    op.alter_column("call", "reached_at", new_column_name="ended_at")
    op.execute("ALTER TABLE call RENAME CONSTRAINT call_reached_by_trying TO call_ended_by_trying")
    op.add_column("call", sa.Column("why", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.alter_column("call", "why", server_default=None)
    op.add_column("call", _when("again_at"))
    op.add_column("call", sa.Column("misses", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.alter_column("call", "misses", server_default=None)
    op.execute("UPDATE call SET misses = tries WHERE ended_at IS NULL")
    op.create_table(
        "call_try",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        _when("at", null=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        _when("again_at"),
        sa.ForeignKeyConstraint(["message_id"], ["call.message_id"], name="call_try_of_call", ondelete="CASCADE"),
        sa.CheckConstraint(f"outcome IN {CALL_OUTCOMES}", name="call_try_outcome"),
    )
    op.create_index("call_try_by_call", "call_try", ["message_id", "id"])


def _errands() -> None:
    op.create_table(
        "errand",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        _when("asked_at", null=False),
        _when("do_by", null=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        _when("done_at"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="errand_instead_of_message"),
        sa.CheckConstraint(f"outcome IN {DOOR_OUTCOMES}", name="errand_outcome"),
        sa.CheckConstraint("(tries = 0) = (outcome IS NULL) AND (tries = 0) = (tried_by IS NULL)", name="errand_tried"),
    )
    op.create_index("errand_open", "errand", ["do_by"], postgresql_where=sa.text("done_at IS NULL"))


def _replies() -> None:
    op.add_column("reply", sa.Column("outcome", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("taken_by", sa.Uuid(), nullable=True))
    op.add_column("reply", _when("taken_at"))
    op.create_check_constraint("reply_outcome", "reply", f"outcome IN {REPLY_OUTCOMES}")
    op.create_check_constraint("reply_taken", "reply", "(taken_by IS NULL) = (taken_at IS NULL)")
    op.create_table(
        "canned_answer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        _when("made_at", null=False),
        _when("ended_at"),
    )
