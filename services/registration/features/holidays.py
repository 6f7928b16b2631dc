"""The holiday calendar: filled from the published notices, corrected by staff."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import delete
from sqlmodel import col, select

from services.registration.domain.calendar import DayKind
from services.registration.domain.recurrence import Day
from services.registration.features import Command
from services.registration.tables import HolidayYear, SpecialDay
from shared.clock import SHANGHAI
from shared.errors import Invalid, NotFound
from shared.unit import Unit
from shared.web import phrase

REPLACED = re.compile(r"\d{4}-\d{2}-\d{2}")
"""How the library's names of swapped days off say which working day makes up for them."""


class SetDay(Command):
    """`on` is a day off, or a working day; `stands_for` is the day off that a working day makes up for."""

    on: date
    kind: DayKind
    name: Annotated[str, StringConstraints(min_length=1, max_length=30)]
    stands_for: date | None = None

    @model_validator(mode="after")
    def _stands_for_another(self) -> SetDay:
        if self.stands_for is not None and (self.kind == "off" or self.stands_for == self.on):
            raise PydanticCustomError("stands_for", phrase("只有补班的日子才写替哪一天。"))
        return self


class ClearDay(Command):
    """`on` is a day like any other."""

    on: date


class ConfirmYear(Command):
    """The notice for `year` is out, and its days here are right."""

    year: Annotated[int, Field(ge=2000, le=2200)]


def fill_holidays(unit: Unit) -> None:
    """Put this year and the next on the calendar. A year whose notice the library lacks is provisional and looked up again."""
    this_year = unit.now.astimezone(SHANGHAI).year
    for year in (this_year, this_year + 1):
        kept = unit.find(HolidayYear, year)
        if kept is None or not kept.known:
            _fill(year, kept, unit)


def _fill(year: int, kept: HolidayYear | None, unit: Unit) -> None:
    days = published(year)
    known = any(day.kind == "work" for day in days.values())
    if kept is not None and not known:
        return
    unit.session.exec(
        delete(SpecialDay).where(
            col(SpecialDay.on).between(date(year, 1, 1), date(year, 12, 31)), col(SpecialDay.source) == "notice"
        )
    )
    for on, day in days.items():
        if unit.find(SpecialDay, on) is None:
            unit.add(SpecialDay(on=on, kind=day.kind, name=day.name, stands_for=day.stands_for, source="notice"))
    unit.session.merge(HolidayYear(year=year, known=known))


def published(year: int) -> dict[date, Day]:
    """What the installed `holidays` library knows of a year: without working days at weekends, its notice is not in it yet."""
    from holidays import country_holidays

    found = country_holidays("CN", years=year, language="zh_CN")
    days = {on: Day(kind="off", name=_short(name)) for on, name in found.items() if on.year == year}
    for off, name in found.items():
        replaced = REPLACED.search(name)
        if replaced:
            on = date.fromisoformat(replaced.group())
            days[on] = Day(kind="work", name="调休上班", stands_for=off)
    for on in getattr(found, "weekend_workdays", ()):
        if on.year == year:
            days.setdefault(on, Day(kind="work", name="调休上班"))
    return {on: day for on, day in days.items() if on.year == year}


def _short(name: str) -> str:
    return name.split("（")[0].split(";")[0].strip()[:30]


def special_days(first: date, last: date, unit: Unit) -> dict[date, Day]:
    """The days of a span that are not like any other."""
    found = select(SpecialDay).where(col(SpecialDay.on).between(first, last)).order_by(col(SpecialDay.on))
    return {row.on: Day(kind=row.kind, name=row.name, stands_for=row.stands_for) for row in unit.session.exec(found)}


def known_years(unit: Unit) -> set[int]:
    """The years whose notice is out."""
    return set(unit.session.exec(select(HolidayYear.year).where(col(HolidayYear.known))).all())


def set_day(command: SetDay, unit: Unit) -> SpecialDay:
    """Write a day down; staff's word goes before the library's."""
    return unit.session.merge(
        SpecialDay(on=command.on, kind=command.kind, name=command.name, stands_for=command.stands_for, source="staff")
    )


def clear_day(command: ClearDay, unit: Unit) -> None:
    """Take a day off the calendar."""
    row = unit.find(SpecialDay, command.on)
    if row is None:
        raise NotFound(phrase("日历上没有标过这一天。"))
    unit.session.delete(row)
    unit.session.flush()


def confirm_year(command: ConfirmYear, unit: Unit) -> HolidayYear:
    """From now on the year's days are no longer provisional."""
    today = unit.now.astimezone(SHANGHAI).date()
    if not today.year - 1 <= command.year <= (today + timedelta(days=366)).year:
        raise Invalid(phrase("只能确认今年和明年的放假安排。"))
    return unit.session.merge(HolidayYear(year=command.year, known=True))
