"""What becomes of a text: its states, the carrier's codes, and when to ask or try again."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Literal

State = Literal["planned", "sending", "unknown", "skipped", "accepted", "failed", "delivered"]
Outcome = Literal["open", "accepted", "refused", "unknown", "not_sent"]

RANK: dict[State, int] = {"planned": 0, "sending": 1, "unknown": 1, "skipped": 2, "accepted": 3, "failed": 4, "delivered": 5}
"""News of a text may come in any order: the higher state stays."""


def higher(now: State, news: State) -> State:
    """The state after news that may be old."""
    return news if RANK[news] > RANK[now] else now


class Family(Enum):
    """What a carrier's code asks of us."""

    BUSY = "busy"
    """Too often or too much: the same text may go later."""
    CONTACT = "contact"
    """The number is dead or cannot take texts: somebody should ask for another one."""
    UNREACHABLE = "unreachable"
    """The phone was off or out of reach for too long."""
    BARRED = "barred"
    """The number is on a black list, often because its owner complained."""
    CONTENT = "content"
    """The carrier does not let this wording or signature through."""
    CONTRACT = "contract"
    """The account is out of money or not allowed to send: operators act."""
    OTHER = "other"
    """A code we have not met."""


_FAMILIES: dict[Family, tuple[str, ...]] = {
    Family.BUSY: ("UNREACHABLE", "429", "LIMIT", "MILIMIT", "BEYONDN", "isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"),
    Family.CONTACT: ("MK:0001", "CB:0001", "MK:0005", "MK:0013", "isv.MOBILE_NUMBER_ILLEGAL"),
    Family.UNREACHABLE: ("UNDELIV", "EXPIRED"),
    Family.BARRED: ("MBBLACK", "DBBLACK", "TDBLACK", "TSBLACK", "BLACK"),
    Family.CONTENT: ("KEYWORD", "isv.SMS_SIGN_ILLEGAL", "isv.SMS_CONTENT_ILLEGAL"),
    Family.CONTRACT: ("isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH"),
}
_BY_CODE = {code: family for family, codes in _FAMILIES.items() for code in codes}


def family(code: str) -> Family:
    """The family of a carrier's code; `UNREACHABLE` is our own for a carrier that could not be connected to."""
    return _BY_CODE.get(code, Family.OTHER)


ASK_AFTER = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""When to ask about an unanswered text, each counted from the ask before. "Not found" is believed at the last one only."""

LOOK_AFTER = (timedelta(minutes=30), timedelta(hours=6), timedelta(hours=24), timedelta(hours=48))
"""When to ask about an accepted text whose receipt has not come."""


def try_again_after(attempts: int) -> timedelta:
    """The pause after the `attempts`-th refusal: half a minute, doubling, a quarter of an hour at most."""
    return min(timedelta(minutes=15), timedelta(seconds=30 << min(attempts - 1, 10)))
