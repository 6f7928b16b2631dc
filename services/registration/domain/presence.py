"""Who may be checked in, who is inside, and what two devices make of one door, on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from operator import attrgetter
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

Way = Literal["staff", "ticket", "code", "digits", "paper"]
"""How somebody came in: a tap on the roster, the ticket's QR, the code on the wall, four digits of the phone, a paper sheet."""

Direction = Literal["entry", "exit"]

MissedReason = Literal["forgot", "inconvenient", "unwanted"]
"""Why somebody with a place did not come, in their own words made one of three."""

Verdict = Literal[
    "ok",
    "again",
    "unknown",
    "cancelled",
    "session_cancelled",
    "other_session",
    "not_yet",
    "over",
    "no_room",
    "not_inside",
    "ambiguous",
    "wrong_code",
    "revoked",
    "no_door",
]
"""What became of one scan; the offline list of a device that is no longer valid makes its scans `revoked`."""

VERDICTS: tuple[Verdict, ...] = (
    "ok", "again", "unknown", "cancelled", "session_cancelled", "other_session", "not_yet", "over", "no_room", "not_inside",
    "ambiguous", "wrong_code", "revoked", "no_door",
)  # fmt: skip

STEP = timedelta(seconds=30)
"""How long the code on the wall stands; one step earlier or later is taken as well."""
AT_THE_WALL = timedelta(minutes=10)
"""How long somebody who scanned the code on the wall may take to log in."""
LIST_LIFE = timedelta(hours=18)
"""How long a device may work without network on one list."""
CLOSED_AFTER = timedelta(hours=20)
"""How long after its end a session is closed by itself, when nobody did: paper sheets are typed in until then."""

_Key = TypeVar("_Key")


def doors_are_open(starts_at: datetime, now: datetime, zone: tzinfo) -> bool:
    """People are checked in from the morning of the session's own day."""
    return now.astimezone(zone).date() >= starts_at.astimezone(zone).date()


def step_of(now: datetime) -> int:
    """Which step of the wall's code `now` falls in."""
    return int(now.timestamp() // STEP.total_seconds())


class Mark(NamedTuple):
    """A scan that counts, as a device saw it."""

    at: datetime
    nonce: UUID
    direction: Direction

    @property
    def order(self) -> tuple[datetime, Direction, UUID]:
        """Where it stands among others: of one moment, coming goes before leaving."""
        return self.at, self.direction, self.nonce


_ORDER = attrgetter("order")


class Stay(NamedTuple):
    """When somebody came first, and when they left for good; None while they are inside."""

    came_at: datetime
    left_at: datetime | None


def stay_of(marks: Iterable[Mark]) -> Stay | None:
    """What the marks of one person add up to, in whatever order they became known; None: never inside."""
    told = sorted(marks, key=_ORDER)
    first = next((index for index, mark in enumerate(told) if mark.direction == "entry"), None)
    if first is None:
        return None
    last = told[-1]
    return Stay(told[first].at, last.at if last.direction == "exit" else None)


def needless(marks: Iterable[Mark]) -> dict[UUID, Verdict]:
    """The marks of one person that changed nothing, by nonce: an entry while inside, an exit while outside."""
    found: dict[UUID, Verdict] = {}
    told = sorted(marks, key=_ORDER)
    if told and told[0].direction == "exit":
        found[told[0].nonce] = "not_inside"
    for before, mark in pairwise(told):
        if before.direction == mark.direction:
            found[mark.nonce] = "again" if mark.direction == "entry" else "not_inside"
    return found


class Came(NamedTuple):
    """Somebody let in without network who had no place: when, who, and how many they are."""

    at: datetime
    person: UUID
    party: int


def seated(came: Iterable[Came], free: int) -> frozenset[UUID]:
    """Who of them gets the free places: whoever came first and fits, whatever order they became known in."""
    found = set()
    for each in sorted(came):
        if each.party <= free:
            found.add(each.person)
            free -= each.party
    return frozenset(found)


def by_last_four(digits: str, phones: Mapping[_Key, str]) -> list[_Key]:
    """Whose phone ends in these four digits."""
    return [key for key, phone in phones.items() if phone and phone[-4:] == digits]


_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
"""Damm's table: its check digit catches every single wrong digit and every two swapped neighbours."""


def row_code(sheet: int, row: int) -> str:
    """What stands beside a name on a printed sheet: the row, and a digit that catches slips and other sheets."""
    return f"{row:02d}{_check(f'{sheet:d}{row:02d}')}"


def row_of(code: str, sheet: int, rows: int) -> int | None:
    """The row that a typed code means on this sheet, counted from 1; None when it is none."""
    if not (code.isascii() and code.isdecimal() and len(code) >= 3):
        return None
    row = int(code[:-1])
    return row if 1 <= row <= rows and row_code(sheet, row) == code else None


def _check(digits: str) -> str:
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return str(state)


def fits(at: datetime, opens: datetime, closes: datetime) -> datetime:
    """The moment, moved into a span when a device's clock was wrong."""
    return min(max(at, opens), closes)
