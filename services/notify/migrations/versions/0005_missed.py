"""Whoever did not come may be asked why, and answer."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Allow the state of a missed registration and the meaning of an answer to why."""
    op.drop_constraint("registration_state", "registration")
    op.create_check_constraint(
        "registration_state",
        "registration",
        "state IN ('confirmed', 'waitlisted', 'offered', 'declined', 'expired', 'cancelled', 'missed')",
    )
    op.drop_constraint("reply_meaning", "reply")
    op.create_check_constraint("reply_meaning", "reply", "meaning IN ('accept', 'decline', 'stop', 'reason', 'other')")
