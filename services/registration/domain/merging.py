"""Which of two registrations of one person for one session stays, on plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from services.registration.domain.places import RegistrationState

_RANK: dict[RegistrationState, int] = {"attended": 5, "extra": 4, "confirmed": 3, "offered": 2, "waitlisted": 1, "no_show": 0}


@dataclass(frozen=True, slots=True)
class Held:
    """One of the two: its state, its number in the line, and whether the person came on it."""

    state: RegistrationState
    queue: int | None
    came: bool


class Resolution(Enum):
    """What becomes of the two: one is given back; once it has begun or somebody came, the merged one stays where it is."""

    GIVE_BACK_MERGED = "give_back_merged"
    GIVE_BACK_KEPT = "give_back_kept"
    STAYS_APART = "stays_apart"


def resolve(kept: Held, merged: Held, *, begun: bool) -> Resolution:
    """Who came stays; then a place before an offer, an offer before the line, the earlier in the line; else the kept one."""
    if begun or kept.came or merged.came:
        return Resolution.STAYS_APART
    return Resolution.GIVE_BACK_KEPT if _strength(merged) > _strength(kept) else Resolution.GIVE_BACK_MERGED


def _strength(held: Held) -> tuple[int, int]:
    return _RANK.get(held.state, -1), -(held.queue or 0)
