"""What happened at doors: every scan, and the printed sheets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.registration.domain.presence import Direction, Verdict, Way
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Scan(Table, table=True):
    """One scan and what it was answered, refused ones among them; rows are only added. `at` is the scanning device's time.

    `offline` ones were decided by a device without network: the person is in the room, whatever the server would have said.
    `shown` is the name and number of a newcomer whose scan does not count, encrypted, so that staff can still act on it.
    """

    __tablename__ = "scan"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="scan_at_session"),
        ForeignKeyConstraint(["registration_id"], ["registration.id"], name="scan_of_registration"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="scan_of_resident"),
        ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name="scan_from_sheet"),
        UniqueConstraint("nonce", name="scan_once"),
        CheckConstraint("direction IN ('entry', 'exit')", name="scan_direction"),
        CheckConstraint("way IN ('staff', 'ticket', 'code', 'digits', 'paper')", name="scan_way"),
        CheckConstraint("result <> 'ok' OR resident_id IS NOT NULL", name="scan_of_somebody"),
        Index("scan_by_session", "session_id", "at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    nonce: UUID
    session_id: UUID
    registration_id: UUID | None = None
    resident_id: UUID | None = None
    direction: Direction = Field(sa_type=Text)
    way: Way = Field(sa_type=Text)
    at: datetime = Field(sa_type=WHEN)
    received_at: datetime = Field(sa_type=WHEN)
    forced: bool = False
    offline: bool = False
    device: str = Field(default="", sa_type=Text)
    by: UUID | None = None
    sheet_id: UUID | None = None
    shown: str = Field(default="", sa_type=Text)
    result: Verdict = Field(sa_type=Text)


class Settlement(Table, table=True):
    """Staff looked at a scan that did not fit, for this reason, and what they found (encrypted)."""

    __tablename__ = "settlement"
    __table_args__ = (ForeignKeyConstraint(["scan_id"], ["scan.id"], name="settlement_of_scan"),)

    scan_id: UUID = Field(primary_key=True)
    verdict: Verdict = Field(primary_key=True, sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    settled_by: UUID
    settled_at: datetime = Field(sa_type=WHEN)


class Sheet(Table, table=True):
    """A printed sign-in sheet: `rows` are the registrations on it from the top, `number` counts a session's sheets from 1."""

    __tablename__ = "sheet"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="sheet_of_session"),
        UniqueConstraint("session_id", "number", name="sheet_number"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    number: int
    rows: list[UUID] = Field(sa_type=ARRAY(Uuid()))
    printed_at: datetime = Field(sa_type=WHEN)
    printed_by: UUID
