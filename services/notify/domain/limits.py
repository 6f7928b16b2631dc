"""How many texts one number may get: the house's own budget, below what carriers allow, and each carrier's own windows.

Counted is what a carrier accepted, or may have accepted, whether it arrived or not: so do carriers. One budget holds for every
sender; the less urgent a text is, the more room it leaves. Urgent texts are never held by the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from services.notify.domain.hours import SHANGHAI

URGENT = ("critical", "code")
"""The categories that go at any hour and that nobody can refuse."""


class Rank(IntEnum):
    """How urgent a text is; the lower goes first and is given room by the others."""

    URGENT = 0
    CHANGE = 1
    """A place given, changed or taken away, and the answer to what somebody wrote."""
    HOURS = 2
    DAY = 3
    BULK = 4


RANKS = {"reminder_hours": Rank.HOURS, "reminder_day": Rank.DAY, "missed_you": Rank.DAY, "notice": Rank.BULK}


def rank_of(purpose: str, category: str) -> Rank:
    """How urgent a text of this purpose and category is."""
    return Rank.URGENT if category in URGENT else RANKS.get(purpose, Rank.CHANGE)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` texts within any `window`, or, where it is `natural`, between the clock's full minutes, hours or days."""

    window: timedelta
    most: int
    natural: bool = False

    def begins(self, now: datetime) -> datetime:
        """Since when texts count."""
        if not self.natural:
            return now - self.window
        midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (now - midnight) // self.window * self.window

    def free_at(self, taken: Sequence[datetime], now: datetime) -> datetime | None:
        """When there is room for one more; None when there is now."""
        begins = self.begins(now)
        inside = sorted(at for at in taken if (at >= begins if self.natural else at > begins))
        if len(inside) < self.most:
            return None
        return begins + self.window if self.natural else inside[-self.most] + self.window


DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LONGEST = DAY
"""How far back anything counts."""

SHARED = ("service", "public_benefit", "promotion")
"""The categories that share the house's budget of a number."""
ROOM: dict[Rank, int] = {Rank.CHANGE: 8, Rank.HOURS: 7, Rank.DAY: 6, Rank.BULK: 3}
"""How many texts of the day a text of each rank finds room beside: below the carriers' common rule of 10 a day."""
HOUSE: dict[str, tuple[Limit, ...]] = {
    "code": (Limit(MINUTE, 1), Limit(HOUR, 5), Limit(DAY, 10)),
    "promotion": (Limit(DAY, 1),),
}
"""What the house allows of one category beside that. Codes: as the strictest large carrier."""

CARRIERS: dict[str, dict[str, tuple[Limit, ...]]] = {
    "aliyun": {
        "code": (Limit(MINUTE, 1, natural=True), Limit(HOUR, 5, natural=True), Limit(DAY, 10)),
        "service": (Limit(DAY, 50),),
        "public_benefit": (Limit(DAY, 50),),
        "promotion": (Limit(DAY, 50),),
    },
    "tencent": {
        "code": (Limit(DAY, 10, natural=True),),
        "service": (Limit(DAY, 10, natural=True),),
        "critical": (Limit(DAY, 10, natural=True),),
        "public_benefit": (Limit(DAY, 10, natural=True),),
        "promotion": (Limit(DAY, 3, natural=True),),
    },
}
"""What each carrier allows a number by category. help.aliyun.com/document_detail/44335; cloud.tencent.com/document/faq/382/13303.

Tencent's own default is lower and is raised on request; here stands the carriers' rule that it quotes.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that went, or may have gone, to a number."""

    at: datetime
    category: str
    carrier: str = ""


def free_at(rank: Rank, category: str, taken: Sequence[Taken], now: datetime, carrier: str = "") -> datetime | None:
    """When the number's budget has room for a text of this rank and category with this carrier; None when it has now."""
    of_category = [text.at for text in taken if text.category == category]
    waits = [limit.free_at(of_category, now) for limit in HOUSE.get(category, ())]
    if category in SHARED:
        shared = [text.at for text in taken if text.category in SHARED]
        waits.append(Limit(DAY, ROOM[rank]).free_at(shared, now))
    own = [text.at for text in taken if text.category == category and text.carrier == carrier]
    waits += [limit.free_at(own, now) for limit in CARRIERS.get(carrier, {}).get(category, ())]
    return max((wait for wait in waits if wait is not None), default=None)
