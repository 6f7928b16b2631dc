"""Notify's tables. Numbers, words and what texts are filled with are encrypted; what must never happen twice is a constraint."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.notify.domain.outcomes import Outcome, State
from services.notify.domain.replies import Meaning
from shared.contracts import notify as told
from shared.contracts.notify import Category, Purpose
from shared.event import new_id

WHEN: Any = DateTime(timezone=True)


class Table(SQLModel, registry=registry()):
    """What notify's tables have in common: metadata of their own."""


class Contact(Table, table=True):
    """How a resident is reached. `texts`: whether they agreed to texts when they registered; later choices are in `Choice`.

    `name` and `landline` are for whoever calls; `calls`: wants to be called, not texted. `merged_into`: who stands for them now.
    """

    __tablename__ = "contact"
    __table_args__ = (Index("contact_by_phone", "phone_fingerprint"),)

    resident_id: UUID = Field(primary_key=True)
    phone: str = Field(sa_type=Text)
    phone_fingerprint: str = Field(sa_type=Text)
    texts: bool
    name: str = Field(default="", sa_type=Text)
    landline: str = Field(default="", sa_type=Text)
    calls: bool = False
    merged_into: UUID | None = None


class Carer(Table, table=True):
    """Who acts for whom now: both are told of what is done."""

    __tablename__ = "carer"

    elder_id: UUID = Field(primary_key=True)
    carer_id: UUID = Field(primary_key=True)


class Choice(Table, table=True):
    """The ledger of who wants texts of a category, append-only: the newest row of a resident and category is in force."""

    __tablename__ = "choice"
    __table_args__ = (
        CheckConstraint("category IN ('service', 'critical', 'code')", name="choice_category"),
        CheckConstraint("channel IN ('web', 'staff', 'text')", name="choice_channel"),
        Index("choice_newest", "resident_id", "category", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    resident_id: UUID
    category: Category = Field(sa_type=Text)
    wanted: bool
    channel: str = Field(sa_type=Text)
    reply_id: UUID | None = None
    at: datetime = Field(sa_type=WHEN)


class Session(Table, table=True):
    """Our copy of a session: what texts say of it."""

    __tablename__ = "session"
    __table_args__ = (CheckConstraint("state IN ('scheduled', 'cancelled')", name="session_state"),)

    id: UUID = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    topic_title: str = Field(sa_type=Text)
    starts_at: datetime = Field(sa_type=WHEN)
    place: str = Field(sa_type=Text)
    state: str = Field(default="scheduled", sa_type=Text)


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


class Message(Table, table=True):
    """One text that is due, from its plan to its arrival. The `…_at` columns are its history: each happens once and stays."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="message_once"),
        CheckConstraint(f"state IN {get_args(State)}", name="message_state"),
        CheckConstraint("category IN ('service', 'critical', 'code')", name="message_category"),
        CheckConstraint("state NOT IN ('accepted', 'delivered') OR accepted_at IS NOT NULL", name="message_accepted"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="message_lease"),
        CheckConstraint("(skipped_at IS NULL) = (skip_reason = '')", name="message_skipped_for_a_reason"),
        Index("message_by_registration", "registration_id"),
        Index("message_by_phone", "phone_fingerprint", "accepted_at"),
        Index("message_by_state", "state", "id"),
        Index("message_being_sent", "lease_until", postgresql_where=text("state = 'sending'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    dedupe_key: str = Field(sa_type=Text)
    purpose: Purpose = Field(sa_type=Text)
    category: Category = Field(sa_type=Text)
    resident_id: UUID | None = None
    registration_id: UUID | None = None
    session_id: UUID | None = None
    cause: str = Field(default="", sa_type=Text)
    facts: str = Field(sa_type=Text)
    phone: str = Field(default="", sa_type=Text)
    phone_fingerprint: str = Field(default="", sa_type=Text)
    planned_at: datetime = Field(sa_type=WHEN)
    due_at: datetime = Field(sa_type=WHEN)
    not_after: datetime = Field(sa_type=WHEN)
    state: State = Field(default="planned", sa_type=Text)
    held_for: str = Field(default="", sa_type=Text)
    skip_reason: str = Field(default="", sa_type=Text)
    attempts: int = 0
    parts: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=WHEN)
    accepted_at: datetime | None = Field(default=None, sa_type=WHEN)
    delivered_at: datetime | None = Field(default=None, sa_type=WHEN)
    failed_at: datetime | None = Field(default=None, sa_type=WHEN)
    skipped_at: datetime | None = Field(default=None, sa_type=WHEN)

    @property
    def job_kind(self) -> str:
        """The kind of job that sends it: log-in codes have a lane of their own."""
        return "send_code" if self.category == "code" else "send"

    @property
    def next_attempt(self) -> str:
        """The key of the job that makes its next attempt: one job, one attempt."""
        return f"{self.id}/{self.attempts + 1}"

    def sent(self, carrier: str) -> told.MessageSent:
        """The fact that the carrier took it."""
        return told.MessageSent(
            message_id=self.id,
            resident_id=self.resident_id,
            purpose=self.purpose,
            category=self.category,
            carrier=carrier,
            parts=self.parts,
            session_id=self.session_id,
        )

    def delivered(self, carrier: str) -> told.MessageDelivered:
        """The fact that it is on the phone."""
        return told.MessageDelivered(message_id=self.id, purpose=self.purpose, carrier=carrier)

    def failed(self, carrier: str, code: str) -> told.MessageFailed:
        """The fact that it will not reach the phone."""
        return told.MessageFailed(message_id=self.id, purpose=self.purpose, carrier=carrier, code=code)

    def unknown(self, carrier: str) -> told.MessageUnknown:
        """The fact that nobody knows yet whether it went."""
        return told.MessageUnknown(message_id=self.id, purpose=self.purpose, carrier=carrier)


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


class Attempt(Table, table=True):
    """One call of the carrier, written down before it is made; `id` is our number for it. At most one per message counts."""

    __tablename__ = "attempt"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["message.id"], name="attempt_of_message"),
        UniqueConstraint("message_id", "number", name="attempt_number"),
        CheckConstraint("outcome IN ('open', 'accepted', 'refused', 'unknown', 'not_sent')", name="attempt_outcome"),
        CheckConstraint("(outcome = 'open') = (ended_at IS NULL)", name="attempt_ended"),
        Index(
            "attempt_that_counts", "message_id", unique=True, postgresql_where=text("outcome IN ('open', 'accepted', 'unknown')")
        ),
        Index("attempt_of_phone", "phone_fingerprint", "category", "started_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    message_id: UUID
    number: int
    carrier: str = Field(sa_type=Text)
    category: Category = Field(sa_type=Text)
    phone_fingerprint: str = Field(sa_type=Text)
    words: str = Field(sa_type=Text)
    started_at: datetime = Field(sa_type=WHEN)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)
    outcome: Outcome = Field(default="open", sa_type=Text)
    reference: str = Field(default="", sa_type=Text)
    code: str = Field(default="", sa_type=Text)
    asks: int = 0


class Receipt(Table, table=True):
    """What the carrier reported of a text, once per content. One that names no attempt of ours is kept, and changes nothing."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="receipt_once"),
        Index("receipt_by_attempt", "attempt_id"),
        ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="receipt_is_of_attempt"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    dedupe_key: str = Field(sa_type=Text)
    out_id: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    phone_fingerprint: str = Field(sa_type=Text)
    arrived: bool
    code: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=WHEN)
    applied_at: datetime | None = Field(default=None, sa_type=WHEN)
    attempt_id: UUID | None = None


class Reply(Table, table=True):
    """What somebody texted back: the words, what they meant, and which registration they are about when that is certain."""

    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="reply_once"),
        CheckConstraint("meaning IN ('accept', 'decline', 'stop', 'reason', 'other')", name="reply_meaning"),
        Index("reply_open", "id", postgresql_where=text("needs_person AND handled_at IS NULL")),
        Index("reply_by_phone", "phone_fingerprint", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    dedupe_key: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    phone_fingerprint: str = Field(sa_type=Text)
    words: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=WHEN)
    meaning: Meaning | None = Field(default=None, sa_type=Text)
    resident_id: UUID | None = None
    registration_id: UUID | None = None
    session_id: UUID | None = None
    prompt_id: UUID | None = None
    needs_person: bool = False
    handled_at: datetime | None = Field(default=None, sa_type=WHEN)
    handled_by: UUID | None = None
