"""Live rooms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class LiveRoom(Table, table=True):
    """The room of a livestream: what was counted so far, and for good once it is closed."""

    __tablename__ = "live_room"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="live_room_of_session"),
        CheckConstraint("viewers >= 0 AND peak >= 0 AND reactions >= 0 AND questions >= 0", name="live_room_counts"),
    )

    session_id: UUID = Field(primary_key=True)
    opened_at: datetime = Field(sa_type=WHEN)
    closed_at: datetime | None = Field(default=None, sa_type=WHEN)
    viewers: int = 0
    peak: int = 0
    reactions: int = 0
    questions: int = 0


class LiveViewer(Table, table=True):
    """A device that was in the room: an anonymous number of its own making."""

    __tablename__ = "live_viewer"
    __table_args__ = (ForeignKeyConstraint(["session_id"], ["live_room.session_id"], name="live_viewer_in_room"),)

    session_id: UUID = Field(primary_key=True)
    viewer: UUID = Field(primary_key=True)


class LiveQuestion(Table, table=True):
    """A question asked in the room."""

    __tablename__ = "live_question"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["live_room.session_id"], name="live_question_in_room"),
        Index("live_question_by_room", "session_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    viewer: UUID
    words: str = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=WHEN)
