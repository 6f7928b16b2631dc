"""Residents, what they agreed to, who may act for them, and who looked at their record."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.registration.domain.people import Channel, Ground, Need, Purpose, Relation, Sex
from services.registration.tables.base import WHEN, WORDS, Table
from shared.event import new_id

_NUMBERS: Any = ARRAY(BigInteger)
_JOURNAL: Any = JSONB


class Household(Table, table=True):
    """People who live together; a resident belongs to one at most."""

    __tablename__ = "household"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    made_at: datetime = Field(sa_type=WHEN)


class Resident(Table, table=True):
    """Somebody who can take part. What is theirs alone is encrypted; the marks are keyed hashes, for finding a number again.

    `phone` is a mobile that takes texts and logs in; `landline` is for calls only, and may be shared. `pinyin` sorts lists.
    Who was merged into somebody else (`merged_into`) stays as they were, and is found as that other person.
    """

    __tablename__ = "resident"
    __table_args__ = (
        UniqueConstraint("phone_mark", name="resident_has_own_phone"),
        UniqueConstraint("id_mark", name="resident_has_own_id_number"),
        ForeignKeyConstraint(["household_id"], ["household.id"], name="resident_of_household"),
        ForeignKeyConstraint(["merged_into"], ["resident.id"], name="resident_merged_into"),
        CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="resident_birth_year"),
        CheckConstraint("sex IN ('female', 'male')", name="resident_sex"),
        CheckConstraint("needs <@ ARRAY['large_print', 'call_not_text', 'wheelchair']", name="resident_needs"),
        CheckConstraint("(phone = '') = (phone_mark IS NULL)", name="resident_phone_and_mark"),
        CheckConstraint("(id_number = '') = (id_mark IS NULL)", name="resident_id_number_and_mark"),
        CheckConstraint("merged_into <> id", name="resident_merged_into_another"),
        Index("resident_by_household", "household_id"),
        Index("resident_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    pinyin: str = Field(default="", sa_type=Text)
    phone: str = Field(sa_type=Text)
    phone_mark: str | None = Field(default=None, sa_type=Text)
    landline: str = Field(default="", sa_type=Text)
    id_number: str = Field(default="", sa_type=Text)
    id_mark: str | None = Field(default=None, sa_type=Text)
    street: str = Field(sa_type=Text)
    neighbourhood: str = Field(default="", sa_type=Text)
    birth_year: int | None = None
    sex: Sex | None = Field(default=None, sa_type=Text)
    needs: list[Need] = Field(default_factory=list, sa_type=WORDS)
    household_id: UUID | None = None
    merged_into: UUID | None = None
    registered_at: datetime = Field(sa_type=WHEN)


class ResidentMarks(Table, table=True):
    """What a resident can be found by, without anybody reading names in the database.

    Names are encrypted, so the database cannot compare them. Each word under which somebody is found (the beginnings of the name,
    of its pinyin and initials, the phone's last four digits) is kept as the first eight bytes of its keyed hash; a search hashes
    its own word and asks who has that mark. Without the key the marks say nothing but how many people share one, so that the
    commonest surnames could be guessed by their number: the price of searching in an instant, and the reason why marks lie apart
    from residents.
    """

    __tablename__ = "resident_marks"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="resident_marks_of_resident"),
        Index("resident_marks_found", "marks", postgresql_using="gin"),
    )

    resident_id: UUID = Field(primary_key=True)
    rules: int
    marks: list[int] = Field(sa_type=_NUMBERS)


class Consent(Table, table=True):
    """A consent given, and perhaps withdrawn later. Rows are only added; giving it again is another row.

    `wording` is the hash of the text that was agreed to; `given_by` and `withdrawn_by` are who wrote it down: the resident or
    staff.
    """

    __tablename__ = "consent"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="consent_of_resident"),
        CheckConstraint(
            "purpose IN ('texts', 'health_readings', 'doctor_sharing', 'photo_name', 'job_file')", name="consent_purpose"
        ),
        CheckConstraint("withdrawn_at >= given_at", name="consent_withdrawn_after_given"),
        Index("consent_in_force", "resident_id", "purpose", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    resident_id: UUID
    purpose: Purpose = Field(sa_type=Text)
    text_version: str = Field(sa_type=Text)
    wording: str = Field(default="", sa_type=Text)
    channel: Channel = Field(sa_type=Text)
    given_at: datetime = Field(sa_type=WHEN)
    given_by: UUID | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=WHEN)
    withdrawn_channel: Channel | None = Field(default=None, sa_type=Text)
    withdrawn_by: UUID | None = None


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


class Merge(Table, table=True):
    """Two records of one person made one. `journal` holds, value by value, what was changed, so that it can be put back."""

    __tablename__ = "merge"
    __table_args__ = (
        ForeignKeyConstraint(["kept_id"], ["resident.id"], name="merge_keeps_resident"),
        ForeignKeyConstraint(["merged_id"], ["resident.id"], name="merge_of_resident"),
        CheckConstraint("kept_id <> merged_id", name="merge_of_two"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="merge_undone_by_somebody"),
        Index("merge_in_force", "merged_id", unique=True, postgresql_where=text("undone_at IS NULL")),
        Index("merge_by_kept", "kept_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kept_id: UUID
    merged_id: UUID
    merged_by: UUID
    merged_at: datetime = Field(sa_type=WHEN)
    journal: list[dict[str, Any]] = Field(sa_type=_JOURNAL)
    undone_by: UUID | None = None
    undone_at: datetime | None = Field(default=None, sa_type=WHEN)
