"""The tables of stations.

Health values (`reading`) never leave this database but to a nurse who is shown them: no event, log line or message has them.
At rest the database protects them: stations has its own, with a role that nobody else can log in with, and a visit carries a
pseudonym that only `person` leads back to a resident. Who withdraws consent gets a new pseudonym: what was measured before stays
countable and is nobody's any more. Names and phone numbers are not known here at all.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Double, ForeignKeyConstraint, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.stations.domain import Grade, Meal, Outcome
from shared.event import new_id

WHEN: Any = DateTime(timezone=True)


class Table(SQLModel, registry=registry()):
    """What the tables of stations have in common: metadata of their own."""


class Station(Table, table=True):
    """A smart health station. `generated`: its kind of site, opening day and hours were made up for the story.

    Its appliance signs with a key derived from the service's own key and `key_number`; while appliances change over, the key of
    `old_key_number` is accepted too.
    """

    __tablename__ = "station"
    __table_args__ = (
        UniqueConstraint("code", name="station_code_is_its_own"),
        CheckConstraint("state IN ('open', 'suspended', 'closed')", name="station_state"),
        CheckConstraint("length(street) = 9", name="station_street_is_a_code"),
        CheckConstraint("key_number >= 1 AND old_key_number < key_number", name="station_keys_count_up"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    street: str = Field(sa_type=Text)
    district: str = Field(sa_type=Text)
    site_type: str = Field(sa_type=Text)
    opened_on: date
    hours: str = Field(sa_type=Text)
    key_number: int = 1
    old_key_number: int | None = None
    state: Literal["open", "suspended", "closed"] = Field(default="open", sa_type=Text)
    generated: bool = False


class Person(Table, table=True):
    """A resident's pseudonym, under which readings are kept while consent lasts."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("person_id", name="person_pseudonym_is_its_own"),)

    resident_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(default_factory=new_id)
    consent: bool
    changed_at: datetime = Field(sa_type=WHEN)


class SamePerson(Table, table=True):
    """Two records of registration that are one person's: `merged` is counted as `kept`."""

    __tablename__ = "same_person"
    __table_args__ = (
        CheckConstraint("merged <> kept", name="same_person_of_two"),
        Index("same_person_by_kept", "kept"),
    )

    merged: UUID = Field(primary_key=True)
    kept: UUID


class Visit(Table, table=True):
    """One visit (人次). `id` is the appliance's own; `day` is Shanghai's; `items` (项次) leaves out what was set aside."""

    __tablename__ = "visit"
    __table_args__ = (
        ForeignKeyConstraint(["station_id"], ["station.id"], name="visit_at_station"),
        CheckConstraint("items >= 0", name="visit_items"),
        Index("visit_of_day", "day", "station_id"),
    )

    id: UUID = Field(primary_key=True)
    station_id: UUID
    at: datetime = Field(sa_type=WHEN)
    day: date
    person_id: UUID | None = None
    items: int = Field(sa_type=SmallInteger)
    imported: bool = False


class Reading(Table, table=True):
    """One item measured; of a blood pressure, `second` is the diastolic. `doubt`: why it was set aside; it has no class then.

    No foreign key to the visit: one function writes both in one transaction, and checking every row again would slow intake.
    """

    __tablename__ = "reading"
    __table_args__ = (
        CheckConstraint("grade IN ('normal', 'attention', 'abnormal', 'critical')", name="reading_grade"),
        CheckConstraint("meal IN ('fasting', 'after_meal', 'random')", name="reading_meal"),
        CheckConstraint("(grade IS NULL) = (rule = '') AND (doubt = '' OR grade IS NULL)", name="reading_class_has_a_rule"),
        Index("reading_of_visit", "visit_id"),
        Index("reading_critical", "visit_id", postgresql_where=text("grade = 'critical'")),
    )

    id: UUID = Field(primary_key=True)
    visit_id: UUID
    item: str = Field(sa_type=Text)
    value: float = Field(sa_type=Double)
    second: float | None = Field(default=None, sa_type=Double)
    unit: str = Field(sa_type=Text)
    meal: Meal | None = Field(default=None, sa_type=Text)
    taken_at: datetime = Field(sa_type=WHEN)
    grade: Grade | None = Field(default=None, sa_type=Text)
    rule: str = Field(default="", sa_type=Text)
    doubt: str = Field(default="", sa_type=Text)


class Referral(Table, table=True):
    """A critical reading that somebody follows up by `due_on`; one per visit, for its first critical reading."""

    __tablename__ = "referral"
    __table_args__ = (
        ForeignKeyConstraint(["visit_id"], ["visit.id"], name="referral_of_visit"),
        ForeignKeyConstraint(["station_id"], ["station.id"], name="referral_from_station"),
        UniqueConstraint("visit_id", name="referral_one_per_visit"),
        CheckConstraint("state IN ('open', 'closed')", name="referral_state"),
        CheckConstraint("outcome IN ('seen', 'unreachable', 'declined')", name="referral_outcome"),
        CheckConstraint(
            "num_nonnulls(outcome, closed_at, closed_by) = CASE state WHEN 'closed' THEN 3 ELSE 0 END",
            name="referral_closed_with_outcome",
        ),
        Index("referral_open", "due_on", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    visit_id: UUID
    station_id: UUID
    reading_id: UUID
    resident_id: UUID | None = None
    item: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    opened_at: datetime = Field(sa_type=WHEN)
    due_on: date
    state: Literal["open", "closed"] = Field(default="open", sa_type=Text)
    outcome: Outcome | None = Field(default=None, sa_type=Text)
    closed_at: datetime | None = Field(default=None, sa_type=WHEN)
    closed_by: UUID | None = None
