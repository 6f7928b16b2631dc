"""Dates, times and numbers as people read them, in Chinese and English. Times are aware and shown in Shanghai's."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from shared import clock
from shared.web.words import Language

_CHINESE_DAYS = "一二三四五六日"
_ENGLISH_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
FARTHEST = 0.1
"""How far, as a share of the shown number, an exact one may be from it and still be called near."""


def local(moment: datetime) -> datetime:
    """The moment on Shanghai's clocks; refuses a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")
    return moment.astimezone(clock.SHANGHAI)


def day(moment: datetime | date, language: Language, *, relative: bool = True) -> str:
    """今天, 明天 or 6月3日（周三）, with the year when it is not this one. Not `relative`: always the date."""
    on = local(moment).date() if isinstance(moment, datetime) else moment
    today = clock.today().date()
    chinese = language == "zh"
    if relative and on == today:
        return "今天" if chinese else "today"
    if relative and on == today + timedelta(days=1):
        return "明天" if chinese else "tomorrow"
    if chinese:
        year = "" if on.year == today.year else f"{on.year}年"
        return f"{year}{on.month}月{on.day}日（周{_CHINESE_DAYS[on.weekday()]}）"
    year = "" if on.year == today.year else f" {on.year}"
    return f"{_ENGLISH_DAYS[on.weekday()]} {on.day} {_ENGLISH_MONTHS[on.month - 1]}{year}"


def weekday(moment: datetime | date, language: Language) -> str:
    """周三, Wed."""
    on = local(moment).date() if isinstance(moment, datetime) else moment
    return f"周{_CHINESE_DAYS[on.weekday()]}" if language == "zh" else _ENGLISH_DAYS[on.weekday()]


def time_of_day(moment: datetime) -> str:
    """12:00, of 24 hours."""
    return f"{local(moment):%H:%M}"


def day_and_time(moment: datetime, language: Language, *, relative: bool = True) -> str:
    """6月3日（周三）12:00, 今天12:00; Wed 3 June, 12:00."""
    between = "" if language == "zh" else ", "
    return f"{day(moment, language, relative=relative)}{between}{time_of_day(moment)}"


def hours(starts: datetime, language: Language, ends: datetime | None = None) -> str:
    """12:00–12:30; the end with its own date when it is another day; 12:00 alone when there is no end."""
    if ends is None:
        return time_of_day(starts)
    end = time_of_day(ends) if local(starts).date() == local(ends).date() else day_and_time(ends, language)
    return f"{time_of_day(starts)}–{end}"


def span(starts: datetime, language: Language, ends: datetime) -> str:
    """6月3日（周三）12:00–12:30."""
    between = "" if language == "zh" else ", "
    return f"{day(starts, language)}{between}{hours(starts, language, ends)}"


def number(value: int | float) -> str:
    """Grouped by thousands from 10,000: 9500, 13,000."""
    return f"{value:,}" if abs(value) >= 10_000 else f"{value}"


def about(value: int, language: Language, shown: int | None = None) -> str:
    """A round number said of an exact one: 近50万 only where the exact one is less, 逾50万 only where it is more, else 50万.

    Without `shown` the exact number is rounded to two figures. A number more than a tenth away is refused: it would mislead.
    """
    round_number = _two_figures(value) if shown is None else shown
    if abs(value - round_number) > FARTHEST * abs(round_number):
        raise ValueError(f"{value} is not about {round_number}")
    chinese = language == "zh"
    text = _in_wan(round_number) if chinese else number(round_number)
    if value < round_number:
        return f"近{text}" if chinese else f"nearly {text}"
    if value > round_number:
        return f"逾{text}" if chinese else f"more than {text}"
    return text


def _two_figures(value: int) -> int:
    return round(value, 2 - len(str(abs(value)))) if abs(value) >= 100 else value


def _in_wan(value: int) -> str:
    for unit, word in ((100_000_000, "亿"), (10_000, "万")):
        if abs(value) >= unit and value % (unit // 10) == 0:
            return f"{value / unit:g}{word}"
    return number(value)
