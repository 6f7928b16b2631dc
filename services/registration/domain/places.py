"""Who may ask for a place, and who in the line is next, on plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal
from uuid import UUID

from services.registration.domain.calendar import SessionState

RegistrationState = Literal[
    "confirmed", "waitlisted", "offered", "declined", "expired", "cancelled", "extra", "attended", "no_show"
]
"""`extra`: let in at the door without a counted place, because staff said so. `attended` and `no_show` are set in the end."""

Mode = Literal["room", "online"]
Policy = Literal["strict", "best_fit"]
"""Who gets a place that became free: `strict`, the first in line and nobody before them; `best_fit`, the first whom it fits."""

HOLDING: tuple[RegistrationState, ...] = ("confirmed", "offered", "attended", "no_show")
"""The states in which places are kept for somebody: they count as taken."""

GONE: tuple[RegistrationState, ...] = ("cancelled", "declined", "expired")
"""The states in which somebody no longer takes part and may sign up anew."""


class SignUp(Enum):
    """Whether places of a session can be asked for."""

    NOT_YET = "not_yet"
    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"
    CANCELLED = "cancelled"


def sign_up(state: SessionState, *, opens_at: datetime, closes_at: datetime, ends_at: datetime, now: datetime) -> SignUp:
    """Sign-up runs from `opens_at` until just before `closes_at`, for sessions that are still planned."""
    if state == "cancelled":
        return SignUp.CANCELLED
    if state == "held" or now >= ends_at:
        return SignUp.OVER
    if now < opens_at:
        return SignUp.NOT_YET
    return SignUp.OPEN if now < closes_at else SignUp.CLOSED


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the line for the room or online: their number there, and how many places they need together."""

    id: UUID
    number: int
    party: int


def next_in_line(line: Iterable[Waiting], *, free: int, capacity: int, policy: Policy) -> Waiting | None:
    """Who gets `free` places now; None when the policy lets nobody have them.

    Parties larger than the whole session can never come and hold nobody up.
    """
    for waiting in sorted(line, key=lambda each: each.number):
        if waiting.party <= free:
            return waiting
        if policy == "strict" and waiting.party <= capacity:
            return None
    return None


def may_go_straight_in(line: Iterable[Waiting], party: int, *, free: int, capacity: int, policy: Policy) -> bool:
    """Whether somebody who asks now gets places at once: they fit, and under `strict` nobody who could come waits before them."""
    held_up = policy == "strict" and any(waiting.party <= capacity for waiting in line)
    return party <= free and not held_up


@dataclass(frozen=True, slots=True)
class Outlook:
    """What stands between somebody who waits and their places.

    `position` counts from 1. `ahead` people want `seats_ahead` places before them. `least` places must become free for their turn
    to be possible at all, `surely` are enough whatever the others do.
    """

    position: int
    ahead: int
    seats_ahead: int
    least: int
    surely: int


def outlook(line: Iterable[Waiting], me: Waiting, *, free: int, capacity: int, policy: Policy) -> Outlook:
    """Why somebody waits, in numbers."""
    ahead = [each for each in line if each.number < me.number]
    in_the_way = [each for each in ahead if each.party <= capacity]
    seats = sum(each.party for each in in_the_way)
    surely = max(seats + me.party - free, 0)
    least = surely if policy == "strict" else max(me.party - free, 0)
    return Outlook(position=len(ahead) + 1, ahead=len(ahead), seats_ahead=seats, least=least, surely=surely)
