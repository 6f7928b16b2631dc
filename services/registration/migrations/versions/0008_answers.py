"""Answers are kept for requests that come again; the line for the room has people who follow from home in it."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, PrimaryKeyConstraint, Text, text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, and the index of the lines."""
    op.create_table(
        "answered_request",
        Column("mark", Text(), nullable=False),
        Column("request_mark", Text(), nullable=False),
        Column("status", Integer(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("location", Text(), nullable=False),
        Column("body", Text(), nullable=False),
        Column("answered_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("mark"),
    )
    op.create_index("answered_request_by_age", "answered_request", ["answered_at"])
    op.drop_index("registration_waiting", "registration")
    op.create_index(
        "registration_waiting",
        "registration",
        ["session_id", "queue"],
        postgresql_where=text("state = 'waitlisted' OR prefers_room"),
    )
