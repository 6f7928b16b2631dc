"""Messages to many: what a dry run found, and what was sent of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from services.notify.tables.base import WHEN, Table
from shared.contracts.notify import Category
from shared.event import new_id


class Bulk(Table, table=True):
    """One message to the people of a session, or of a programme's sessions to come. Made by a dry run, sent by its token, once.

    `id` is the `batch_id` of its texts; `states` are those of the registrations that it is for.
    """

    __tablename__ = "bulk"
    __table_args__ = (
        CheckConstraint("(session_id IS NULL) <> (programme_id IS NULL)", name="bulk_has_one_audience"),
        CheckConstraint("stopped_at IS NULL OR confirmed_at IS NOT NULL", name="bulk_stopped_when_it_went"),
        Index("bulk_confirmed", "id", postgresql_where=text("confirmed_at IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID | None = None
    programme_id: UUID | None = None
    states: str = Field(sa_type=Text)
    template: str = Field(sa_type=Text)
    template_version: int
    category: Category = Field(sa_type=Text)
    token: str = Field(sa_type=Text)
    made_by: UUID
    made_at: datetime = Field(sa_type=WHEN)
    confirmed_at: datetime | None = Field(default=None, sa_type=WHEN)
    stopped_at: datetime | None = Field(default=None, sa_type=WHEN)


class BulkRow(Table, table=True):
    """Somebody the message is for, or why they get no text: `skip_reason`. `message_id` once their text, or call, is planned."""

    __tablename__ = "bulk_row"
    __table_args__ = (
        ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name="bulk_row_of_bulk"),
        Index("bulk_row_open", "bulk_id", "place", postgresql_where=text("message_id IS NULL")),
        Index("bulk_row_by_resident", "resident_id"),
    )

    bulk_id: UUID = Field(primary_key=True)
    place: int = Field(primary_key=True)
    resident_id: UUID | None = None
    registration_id: UUID
    session_id: UUID
    parts: int
    skip_reason: str = Field(default="", sa_type=Text)
    message_id: UUID | None = None
