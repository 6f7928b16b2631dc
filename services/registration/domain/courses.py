"""What a course asks of those who are sent to it: minutes, make-ups, hours, on plain values.

Hours of continuing education are counted per three years: 72 for an assistant social worker, 90 for a social worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

NominationState = Literal["nominated", "enrolled", "withdrawn", "replaced"]
MakeUpRule = Literal["none", "excused", "any"]
"""Which missed lessons may be made up elsewhere: none, those with an approved excuse, or any."""
Grade = Literal["assistant", "worker"]
Presence = Literal["absent", "here", "unclear"]

HOURS_PER_CYCLE: Mapping[Grade, int] = {"assistant": 72, "worker": 90}
YEARS_PER_CYCLE = 3
MINUTES_PER_HOUR = (45, 60)
"""What counts as an hour of class; courses say which. Minutes are what is kept."""


@dataclass(frozen=True, slots=True)
class Attended:
    """How much of one lesson somebody was there for. `unclear`: they came, and nobody knows how long they stayed."""

    minutes: int
    presence: Presence


def attended(starts: datetime, ends: datetime, came: datetime | None, left: datetime | None, *, stayed: bool) -> Attended:
    """Whole minutes between sign-in and sign-out, clipped to the lesson.

    Without a sign-out nothing counts until staff confirm that the person stayed to the end (`stayed`).
    """
    if came is None:
        return Attended(0, "absent")
    if left is None and not stayed:
        return Attended(0, "unclear")
    until = ends if left is None else min(left, ends)
    inside = until - max(came, starts)
    return Attended(max(inside // timedelta(minutes=1), 0), "here")


def length(starts: datetime, ends: datetime) -> int:
    """The whole minutes of a lesson."""
    return (ends - starts) // timedelta(minutes=1)


def may_make_up(rule: MakeUpRule, *, excused: bool) -> bool:
    """Whether a missed lesson may be made up under this rule."""
    return rule == "any" or (rule == "excused" and excused)


def credited(missed: int, already: int, elsewhere: int) -> int:
    """The minutes a make-up adds to a lesson of `missed` minutes: never more than were still lacking."""
    return max(min(elsewhere, missed - already), 0)


@dataclass(frozen=True, slots=True)
class Total:
    """What somebody has of a course's minutes. `enough` needs a minute at least: a course without lessons is never attended."""

    minutes: int
    required: int
    threshold: int

    @property
    def enough(self) -> bool:
        """Whether the share asked for is reached; exact, without rounding."""
        return self.required > 0 and self.minutes * 100 >= self.threshold * self.required

    @property
    def percent(self) -> int:
        """The share in whole percent, rounded down so that it never claims what is lacking."""
        return self.minutes * 100 // self.required if self.required else 0


def lacking(total: Total, *, test_passed: bool | None, practical_passed: bool | None) -> list[str]:
    """What still stands between somebody and the certificate; None: the course does not ask for it."""
    lacks = []
    if not total.enough:
        lacks.append("minutes")
    if test_passed is False:
        lacks.append("test")
    if practical_passed is False:
        lacks.append("practical")
    return lacks


def hours(minutes: int, per_hour: int) -> float:
    """Class hours with one decimal, rounded towards nought: a voided line is as long below as above."""
    tenths = abs(minutes) * 10 // per_hour
    return (tenths if minutes >= 0 else -tenths) / 10


@dataclass(frozen=True, slots=True)
class Earned:
    """One line of somebody's hours."""

    minutes: int
    per_hour: int
    on: date


def cycle_ends(starts: date) -> date:
    """The first day after a cycle."""
    year = starts.year + YEARS_PER_CYCLE
    try:
        return starts.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def total_hours(lines: Iterable[Earned], starts: date) -> float:
    """The hours of a cycle: minutes are added up per length of an hour before anything is rounded."""
    ends = cycle_ends(starts)
    by_length: dict[int, int] = {}
    for line in lines:
        if starts <= line.on < ends:
            by_length[line.per_hour] = by_length.get(line.per_hour, 0) + line.minutes
    tenths = sum(minutes * 10 * 180 // per_hour for per_hour, minutes in by_length.items())
    return tenths // 180 / 10


def remaining_hours(grade: Grade, earned: float) -> float:
    """What is still asked for in the cycle; never less than nothing."""
    return max(round(HOURS_PER_CYCLE[grade] - earned, 1), 0.0)


def over_quota(seats: Mapping[str, int], taken: Sequence[str], neighbourhood: str) -> bool:
    """Whether a neighbourhood has already sent everybody it may."""
    return list(taken).count(neighbourhood) >= seats.get(neighbourhood, 0)
