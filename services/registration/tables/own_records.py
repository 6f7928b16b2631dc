"""What residents ask for about their own records: a copy of everything, or to be forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Export(Table, table=True):
    """A copy of everything that is kept about a resident, over every service, to be fetched until it expires."""

    __tablename__ = "export"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="export_of_resident"),
        Index("export_by_resident", "resident_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resident_id: UUID
    asked_at: datetime = Field(sa_type=WHEN)
    expires_at: datetime = Field(sa_type=WHEN)


class ExportPart(Table, table=True):
    """What one service (its log's name) told for an export: encrypted JSON, empty until it has answered."""

    __tablename__ = "export_part"
    __table_args__ = (
        ForeignKeyConstraint(["export_id"], ["export.id"], name="export_part_of_export", ondelete="CASCADE"),
        CheckConstraint("(content = '') = (told_at IS NULL)", name="export_part_told"),
    )

    export_id: UUID = Field(primary_key=True)
    source: str = Field(primary_key=True, sa_type=Text)
    content: str = Field(default="", sa_type=Text)
    told_at: datetime | None = Field(default=None, sa_type=WHEN)


class Erasure(Table, table=True):
    """A wish to be forgotten: due after some days to think it over, perhaps held by staff, over when every service confirmed."""

    __tablename__ = "erasure"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="erasure_of_resident"),
        CheckConstraint("asked_by IN ('resident', 'staff')", name="erasure_asked_by"),
        CheckConstraint("num_nonnulls(held_at, held_by) IN (0, 2) AND (held_at IS NULL) = (held_for = '')", name="erasure_held"),
        CheckConstraint("num_nonnulls(withdrawn_at, started_at) < 2", name="erasure_withdrawn_or_started"),
        CheckConstraint("finished_at IS NULL OR started_at IS NOT NULL", name="erasure_started_before_finished"),
        Index("erasure_once", "resident_id", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resident_id: UUID
    asked_by: Literal["resident", "staff"] = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=WHEN)
    due_at: datetime = Field(sa_type=WHEN)
    held_at: datetime | None = Field(default=None, sa_type=WHEN)
    held_by: UUID | None = None
    held_for: str = Field(default="", sa_type=Text)
    withdrawn_at: datetime | None = Field(default=None, sa_type=WHEN)
    started_at: datetime | None = Field(default=None, sa_type=WHEN)
    finished_at: datetime | None = Field(default=None, sa_type=WHEN)


class ErasurePart(Table, table=True):
    """One service (its log's name) that has to forget the person, and when it said that it had."""

    __tablename__ = "erasure_part"
    __table_args__ = (ForeignKeyConstraint(["erasure_id"], ["erasure.id"], name="erasure_part_of_erasure"),)

    erasure_id: UUID = Field(primary_key=True)
    source: str = Field(primary_key=True, sa_type=Text)
    confirmed_at: datetime | None = Field(default=None, sa_type=WHEN)
