"""When things take place and what they are about, on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["series", "course", "livestream"]
SessionState = Literal["planned", "held", "cancelled"]
WaitlistPolicy = Literal["strict", "best_fit"]
"""`strict`: nobody is passed over; `best_fit`: a small party may take places that are too few for the one before it."""

HolidayPolicy = Literal["skip", "anyway", "make_up"]
DayKind = Literal["off", "work"]
CancelReason = Literal["weather", "holiday", "lecturer", "venue", "too_few", "other"]
Part = Literal["lecturer", "assistant", "volunteer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who may sign up; what is left out does not matter. Ages are whole years, reached in the year of the session."""

    age_from: int | None = None
    age_to: int | None = None
    streets: tuple[str, ...] = ()
    nominated_only: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Audience:
        """As a programme keeps it."""
        return cls(**{**kept, "streets": tuple(kept.get("streets", ()))})

    def admits(self, *, birth_year: int | None, street: str, nominated: bool, year: int) -> bool:
        """Whether somebody fits. Who never told their year of birth is not turned away for their age: the door sees."""
        age = None if birth_year is None else year - birth_year
        return (
            (age is None or self.age_from is None or age >= self.age_from)
            and (age is None or self.age_to is None or age <= self.age_to)
            and (not self.streets or street in self.streets)
            and (not self.nominated_only or nominated)
        )


def turns(topics: Sequence[str], dealt: Sequence[str | None]) -> list[str]:
    """What each session is about, in order: `dealt` holds the topics that are settled, None where one is still to be dealt.

    The turn is always that of the topic that was not there for longest. Where nothing happens that is round and round; a topic
    whose date is cancelled (and therefore not in `dealt`) comes next, and a new one comes first.
    """
    if not topics:
        return [topic or "" for topic in dealt]
    last = dict.fromkeys(topics, -1)
    result = []
    for place, settled in enumerate(dealt):
        topic = min(topics, key=lambda code: last[code]) if settled is None else settled
        last[topic] = place
        result.append(topic)
    return result


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether two spans share a moment; one that begins when the other ends does not."""
    return one[0] < other[1] and other[0] < one[1]
