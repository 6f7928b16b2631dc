"""Rules of a programme, copied to its sessions."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

RULES = {
    "programme_waitlist_policy": "waitlist_policy IN ('strict', 'best_fit')",
    "programme_party": "party_max BETWEEN 1 AND 20",
    "programme_has_places": "capacity > 0 AND online_capacity >= 0",
    "programme_times": "opens_days >= 0 AND closes_hours >= 0 AND cancel_hours >= 0",
}
COPIES = {
    "session_never_oversold_online": "0 <= online_taken AND online_taken <= online_capacity",
    "session_waitlist_policy": "waitlist_policy IN ('strict', 'best_fit')",
    "session_party": "party_max BETWEEN 1 AND 20",
    "session_cancel_until": "cancel_until <= starts_at",
}


def upgrade() -> None:
    """Programmes that exist keep what they did until now: open at once, until the start, one place each, in strict order."""
    for column in (
        Column("audience", JSONB(), nullable=False, server_default=text("'{}'::jsonb")),
        Column("opens_days", Integer(), nullable=True),
        Column("closes_hours", Integer(), nullable=False, server_default="0"),
        Column("cancel_hours", Integer(), nullable=False, server_default="0"),
        Column("waitlist_policy", Text(), nullable=False, server_default="strict"),
        Column("party_max", Integer(), nullable=False, server_default="1"),
        Column("capacity", Integer(), nullable=False, server_default="20"),
        Column("online_capacity", Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("programme", column)
    for copy in (
        Column("cancel_until", DateTime(timezone=True), nullable=True),
        Column("waitlist_policy", Text(), nullable=False, server_default="strict"),
        Column("party_max", Integer(), nullable=False, server_default="1"),
        Column("online_capacity", Integer(), nullable=False, server_default="0"),
        Column("online_taken", Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("session", copy)
    op.execute("UPDATE session SET cancel_until = starts_at")
    op.alter_column("session", "cancel_until", nullable=False)
    for name, rule in RULES.items():
        op.create_check_constraint(name, "programme", rule)
    for name, rule in COPIES.items():
        op.create_check_constraint(name, "session", rule)
