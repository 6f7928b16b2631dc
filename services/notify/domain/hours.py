"""When a text may go out, in Shanghai: by day only, as the house sets its hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROOM = timedelta(minutes=5)
"""How long before closing a reminder that would fall in the night is sent: early enough to get out before closing."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a day in which texts go out: from `opens` to just before `closes`."""

    opens: time = time(8, 30)
    closes: time = time(20, 30)

    def within(self, opens: time, closes: time) -> Hours:
        """These hours, as far as they lie within others."""
        return Hours(max(self.opens, opens), min(self.closes, closes))


CIVIL = Hours()
"""The house's hours until it sets others."""
PROMOTION = (time(8, 0), time(22, 0))
"""When carriers take promotion: cloud.tencent.com/document/product/382/3771, error 1029."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of a session: it is due `before` the start and makes no sense any more `until` before it."""

    purpose: Literal["reminder_day", "reminder_hours"]
    before: timedelta
    until: timedelta


def reminders(day: timedelta = timedelta(hours=24), hours: timedelta = timedelta(hours=2)) -> tuple[Reminder, Reminder]:
    """The two reminders of a session, with their leads."""
    return (
        Reminder("reminder_day", before=day, until=timedelta(hours=3)),
        Reminder("reminder_hours", before=hours, until=timedelta(minutes=15)),
    )


REMINDERS = reminders()
TOGETHER = timedelta(hours=3)
"""Reminders of the day itself are one text when their sessions start this close to each other."""


def hours_of(category: str, hours: Hours = CIVIL) -> Hours:
    """The hours in which texts of this category go out."""
    return hours.within(*PROMOTION) if category == "promotion" else hours


def is_civil(at: datetime, hours: Hours = CIVIL) -> bool:
    """Whether a text may wake nobody at this moment."""
    return hours.opens <= at.astimezone(SHANGHAI).time() < hours.closes


def next_civil(at: datetime, hours: Hours = CIVIL) -> datetime:
    """This moment if it is civil, else the next morning's opening."""
    if is_civil(at, hours):
        return at
    local = at.astimezone(SHANGHAI)
    day = local.date() if local.time() < hours.opens else local.date() + timedelta(days=1)
    return datetime.combine(day, hours.opens, SHANGHAI)


def last_civil(at: datetime, hours: Hours = CIVIL) -> datetime:
    """This moment if it is civil, else shortly before the evening's closing that came before it."""
    if is_civil(at, hours):
        return at
    local = at.astimezone(SHANGHAI)
    day = local.date() if local.time() >= hours.closes else local.date() - timedelta(days=1)
    return datetime.combine(day, hours.closes, SHANGHAI) - ROOM


def due_reminder(reminder: Reminder, starts_at: datetime, now: datetime, hours: Hours = CIVIL) -> datetime | None:
    """When to remind of a session: never at night, then rather earlier. None when that is past, as after a late sign-up."""
    due = last_civil(starts_at - reminder.before, hours)
    return due if due > now else None


def earliest(now: datetime, *, exempt: bool, event_at: datetime, hours: Hours = CIVIL) -> datetime:
    """When a text that is no reminder may go: at once by day or when it is urgent, else in the morning.

    When what it tells of comes before the morning, a text at night is better than one too late.
    """
    opening = next_civil(now, hours)
    return now if exempt or event_at <= opening else opening
