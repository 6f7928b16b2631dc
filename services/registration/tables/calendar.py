"""Programmes, how they come round, and their sessions."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.registration.domain.calendar import CancelReason, HolidayPolicy, Kind, SessionState, WaitlistPolicy
from services.registration.tables.base import WHEN, WORDS, Table
from shared.event import new_id


class Programme(Table, table=True):
    """What sessions are occurrences of. `topics` are {code, title, version} in order; `rhythm` says in words when it usually is.

    `holidays`: dates on a day off are left out (`skip`), held all the same (`anyway`), or held on its make-up day (`make_up`).
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
        CheckConstraint("holidays IN ('skip', 'anyway', 'make_up')", name="programme_holidays"),
        CheckConstraint("opens_days >= 0 AND closes_hours >= 0 AND cancel_hours >= 0", name="programme_times"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: Kind = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    organiser: str = Field(sa_type=Text)
    street: str = Field(sa_type=Text)
    place: str = Field(sa_type=Text)
    rhythm: str = Field(sa_type=Text)
    topics: list[dict[str, Any]] = Field(sa_type=JSONB)
    opened_at: datetime = Field(sa_type=WHEN)
    audience: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    opens_days: int | None = None
    closes_hours: int = 0
    cancel_hours: int = 0
    waitlist_policy: WaitlistPolicy = Field(default="strict", sa_type=Text)
    party_max: int = 1
    capacity: int = 20
    online_capacity: int = 0
    room: str = Field(default="", sa_type=Text)
    holidays: HolidayPolicy = Field(default="skip", sa_type=Text)


class Session(Table, table=True):
    """A dated occurrence. `taken` counts places given, `queued` waiting numbers ever drawn; its row lock orders all who ask.

    `capacity` and `taken` are the room's, `online_capacity` and `online_taken` those of people who follow from home.
    `slot` is the day its recurrence meant it for, wherever it was moved since; `own` names what was changed on this date alone:
    changes of the series leave that. `revision` rises with every change; `reason` are the staff's words beside the code.
    """

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="session_of_programme"),
        ForeignKeyConstraint(["recurrence_id"], ["recurrence.id"], name="session_of_recurrence"),
        CheckConstraint("(recurrence_id IS NULL) = (slot IS NULL)", name="session_slot"),
        CheckConstraint("(state = 'cancelled') = (reason_code <> '')", name="session_cancelled_for_a_reason"),
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
        Index("session_once_in_its_slot", "recurrence_id", "slot", unique=True, postgresql_where=text("state <> 'cancelled'")),
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
    room: str = Field(default="", sa_type=Text)
    reason_code: CancelReason | Literal[""] = Field(default="", sa_type=Text)
    topic_version: int = 0
    topic_chosen: bool = False
    recurrence_id: UUID | None = None
    slot: date | None = None
    own: list[str] = Field(default_factory=list, sa_type=WORDS)
    revision: int = 0

    @property
    def free(self) -> int:
        """Places left."""
        return self.capacity - self.taken

    @property
    def where(self) -> str:
        """The address with the room."""
        return f"{self.place}{self.room}"

    @property
    def asked_for(self) -> bool:
        """Whether anybody ever signed up: then what it is about stays as it was told."""
        return self.taken > 0 or self.queued > 0 or self.online_taken > 0


class Recurrence(Table, table=True):
    """When sessions come round: an RRULE (RFC 5545) counted from `anchored_on`, in force from `from_on` to `last_on`.

    Times are Shanghai wall time. An empty title is the programme's.
    """

    __tablename__ = "recurrence"
    __table_args__ = (
        ForeignKeyConstraint(["programme_id"], ["programme.id"], name="recurrence_of_programme"),
        CheckConstraint("capacity > 0 AND online_capacity >= 0", name="recurrence_has_places"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="recurrence_length"),
        CheckConstraint("weeks_ahead BETWEEN 1 AND 53", name="recurrence_ahead"),
        CheckConstraint("anchored_on <= from_on", name="recurrence_days"),
        Index("recurrence_by_programme", "programme_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    programme_id: UUID
    rule: str = Field(sa_type=Text)
    anchored_on: date
    from_on: date
    last_on: date | None = None
    begins: time
    minutes: int
    title: str = Field(default="", sa_type=Text)
    place: str = Field(sa_type=Text)
    room: str = Field(default="", sa_type=Text)
    capacity: int
    online_capacity: int = 0
    weeks_ahead: int = 8


class SkippedDate(Table, table=True):
    """A date of a recurrence on which there is no session, because staff said so."""

    __tablename__ = "skipped_date"
    __table_args__ = (ForeignKeyConstraint(["recurrence_id"], ["recurrence.id"], name="skipped_date_of_recurrence"),)

    recurrence_id: UUID = Field(primary_key=True)
    on: date = Field(primary_key=True)


class TopicVersion(Table, table=True):
    """What a topic was called and about, version by version; rows are only added."""

    __tablename__ = "topic_version"
    __table_args__ = (ForeignKeyConstraint(["programme_id"], ["programme.id"], name="topic_version_of_programme"),)

    programme_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text, primary_key=True)
    version: int = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    outline: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=WHEN)
