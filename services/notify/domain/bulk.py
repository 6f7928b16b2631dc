"""Whom a message to many goes to: each person and each number once, and nobody who does not want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

Skip = Literal["same_person", "called_instead", "no_phone", "opted_out", "same_number", "limit"]
"""Why somebody does not get it, in the order in which it is looked for."""
States = Literal["confirmed", "waitlisted"]

CALLED: tuple[Skip, ...] = ("called_instead", "no_phone")
"""Who gets no text and is put on the list of people to call."""

FRESH = timedelta(minutes=30)
"""How long a dry run may be sent: after that it may no longer be true."""
MOST = 5000
"""People in one message at most."""
AT_ONCE = 200
"""Texts planned in one transaction."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody registered: who they are of records made one, and how they can be reached."""

    person: UUID
    number: str
    calls: bool
    wants: bool
    has_room: bool


def decide(addressees: Iterable[Addressee]) -> list[Skip | None]:
    """For each in turn, why they do not get the message; None for those who do."""
    persons: set[UUID] = set()
    numbers: set[str] = set()
    decided: list[Skip | None] = []
    for one in addressees:
        reason = _reason(one, persons, numbers)
        decided.append(reason)
        persons.add(one.person)
        if reason is None:
            numbers.add(one.number)
    return decided


def _reason(one: Addressee, persons: set[UUID], numbers: set[str]) -> Skip | None:
    if one.person in persons:
        return "same_person"
    if one.calls:
        return "called_instead"
    if not one.number:
        return "no_phone"
    if not one.wants:
        return "opted_out"
    if one.number in numbers:
        return "same_number"
    return None if one.has_room else "limit"
