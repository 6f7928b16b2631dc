"""Scans at doors and printed sheets; who was let in without network."""

from alembic import op
from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

revision = "0010"
down_revision = "0009"

WHEN = DateTime(timezone=True)

KNOWN = """
    INSERT INTO scan (id, nonce, session_id, registration_id, resident_id, direction, way, at, received_at,
                      forced, offline, device, shown, result)
    SELECT gen_random_uuid(), gen_random_uuid(), session_id, id, resident_id, 'entry', 'staff', checked_in_at, checked_in_at,
           state = 'extra', false, '', '', 'ok'
    FROM registration WHERE checked_in_at IS NOT NULL
"""


def upgrade() -> None:
    """Make both tables and fill in the scans of those who came before there were any."""
    op.create_table(
        "sheet",
        Column("id", Uuid(), nullable=False),
        Column("session_id", Uuid(), nullable=False),
        Column("number", Integer(), nullable=False),
        Column("rows", ARRAY(Uuid()), nullable=False),
        Column("printed_at", WHEN, nullable=False),
        Column("printed_by", Uuid(), nullable=False),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="sheet_of_session"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("session_id", "number", name="sheet_number"),
    )
    op.create_table(
        "scan",
        Column("id", Uuid(), nullable=False),
        Column("nonce", Uuid(), nullable=False),
        Column("session_id", Uuid(), nullable=False),
        Column("registration_id", Uuid(), nullable=True),
        Column("resident_id", Uuid(), nullable=True),
        Column("direction", Text(), nullable=False),
        Column("way", Text(), nullable=False),
        Column("at", WHEN, nullable=False),
        Column("received_at", WHEN, nullable=False),
        Column("forced", Boolean(), nullable=False),
        Column("offline", Boolean(), nullable=False),
        Column("device", Text(), nullable=False),
        Column("by", Uuid(), nullable=True),
        Column("sheet_id", Uuid(), nullable=True),
        Column("shown", Text(), nullable=False),
        Column("result", Text(), nullable=False),
        CheckConstraint("direction IN ('entry', 'exit')", name="scan_direction"),
        CheckConstraint("way IN ('staff', 'ticket', 'code', 'digits', 'paper')", name="scan_way"),
        CheckConstraint("result <> 'ok' OR resident_id IS NOT NULL", name="scan_of_somebody"),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="scan_at_session"),
        ForeignKeyConstraint(["registration_id"], ["registration.id"], name="scan_of_registration"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="scan_of_resident"),
        ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="scan_from_sheet"),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("nonce", name="scan_once"),
    )
    op.create_index("scan_by_session", "scan", ["session_id", "at"])
    op.add_column("registration", Column("let_in_offline", Boolean(), nullable=False, server_default=text("false")))
    op.alter_column("registration", "let_in_offline", server_default=None)
    op.get_bind().exec_driver_sql(KNOWN)
