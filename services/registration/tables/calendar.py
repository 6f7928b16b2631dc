"""Programmes and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.registration.domain.calendar import Kind, SessionState, WaitlistPolicy
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Programme(Table, table=True):
    """What sessions are occurrences of. `topics` are {code, title} in order; `rhythm` says in words when it usually is.

    The rules are copied to each session when it is scheduled, so that changing them changes only what is scheduled later.
    `audience` is a `domain.calendar.Audience` as JSON. Sign-up opens `opens_days` before (None: at once) and ends `closes_hours`
    before the start; places are given back until `cancel_hours` before it.
    """

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint("kind IN ('series', 'course', 'livestream')", name="programme_kind"),
        CheckConstraint("waitlist_policy IN ('strict', 'best_fit')", name="programme_waitlist_policy"),
        CheckConstraint("party_max BETWEEN 1 AND 20", name="programme_party"),
        CheckConstraint("capacity > 0 AND online_capacity >= 0", name="programme_has_places"),
        CheckConstraint("opens_days >= 0 AND closes_hours >= 0 AND cancel_hours >= 0", name="programme_times"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: Kind = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    organiser: str = Field(sa_type=Text)
    street: str = Field(sa_type=Text)
    place: str = Field(sa_type=Text)
    rhythm: str = Field(sa_type=Text)
    topics: list[dict[str, str]] = Field(sa_type=JSONB)
    opened_at: datetime = Field(sa_type=WHEN)
    audience: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    opens_days: int | None = None
    closes_hours: int = 0
    cancel_hours: int = 0
    waitlist_policy: WaitlistPolicy = Field(default="strict", sa_type=Text)
    party_max: int = 1
    capacity: int = 20
    online_capacity: int = 0


class Session(Table, table=True):
    """A dated occurrence. `taken` counts places given, `queued` waiting numbers ever drawn; its row lock orders all who ask.

    `capacity` and `taken` are the room's, `online_capacity` and `online_taken` those of people who follow from home.
    """

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="session_of_programme"),
        CheckConstraint("0 <= taken AND taken <= capacity", name="session_never_oversold"),
        CheckConstraint("capacity > 0", name="session_has_places"),
        CheckConstraint("0 <= online_taken AND online_taken <= online_capacity", name="session_never_oversold_online"),
        CheckConstraint("waitlist_policy IN ('strict', 'best_fit')", name="session_waitlist_policy"),
        CheckConstraint("party_max BETWEEN 1 AND 20", name="session_party"),
        CheckConstraint("cancel_until <= starts_at", name="session_cancel_until"),
        CheckConstraint("starts_at < ends_at AND opens_at < closes_at AND closes_at <= ends_at", name="session_times"),
        CheckConstraint("state IN ('planned', 'held', 'cancelled')", name="session_state"),
        Index("session_once_at_a_time", "programme_id", "starts_at", unique=True, postgresql_where=text("state <> 'cancelled'")),
        Index("session_by_start", "starts_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    programme_id: UUID
    kind: Kind = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    topic_title: str = Field(sa_type=Text)
    starts_at: datetime = Field(sa_type=WHEN)
    ends_at: datetime = Field(sa_type=WHEN)
    place: str = Field(sa_type=Text)
    capacity: int
    opens_at: datetime = Field(sa_type=WHEN)
    closes_at: datetime = Field(sa_type=WHEN)
    state: SessionState = Field(default="planned", sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    taken: int = 0
    queued: int = 0
    cancel_until: datetime = Field(sa_type=WHEN)
    waitlist_policy: WaitlistPolicy = Field(default="strict", sa_type=Text)
    party_max: int = 1
    online_capacity: int = 0
    online_taken: int = 0

    @property
    def free(self) -> int:
        """Places left."""
        return self.capacity - self.taken
