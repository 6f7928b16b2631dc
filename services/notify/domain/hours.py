"""When a text may go out, in Shanghai: not before half past eight, not after half past eight in the evening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENS = time(8, 30)
CLOSES = time(20, 30)
ROOM = timedelta(minutes=5)
"""How long before closing a reminder that would fall in the night is sent: early enough to get out before closing."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of a session: it is due `before` the start and makes no sense any more `until` before it."""

    purpose: Literal["reminder_day", "reminder_hours"]
    before: timedelta
    until: timedelta


REMINDERS = (
    Reminder("reminder_day", before=timedelta(hours=24), until=timedelta(hours=3)),
    Reminder("reminder_hours", before=timedelta(hours=2), until=timedelta(minutes=15)),
)


def is_civil(at: datetime) -> bool:
    """Whether a text may wake nobody at this moment: from 08:30 to just before 20:30."""
    return OPENS <= at.astimezone(SHANGHAI).time() < CLOSES


def next_civil(at: datetime) -> datetime:
    """This moment if it is civil, else the next morning's opening."""
    if is_civil(at):
        return at
    local = at.astimezone(SHANGHAI)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, SHANGHAI)


def last_civil(at: datetime) -> datetime:
    """This moment if it is civil, else shortly before the evening's closing that came before it."""
    if is_civil(at):
        return at
    local = at.astimezone(SHANGHAI)
    day = local.date() if local.time() >= CLOSES else local.date() - timedelta(days=1)
    return datetime.combine(day, CLOSES, SHANGHAI) - ROOM


def due_reminder(reminder: Reminder, starts_at: datetime, now: datetime) -> datetime | None:
    """When to remind of a session: never at night, then rather earlier. None when that is past, as after a late sign-up."""
    due = last_civil(starts_at - reminder.before)
    return due if due > now else None


def earliest(now: datetime, *, exempt: bool, event_at: datetime) -> datetime:
    """When a text that is no reminder may go: at once by day or when it is urgent, else in the morning.

    When what it tells of comes before the morning, a text at night is better than one too late.
    """
    opening = next_civil(now)
    return now if exempt or event_at <= opening else opening
