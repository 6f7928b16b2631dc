"""Registrations can be on offer."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Allow the states of an offer."""
    op.drop_constraint("registration_is_in_one_state", "participation")
    op.create_check_constraint(
        "registration_is_in_one_state",
        "participation",
        "state IN ('confirmed', 'waitlisted', 'offered', 'declined', 'expired', 'cancelled')",
    )
