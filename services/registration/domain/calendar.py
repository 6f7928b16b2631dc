"""When things take place and what they are about, on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["series", "course", "livestream"]
SessionState = Literal["planned", "held", "cancelled"]
WaitlistPolicy = Literal["strict", "best_fit"]
"""`strict`: nobody is passed over; `best_fit`: a small party may take places that are too few for the one before it."""


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


def next_topic(topics: Sequence[str], last: str | None) -> str:
    """The topic after `last` in the programme's order, round and round; the first when `last` is none of them."""
    if not topics:
        return ""
    return topics[(topics.index(last) + 1) % len(topics)] if last in topics else topics[0]
