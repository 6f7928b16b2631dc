"""Texts, from their plan to their arrival: messages, attempts and receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, ForeignKeyConstraint, Index, SmallInteger, Text, UniqueConstraint, text
from sqlmodel import Field

from services.notify.domain.outcomes import Outcome, State
from services.notify.tables.base import WHEN, Table
from shared.contracts import notify as told
from shared.contracts.notify import Category, Purpose
from shared.event import new_id

Lane = Literal["codes", "texts", "bulk"]

LANE = "CASE WHEN category = 'code' THEN 'codes' WHEN batch_id IS NULL THEN 'texts' ELSE 'bulk' END"
IN_TURN = text("coalesce(batch_id, '00000000-0000-0000-0000-000000000000')")


class Message(Table, table=True):
    """One text that is due, from its plan to its arrival. The `…_at` columns are its history: each happens once and stays.

    `template_version`: the version of its wording that was handed over last; 0 before that.
    `mark`: what answers to it begin with, where several questions wait for answers from one number.
    The lower `priority` goes first; texts of one bulk message share a `batch_id`, and such messages take turns. A planned text is
    its own job: whoever plans one wakes the relay.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="message_once"),
        CheckConstraint(f"state IN {get_args(State)}", name="message_state"),
        CheckConstraint(f"category IN {get_args(Category)}", name="message_category"),
        CheckConstraint("state NOT IN ('accepted', 'delivered') OR accepted_at IS NOT NULL", name="message_accepted"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="message_lease"),
        CheckConstraint("(skipped_at IS NULL) = (skip_reason = '')", name="message_skipped_for_a_reason"),
        Index(
            "message_to_wipe",
            "category",
            "not_after",
            postgresql_where=text("facts <> '' OR phone <> '' OR phone_fingerprint <> ''"),
        ),
        Index("message_by_resident", "resident_id"),
        Index("message_by_registration", "registration_id"),
        Index("message_by_phone", "phone_fingerprint", "accepted_at"),
        Index("message_by_state", "state", "id"),
        Index("message_skipped", "skipped_at", postgresql_where=text("skipped_at IS NOT NULL")),
        Index("message_in_line", "lane", "priority", IN_TURN, "due_at", postgresql_where=text("state = 'planned'")),
        Index("message_next_due", "lane", "due_at", postgresql_where=text("state = 'planned'")),
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
    template_version: int = 0
    mark: str = Field(default="", sa_type=Text)
    priority: int = Field(default=2, sa_type=SmallInteger)
    batch_id: UUID | None = None
    lane: Lane | None = Field(default=None, sa_column=Column(Text, Computed(LANE, persisted=True), nullable=True))
    lease_until: datetime | None = Field(default=None, sa_type=WHEN)
    accepted_at: datetime | None = Field(default=None, sa_type=WHEN)
    delivered_at: datetime | None = Field(default=None, sa_type=WHEN)
    failed_at: datetime | None = Field(default=None, sa_type=WHEN)
    skipped_at: datetime | None = Field(default=None, sa_type=WHEN)

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


class Attempt(Table, table=True):
    """One call of the carrier, written down before it is made; `id` is our number for it. At most one per message counts.

    `ask_at` is when the carrier is to be asked about it: an attempt in doubt is its own job.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["message.id"], name="attempt_of_message"),
        UniqueConstraint("message_id", "number", name="attempt_number"),
        CheckConstraint(f"outcome IN {get_args(Outcome)}", name="attempt_outcome"),
        CheckConstraint("(outcome = 'open') = (ended_at IS NULL)", name="attempt_ended"),
        Index(
            "attempt_that_counts", "message_id", unique=True, postgresql_where=text("outcome IN ('open', 'accepted', 'unknown')")
        ),
        Index("attempt_to_wipe", "ended_at", postgresql_where=text("phone_fingerprint <> ''")),
        Index("attempt_by_start", "started_at", postgresql_using="brin"),
        Index("attempt_to_ask_about", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
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
    ask_at: datetime | None = Field(default=None, sa_type=WHEN)


class Receipt(Table, table=True):
    """What the carrier reported of a text, once per content. One that names no attempt of ours is kept, and changes nothing."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="receipt_once"),
        Index("receipt_by_attempt", "attempt_id"),
        Index("receipt_by_time", "received_at"),
        Index("receipt_to_apply", "id", postgresql_where=text("applied_at IS NULL")),
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
