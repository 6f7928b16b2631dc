"""How many texts one number may get, below what the carriers themselves allow.

Carriers count what they accepted, and so do we; a text that may or may not have gone counts too. Urgent texts are never held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` texts of a category within any `window`."""

    window: timedelta
    most: int


URGENT = ("critical", "code")
"""The categories that go at any hour and that nobody can refuse."""

LIMITS: dict[str, tuple[Limit, ...]] = {
    "service": (Limit(timedelta(days=1), 8),),
    "public_benefit": (Limit(timedelta(days=1), 3),),
    "promotion": (Limit(timedelta(days=1), 1),),
    "code": (Limit(timedelta(minutes=1), 1), Limit(timedelta(hours=1), 5), Limit(timedelta(days=1), 10)),
    "critical": (),
}
"""Codes: what the strictest large carrier allows. Other texts: below the carriers' common rule of 10 a day."""

LONGEST = timedelta(days=1)


def free_at(category: str, taken: Sequence[datetime], now: datetime) -> datetime | None:
    """When the number's budget has room again; None when it has room now. `taken`: when its texts of this category went out."""
    waits = [
        sorted(inside)[-limit.most] + limit.window
        for limit in LIMITS[category]
        if len(inside := [at for at in taken if at > now - limit.window]) >= limit.most
    ]
    return max(waits, default=None)
