"""Calls in the place of texts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from services.notify.tables.base import WHEN, Table


class Call(Table, table=True):
    """A call to make in the place of a text, and how often it was tried."""

    __tablename__ = "call"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["message.id"], name="call_instead_of_message"),
        CheckConstraint("(tries = 0) = (tried_at IS NULL) AND (tries = 0) = (tried_by IS NULL)", name="call_tried"),
        CheckConstraint("reached_at IS NULL OR tries > 0", name="call_reached_by_trying"),
        Index("call_open", "call_by", postgresql_where=text("reached_at IS NULL")),
    )

    message_id: UUID = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=WHEN)
    call_by: datetime = Field(sa_type=WHEN)
    tries: int = 0
    tried_at: datetime | None = Field(default=None, sa_type=WHEN)
    tried_by: UUID | None = None
    reached_at: datetime | None = Field(default=None, sa_type=WHEN)
