"""Answering figures for a month: the exact value, the query that gave it, and how it may be printed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from services.reports import domain
from services.reports.domain import Month
from services.reports.features.definitions import BY_CODE, DEFINITIONS, Definition
from shared.clock import SHANGHAI
from shared.unit import Unit
from shared.web.numbers import about, number


class Figure(BaseModel):
    """One figure, answered and frozen: what was asked, of what window, when, and the exact answer."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    meaning: str
    unit: str
    starts: date
    ends: date
    query: str
    value: int
    computed_at: datetime
    hidden: bool

    @property
    def shown(self) -> str:
        """As it is printed: exact below ten thousand, then by the round number it is near, and never a small count of people."""
        if self.hidden:
            return f"不足{self.floor}"
        return about(self.value, "zh") if self.value >= 10_000 else number(self.value)

    @property
    def printed(self) -> str:
        """As it stands in running text, with its unit."""
        return _with_unit(self.shown, self.unit)

    @property
    def exact(self) -> str:
        """The exact answer with its unit, where it may be printed."""
        return _with_unit(self.shown if self.hidden else number(self.value), self.unit)

    @property
    def floor(self) -> int:
        """What the count is below, where it is hidden."""
        return domain.SMALLEST_SHOWN_OF_HEALTH if BY_CODE[self.code].privacy == "health" else domain.SMALLEST_SHOWN

    @property
    def window(self) -> str:
        """The days counted, both ends included."""
        return "至".join(f"{day.year}年{day.month}月{day.day}日" for day in (self.starts, self.last))

    @property
    def last(self) -> date:
        """The last day counted."""
        return self.ends - timedelta(days=1)


def compute(month: Month, unit: Unit, codes: Iterable[str] | None = None) -> list[Figure]:
    """Answer figures (all unless some are named) for `month`, or for as much of it as there has been."""
    first = _first_day(unit)
    wanted = [BY_CODE[code] for code in codes] if codes is not None else list(DEFINITIONS)
    return [_answer(definition, month, min(first, month.starts), end_of(month, unit), unit) for definition in wanted]


def end_of(month: Month, unit: Unit) -> date:
    """The day after the last day counted: the month's end, or tomorrow while it lasts."""
    tomorrow = unit.now.astimezone(SHANGHAI).date() + timedelta(days=1)
    return max(min(month.ends, tomorrow), month.starts)


def _answer(definition: Definition, month: Month, first: date, end: date, unit: Unit) -> Figure:
    start = month.starts if definition.window == "month" else first
    times = {"starts_at": _midnight(start), "ends_at": _midnight(end)}
    days = {
        "start": start,
        "end": end,
        "before": month.back(1).starts,
        "year": month.back(11).starts,
        "two_years": month.back(23).starts,
        "second_month": month.back(22).starts,
    }
    row = unit.cursor().execute(definition.sql, {**times, **days}).fetchone()
    value = int(row[0]) if row and row[0] is not None else 0
    private = definition.privacy != "things"
    return Figure(
        code=definition.code,
        name=definition.name,
        meaning=definition.meaning,
        unit=definition.unit,
        starts=start,
        ends=end,
        query=_filled(definition.sql, times, days),
        value=value,
        computed_at=unit.now,
        hidden=private and domain.too_small(value, health=definition.privacy == "health"),
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


_FIRST_DAY = "SELECT least((SELECT min(day) FROM visits_by_station_day), (SELECT min(opened_on) FROM station))"


def _first_day(unit: Unit) -> date:
    row = unit.cursor().execute(_FIRST_DAY).fetchone()
    return (row[0] if row else None) or unit.now.astimezone(SHANGHAI).date()


def _filled(sql: str, times: dict[str, datetime], days: dict[str, date]) -> str:
    """The query as anybody can run it, its dates filled in."""
    written = {name: f"'{at:%Y-%m-%d %H:%M+08}'" for name, at in times.items()} | {name: f"'{day}'" for name, day in days.items()}
    return sql % written


def _with_unit(shown: str, unit: str) -> str:
    """Joined by a space that does not break the line; none after a character."""
    return f"{shown}{unit}" if unit == "%" or shown.endswith(("万", "亿")) else f"{shown}\N{NO-BREAK SPACE}{unit}"
