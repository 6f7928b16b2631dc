"""Registration's tables. Every rule that must never be broken is a constraint here too."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.registration.domain import Channel, Kind, Purpose, RegistrationState, Role, SessionState
from shared.event import new_id

WHEN: Any = DateTime(timezone=True)
WORDS: Any = ARRAY(Text)


class Table(SQLModel, registry=registry()):
    """What registration's tables have in common: metadata of their own."""


class Resident(Table, table=True):
    """Somebody who can take part. Name and phone are encrypted; `phone_mark` is the phone's keyed hash, for finding it again."""

    __tablename__ = "resident"
    __table_args__ = (
        UniqueConstraint("phone_mark", name="resident_has_own_phone"),
        CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="resident_birth_year"),
        CheckConstraint("(phone = '') = (phone_mark IS NULL)", name="resident_phone_and_mark"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    phone_mark: str | None = Field(default=None, sa_type=Text)
    street: str = Field(sa_type=Text)
    birth_year: int | None = None
    registered_at: datetime = Field(sa_type=WHEN)


class Consent(Table, table=True):
    """A consent given, and perhaps withdrawn later. Rows are only added; giving it again is another row."""

    __tablename__ = "consent"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="consent_of_resident"),
        CheckConstraint("purpose IN ('texts', 'health_readings')", name="consent_purpose"),
        CheckConstraint("withdrawn_at >= given_at", name="consent_withdrawn_after_given"),
        Index("consent_in_force", "resident_id", "purpose", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resident_id: UUID
    purpose: Purpose = Field(sa_type=Text)
    text_version: str = Field(sa_type=Text)
    channel: Channel = Field(sa_type=Text)
    given_at: datetime = Field(sa_type=WHEN)
    withdrawn_at: datetime | None = Field(default=None, sa_type=WHEN)
    withdrawn_channel: Channel | None = Field(default=None, sa_type=Text)


class Programme(Table, table=True):
    """What sessions are occurrences of. `topics` are {code, title} in order; `rhythm` says in words when it usually is."""

    __tablename__ = "programme"
    __table_args__ = (CheckConstraint("kind IN ('series', 'course', 'livestream')", name="programme_kind"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: Kind = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    organiser: str = Field(sa_type=Text)
    street: str = Field(sa_type=Text)
    place: str = Field(sa_type=Text)
    rhythm: str = Field(sa_type=Text)
    topics: list[dict[str, str]] = Field(sa_type=JSONB)
    opened_at: datetime = Field(sa_type=WHEN)


class Session(Table, table=True):
    """A dated occurrence. `taken` counts places given, `queued` waiting numbers ever drawn; its row lock orders all who ask."""

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="session_of_programme"),
        CheckConstraint("0 <= taken AND taken <= capacity", name="session_never_oversold"),
        CheckConstraint("capacity > 0", name="session_has_places"),
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

    @property
    def free(self) -> int:
        """Places left."""
        return self.capacity - self.taken


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


class LoginCode(Table, table=True):
    """A code asked for, also for numbers nobody has (`resident_id` empty): what the limits are counted from."""

    __tablename__ = "login_code"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="login_code_of_resident"),
        Index("login_code_by_phone", "phone_mark", "requested_at"),
        Index("login_code_by_address", "address_mark", "requested_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    phone_mark: str = Field(sa_type=Text)
    address_mark: str = Field(sa_type=Text)
    resident_id: UUID | None = None
    code_mark: str = Field(sa_type=Text)
    requested_at: datetime = Field(sa_type=WHEN)
    expires_at: datetime = Field(sa_type=WHEN)
    tries: int = 0
    used_at: datetime | None = Field(default=None, sa_type=WHEN)


class Staff(Table, table=True):
    """Somebody who works here. `password` is an Argon2id hash; `failures` in a row lead to a pause."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("name", name="staff_own_name"),
        CheckConstraint("roles <@ ARRAY['clerk', 'nurse', 'editor', 'operator'] AND cardinality(roles) > 0", name="staff_roles"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    password: str = Field(sa_type=Text)
    roles: list[Role] = Field(sa_type=WORDS)
    failures: int = 0
    paused_until: datetime | None = Field(default=None, sa_type=WHEN)


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
