"""Our copies of what texts are about: sessions and places."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from services.notify.tables.base import WHEN, Table


class Session(Table, table=True):
    """Our copy of a session: what texts say of it, and whose it is: the programme's, in the street."""

    __tablename__ = "session"
    __table_args__ = (CheckConstraint("state IN ('scheduled', 'cancelled')", name="session_state"),)

    id: UUID = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    topic_title: str = Field(sa_type=Text)
    starts_at: datetime = Field(sa_type=WHEN)
    place: str = Field(sa_type=Text)
    state: str = Field(default="scheduled", sa_type=Text)
    programme_id: UUID | None = None
    street: str = Field(default="", sa_type=Text)


class Registration(Table, table=True):
    """Our copy of a registration: whom to remind, and what an answer can be about."""

    __tablename__ = "registration"
    __table_args__ = (
        CheckConstraint(
            "state IN ('confirmed', 'waitlisted', 'offered', 'declined', 'expired', 'cancelled', 'missed')",
            name="registration_state",
        ),
        ForeignKeyConstraint(["session_id"], ["session.id"], name="registration_of_session"),
        Index("registration_by_session", "session_id"),
        Index("registration_by_resident", "resident_id"),
    )

    id: UUID = Field(primary_key=True)
    session_id: UUID
    resident_id: UUID
    state: str = Field(sa_type=Text)
