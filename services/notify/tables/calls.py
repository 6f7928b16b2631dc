"""Calls, and walks to the door, in the place of texts."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from services.notify.domain.calls import CallOutcome, DoorOutcome
from services.notify.tables.base import WHEN, Table


class Call(Table, table=True):
    """A call to make in the place of a text: `why`, how often it was tried and reached nobody (`misses`), when to try again."""

    __tablename__ = "call"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["message.id"], name="call_instead_of_message"),
        CheckConstraint("(tries = 0) = (tried_at IS NULL) AND (tries = 0) = (tried_by IS NULL)", name="call_tried"),
        CheckConstraint("ended_at IS NULL OR tries > 0", name="call_ended_by_trying"),
        Index("call_open", "call_by", postgresql_where=text("ended_at IS NULL")),
    )

    message_id: UUID = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=WHEN)
    call_by: datetime = Field(sa_type=WHEN)
    why: str = Field(default="", sa_type=Text)
    again_at: datetime | None = Field(default=None, sa_type=WHEN)
    tries: int = 0
    misses: int = 0
    tried_at: datetime | None = Field(default=None, sa_type=WHEN)
    tried_by: UUID | None = None
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)


class CallTry(Table, table=True):
    """One call that was made, by whom, and what came of it. Rows are only added."""

    __tablename__ = "call_try"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["call.message_id"], name="call_try_of_call", ondelete="CASCADE"),
        CheckConstraint(f"outcome IN {get_args(CallOutcome)}", name="call_try_outcome"),
        Index("call_try_by_call", "message_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    message_id: UUID
    at: datetime = Field(sa_type=WHEN)
    staff_id: UUID
    outcome: CallOutcome = Field(sa_type=Text)
    again_at: datetime | None = Field(default=None, sa_type=WHEN)


class Errand(Table, table=True):
    """A walk to somebody's door in the place of a text, for a neighbourhood's volunteer; `outcome` is the last one's."""

    __tablename__ = "errand"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["message.id"], name="errand_instead_of_message"),
        CheckConstraint(f"outcome IN {get_args(DoorOutcome)}", name="errand_outcome"),
        CheckConstraint("(tries = 0) = (outcome IS NULL) AND (tries = 0) = (tried_by IS NULL)", name="errand_tried"),
        Index("errand_open", "do_by", postgresql_where=text("done_at IS NULL")),
    )

    message_id: UUID = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=WHEN)
    do_by: datetime = Field(sa_type=WHEN)
    why: str = Field(sa_type=Text)
    tries: int = 0
    tried_by: UUID | None = None
    outcome: DoorOutcome | None = Field(default=None, sa_type=Text)
    done_at: datetime | None = Field(default=None, sa_type=WHEN)
