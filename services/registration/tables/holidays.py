"""Public holidays and the working days that make up for them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from services.registration.domain.calendar import DayKind
from services.registration.tables.base import Table

Source = Literal["notice", "staff"]


class SpecialDay(Table, table=True):
    """A day off, or a working day at a weekend; `stands_for` is the day off that it makes up for."""

    __tablename__ = "special_day"
    __table_args__ = (
        CheckConstraint("kind IN ('off', 'work')", name="special_day_kind"),
        CheckConstraint("source IN ('notice', 'staff')", name="special_day_source"),
        CheckConstraint("kind = 'work' OR stands_for IS NULL", name="special_day_stands_for"),
    )

    on: date = Field(primary_key=True)
    kind: DayKind = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    stands_for: date | None = None
    source: Source = Field(sa_type=Text)


class HolidayYear(Table, table=True):
    """A year that is on the calendar; `known` once its State Council notice is out, before that its days are provisional."""

    __tablename__ = "holiday_year"

    year: int = Field(primary_key=True)
    known: bool
