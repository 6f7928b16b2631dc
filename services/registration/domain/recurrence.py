"""On which days a recurrence is held, holidays and make-up days considered; on plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.registration.domain.calendar import DayKind, HolidayPolicy

Why = Literal["", "holiday", "made_up", "twice", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day off, or a working day at a weekend that makes up for one."""

    kind: DayKind
    name: str = ""
    stands_for: date | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One date that the rule means, the day on which it is held (None: it is not), and why that is another.

    `holiday`: a day off; `made_up`: held on its make-up day; `twice`: that one has a session anyway; `skipped`: staff said so.
    """

    slot: date
    on: date | None
    why: Why = ""
    name: str = ""


def slots(
    days: Sequence[date], policy: HolidayPolicy, calendar: Mapping[date, Day], skipped: Collection[date] = ()
) -> list[Slot]:
    """When each of the rule's `days` is held."""
    made_up = {day.stands_for: on for on, day in calendar.items() if day.kind == "work" and day.stands_for is not None}
    every = set(days)
    return [_slot(day, every, policy, calendar, made_up, skipped) for day in days]


def _slot(
    day: date,
    every: set[date],
    policy: HolidayPolicy,
    calendar: Mapping[date, Day],
    made_up: Mapping[date, date],
    skipped: Collection[date],
) -> Slot:
    if day in skipped:
        return Slot(day, None, "skipped")
    special = calendar.get(day)
    if special is None or special.kind == "work" or policy == "anyway":
        return Slot(day, day)
    instead = made_up.get(day)
    if policy == "skip" or instead is None:
        return Slot(day, None, "holiday", special.name)
    if instead in every:
        return Slot(day, None, "twice", special.name)
    return Slot(day, instead, "made_up", special.name)
