"""What reports keeps: projections folded from the events of the other services, the console's feed, the issues of the bulletin.

Every table up to `Tally` can be emptied and folded again from the logs. Feed and issues are history and are never rewritten.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import BigInteger, Field, SQLModel

AWARE: Any = DateTime(timezone=True)
JSON: Any = JSONB
BIG: Any = BigInteger


class Table(SQLModel, registry=registry()):
    """The base of reports' tables."""


class Station(Table, table=True):
    """A smart health station."""

    __tablename__ = "station"

    station_id: UUID = Field(primary_key=True)
    code: str
    name: str
    street: str
    district: str
    opened_on: date


class VisitsByStationDay(Table, table=True):
    """Visits (人次), those with a known visitor, and item tests (项次) of one station on one day."""

    __tablename__ = "visits_by_station_day"
    __table_args__ = (CheckConstraint("visits >= identified AND identified >= 0", name="identified_visits_are_visits"),)

    station_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True, index=True)
    visits: int
    identified: int
    items: int


class Visitor(Table, table=True):
    """One known person at one station in one month, however often: what 人数 is counted from."""

    __tablename__ = "visitor"

    month: date = Field(primary_key=True)
    station_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)


class CriticalReading(Table, table=True):
    """A reading that reached its critical limit; never the value."""

    __tablename__ = "critical_reading"

    reading_id: UUID = Field(primary_key=True)
    visit_id: UUID
    station_id: UUID
    street: str
    item: str
    seen_at: datetime = Field(sa_type=AWARE, index=True)


class Referral(Table, table=True):
    """A follow-up that is due, or how it ended."""

    __tablename__ = "referral"

    referral_id: UUID = Field(primary_key=True)
    visit_id: UUID
    station_id: UUID
    street: str
    due_on: date
    opened_at: datetime = Field(sa_type=AWARE)
    outcome: str = ""
    closed_at: datetime | None = Field(default=None, sa_type=AWARE)


class Programme(Table, table=True):
    """A weekly series, a course or a livestream series."""

    __tablename__ = "programme"

    programme_id: UUID = Field(primary_key=True)
    kind: str
    title: str
    organiser: str
    street: str


class Occurrence(Table, table=True):
    """A session: what was planned, and what became of it (`held` with its own counts, or `cancelled`)."""

    __tablename__ = "occurrence"
    __table_args__ = (CheckConstraint("state IN ('scheduled', 'held', 'cancelled')", name="a_session_is_in_one_state"),)

    session_id: UUID = Field(primary_key=True)
    programme_id: UUID
    kind: str
    title: str
    topic: str
    topic_title: str
    starts_at: datetime = Field(sa_type=AWARE, index=True)
    ends_at: datetime = Field(sa_type=AWARE)
    place: str
    capacity: int
    street: str
    state: str = "scheduled"
    confirmed: int = 0
    attended: int = 0
    walk_ins: int = 0


class Livestream(Table, table=True):
    """What a livestream came to."""

    __tablename__ = "livestream"

    session_id: UUID = Field(primary_key=True)
    programme_id: UUID
    viewers: int
    peak: int
    questions: int
    reactions: int
    street: str


class Participation(Table, table=True):
    """One registration: where it stands, and what it has been through: given a place, waited, moved up, at the door."""

    __tablename__ = "participation"
    __table_args__ = (
        CheckConstraint(
            "state IN ('confirmed', 'waitlisted', 'offered', 'declined', 'expired', 'cancelled')",
            name="registration_is_in_one_state",
        ),
    )

    registration_id: UUID = Field(primary_key=True)
    session_id: UUID = Field(index=True)
    programme_id: UUID
    resident_id: UUID
    state: str
    given: bool = False
    waited: bool = False
    moved_up: bool = False
    checked_in: bool = False
    walk_in: bool = False


class MissedReason(Table, table=True):
    """How many of those who missed a programme's sessions of one month gave this reason."""

    __tablename__ = "missed_reason"

    programme_id: UUID = Field(primary_key=True)
    month: date = Field(primary_key=True)
    reason: str = Field(primary_key=True)
    n: int


class Message(Table, table=True):
    """One text: the facts told about it. Its fate is the strongest of them."""

    __tablename__ = "message"

    message_id: UUID = Field(primary_key=True)
    purpose: str
    day: date = Field(index=True)
    parts: int = 0
    sent: bool = False
    delivered: bool = False
    failed: bool = False
    unknown: bool = False
    skipped: str = ""


class Tally(Table, table=True):
    """A plain count of facts, by name and day."""

    __tablename__ = "tally"

    name: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    n: int


class FeedHead(Table, table=True):
    """The one counter of the feed, locked last before the commit: positions have no gaps and follow commit order."""

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("only_row", name="one_counter"),)

    only_row: bool = Field(default=True, primary_key=True)
    epoch: UUID
    pos: int = Field(sa_type=BIG)


class FeedSeen(Table, table=True):
    """Up to which number of a source everything had its turn in the feed before the projections were folded anew."""

    __tablename__ = "feed_seen"

    source: str = Field(primary_key=True)
    seq: int = Field(sa_type=BIG)


class Feed(Table, table=True):
    """A line of the console's feed: one event, or the last of several alike that came together (`count`)."""

    __tablename__ = "feed"
    __table_args__ = (Index("feed_by_type", "type", "pos"),)

    pos: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=AWARE)
    type: str
    source: str
    sequence: int = Field(sa_type=BIG)
    count: int
    scope: dict[str, str] = Field(sa_type=JSON)
    event: dict[str, Any] = Field(sa_type=JSON)


class Issue(Table, table=True):
    """An edition of the bulletin with all it says, frozen. `number` goes with the month; a correction is a new `edition`."""

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("month", "edition"), UniqueConstraint("number", "edition"))

    issue_id: UUID = Field(primary_key=True)
    number: int
    month: date
    edition: int
    published_at: datetime = Field(sa_type=AWARE)
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    pdf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


PROJECTIONS = (
    "station",
    "visits_by_station_day",
    "visitor",
    "critical_reading",
    "referral",
    "programme",
    "occurrence",
    "livestream",
    "participation",
    "missed_reason",
    "message",
    "tally",
)
"""The tables that a rebuild empties."""
