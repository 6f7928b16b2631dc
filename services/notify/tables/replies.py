"""What people text back, and what staff often answer."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.notify.domain.replies import Confidence, Meaning, ReplyOutcome
from services.notify.tables.base import WHEN, Table
from shared.event import new_id


class Reply(Table, table=True):
    """What somebody texted back: the words, what they meant, and which registration they are about when that is certain.

    `words_mark` tells the same words from the same number again, without telling the words. `taken_by` is who sees to it, until
    somebody has dealt with it (`handled_by`).
    """

    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("dedupe_key", name="reply_once"),
        CheckConstraint(f"meaning IN {get_args(Meaning)}", name="reply_meaning"),
        CheckConstraint(f"confidence IN {get_args(Confidence)}", name="reply_confidence"),
        CheckConstraint(f"outcome IN {get_args(ReplyOutcome)}", name="reply_outcome"),
        CheckConstraint("(taken_by IS NULL) = (taken_at IS NULL)", name="reply_taken"),
        Index("reply_open", "id", postgresql_where=text("needs_person AND handled_at IS NULL")),
        Index("reply_by_time", "received_at", postgresql_using="brin"),
        Index("reply_to_wipe", "received_at", postgresql_where=text("words <> '' OR phone <> ''")),
        Index("reply_by_prompt", "prompt_id", postgresql_where=text("prompt_id IS NOT NULL")),
        Index("reply_by_phone", "phone_fingerprint", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    dedupe_key: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    phone_fingerprint: str = Field(sa_type=Text)
    words: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=WHEN)
    words_mark: str = Field(default="", sa_type=Text)
    meaning: Meaning | None = Field(default=None, sa_type=Text)
    confidence: Confidence | None = Field(default=None, sa_type=Text)
    resident_id: UUID | None = None
    registration_id: UUID | None = None
    session_id: UUID | None = None
    prompt_id: UUID | None = None
    needs_person: bool = False
    handled_at: datetime | None = Field(default=None, sa_type=WHEN)
    handled_by: UUID | None = None
    outcome: ReplyOutcome | None = Field(default=None, sa_type=Text)
    taken_by: UUID | None = None
    taken_at: datetime | None = Field(default=None, sa_type=WHEN)


class CannedAnswer(Table, table=True):
    """A sentence that staff answer with often; one that is not used any more is ended, not deleted."""

    __tablename__ = "canned_answer"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    words: str = Field(sa_type=Text)
    made_by: UUID
    made_at: datetime = Field(sa_type=WHEN)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)
