"""Residents, and what they agreed to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.registration.domain.people import Channel, Purpose
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


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
