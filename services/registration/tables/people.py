"""Residents, what they agreed to, who may act for them, and who looked at their record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.registration.domain.people import Channel, Ground, Purpose, Relation
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


class Authority(Table, table=True):
    """An elder lets a carer act for them: on what `ground`, who wrote it down, and until when. Rows are only added and ended."""

    __tablename__ = "authority"
    __table_args__ = (
        ForeignKeyConstraint(["elder_id"], ["resident.id"], name="authority_of_elder"),
        ForeignKeyConstraint(["carer_id"], ["resident.id"], name="authority_for_carer"),
        CheckConstraint("elder_id <> carer_id", name="authority_for_somebody_else"),
        CheckConstraint("relation IN ('child', 'neighbour', 'other')", name="authority_relation"),
        CheckConstraint("ground IN ('own_word', 'written', 'guardian')", name="authority_ground"),
        CheckConstraint("given_by_kind IN ('staff', 'resident')", name="authority_given_by"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="authority_ended_by_somebody"),
        CheckConstraint("ended_at >= given_at", name="authority_ended_after_given"),
        Index("authority_in_force", "elder_id", "carer_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("authority_by_carer", "carer_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    elder_id: UUID
    carer_id: UUID
    relation: Relation = Field(sa_type=Text)
    ground: Ground = Field(sa_type=Text)
    given_by: UUID
    given_by_kind: Literal["staff", "resident"] = Field(sa_type=Text)
    given_at: datetime = Field(sa_type=WHEN)
    ended_by: UUID | None = None
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)


class AccessNote(Table, table=True):
    """One look at a resident's record, or one change of it, by somebody else. `why` is encrypted. Rows are only added."""

    __tablename__ = "access_note"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="access_note_of_resident"),
        CheckConstraint("who_kind IN ('staff', 'resident')", name="access_note_who"),
        Index("access_note_by_resident", "resident_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resident_id: UUID
    who_id: UUID
    who_kind: Literal["staff", "resident"] = Field(sa_type=Text)
    role: str = Field(default="", sa_type=Text)
    action: str = Field(sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=WHEN)
