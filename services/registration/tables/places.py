"""Places in sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.registration.domain.places import RegistrationState
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Registration(Table, table=True):
    """One resident's part in one session. The `…_at` columns are its history: each happens at most once."""

    __tablename__ = "registration"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="registration_for_session"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="registration_of_resident"),
        UniqueConstraint("session_id", "queue", name="registration_own_number"),
        CheckConstraint("state IN ('confirmed', 'waitlisted', 'cancelled', 'extra')", name="registration_state"),
        CheckConstraint("(queue IS NULL) = (waitlisted_at IS NULL)", name="registration_waits_with_number"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="registration_cancelled"),
        CheckConstraint("state IN ('confirmed', 'extra') OR checked_in_at IS NULL", name="registration_checked_in"),
        CheckConstraint(
            "left_at IS NULL OR (checked_in_at IS NOT NULL AND left_at >= checked_in_at)", name="registration_left_after_coming"
        ),
        Index("registration_once", "session_id", "resident_id", unique=True, postgresql_where=text("state <> 'cancelled'")),
        Index("registration_of_a_resident", "resident_id"),
        Index("registration_waiting", "session_id", "queue", postgresql_where=text("state = 'waitlisted'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    resident_id: UUID
    state: RegistrationState = Field(sa_type=Text)
    queue: int | None = None
    walk_in: bool = False
    registered_at: datetime = Field(sa_type=WHEN)
    confirmed_at: datetime | None = Field(default=None, sa_type=WHEN)
    waitlisted_at: datetime | None = Field(default=None, sa_type=WHEN)
    cancelled_at: datetime | None = Field(default=None, sa_type=WHEN)
    checked_in_at: datetime | None = Field(default=None, sa_type=WHEN)
    left_at: datetime | None = Field(default=None, sa_type=WHEN)
