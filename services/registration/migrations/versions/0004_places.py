"""Places are offered, for parties, in the room and online; who acted is kept."""

from alembic import op
from sqlalchemy import Boolean, Column, DateTime, Integer, Text, Uuid, text

revision = "0004"
down_revision = "0003"

WHEN = DateTime(timezone=True)
STATES = "('confirmed', 'waitlisted', 'offered', 'declined', 'expired', 'cancelled', 'extra', 'attended', 'no_show')"
RULES = {
    "registration_state": f"state IN {STATES}",
    "registration_mode": "mode IN ('room', 'online')",
    "registration_party": "party > 0",
    "registration_declined": "(state = 'declined') = (declined_at IS NOT NULL)",
    "registration_expired": "(state = 'expired') = (expired_at IS NOT NULL)",
    "registration_offered": "(offered_at IS NULL) = (offer_expires_at IS NULL)"
    " AND (state <> 'offered' OR offered_at IS NOT NULL)",
    "registration_online_meanwhile_keeps_its_number": "NOT prefers_room OR (mode = 'online' AND queue IS NOT NULL)",
    "registration_checked_in": "state IN ('confirmed', 'extra', 'attended') OR checked_in_at IS NULL",
}


def upgrade() -> None:
    """Add what offers, parties and modes need; registrations so far are of one, in the room."""
    for column, kind, default in (
        ("party", Integer(), "1"),
        ("mode", Text(), "'room'"),
        ("prefers_room", Boolean(), "false"),
        ("at_once", Boolean(), "false"),
        ("late", Boolean(), "false"),
    ):
        op.add_column("registration", Column(column, kind, nullable=False, server_default=text(default)))
        op.alter_column("registration", column, server_default=None)
    op.add_column("registration", Column("acted_by", Uuid(), nullable=True))
    for column in ("offered_at", "offer_expires_at", "declined_at", "expired_at"):
        op.add_column("registration", Column(column, WHEN, nullable=True))
    for rule in ("registration_state", "registration_checked_in"):
        op.drop_constraint(rule, "registration")
    for rule, condition in RULES.items():
        op.create_check_constraint(rule, "registration", condition)
    op.drop_index("registration_once", "registration")
    op.create_index(
        "registration_once",
        "registration",
        ["session_id", "resident_id"],
        unique=True,
        postgresql_where=text("state NOT IN ('cancelled', 'declined', 'expired')"),
    )
    op.create_index("registration_on_offer", "registration", ["offer_expires_at"], postgresql_where=text("state = 'offered'"))
