"""What the figures of texts mean: days, shares, and the time within which a text should be with a carrier."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from services.notify.domain.hours import SHANGHAI

IN_TIME = timedelta(seconds=10)
AIM = 95.0
"""At least so many of a hundred texts are handed over within `IN_TIME` of being due (what GOV.UK Notify commits to)."""

OPEN_DAYS = 5
"""So many days, with the present one, can still change: carriers are asked for missing receipts for more than three."""

LONGEST_SPAN = timedelta(days=400)
"""The most days that are told in one answer."""


def bounds(day: date) -> tuple[datetime, datetime]:
    """The moments at which a day of Shanghai begins and ends."""
    return datetime.combine(day, time.min, SHANGHAI), datetime.combine(day + timedelta(days=1), time.min, SHANGHAI)


def share(part: int, whole: int) -> float | None:
    """How many of a hundred, to one decimal and never rounded up to all; None of nothing."""
    if not whole:
        return None
    return 100.0 if part == whole else min(round(100 * part / whole, 1), 99.9)


def month(of: date) -> tuple[date, date]:
    """The first and the last day of the month that a day is in."""
    first = of.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
