"""What a resident wants to be reached by: a ledger that text, web and staff desk write to, whose newest line is in force.

Registration keeps the consent to texts, too. Each tells the other of changes with the moment when the person said so, and both
take the later word (at the same moment, the one that refuses), so that they agree in whatever order they learn of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlmodel import col, desc, select

from services.notify.features import Command
from services.notify.tables import Choice, Contact
from shared.contracts.notify import Category, Choosable, OptedIn, OptedOut
from shared.unit import Unit

WHY = "choice.why"
INSTANT = timedelta(microseconds=1)
WORDING = "2021-05"
"""The version of what texts and the staff desk say about stopping and coming back."""


class Choose(Command):
    """A resident wants a category, or no more of it. `proof` is the reply, or who wrote it down; `why`: what staff noted.

    `at`: when they told another service so; None when they tell us now, which is later than whatever is known.
    """

    resident_id: UUID
    category: Choosable = "service"
    wanted: bool
    channel: Literal["web", "staff", "text"]
    proof: UUID | None = None
    wording: str = WORDING
    why: str = ""
    at: datetime | None = None


def choose(command: Choose, unit: Unit) -> bool:
    """Write the choice down if it is news; says whether it is. Senders of texts to them wait for the commit."""
    contact = unit.find(Contact, command.resident_id)
    if contact is None:
        return False
    unit.lock(Contact, contact.resident_id)
    newest = _newest(contact, command.category, unit)
    at = command.at or (unit.now if newest is None else max(unit.now, newest.at + INSTANT))
    if newest is not None and (newest.at, not newest.wanted) >= (at, not command.wanted):
        return False
    # Whoever refuses promotion without ever having been asked is on record with it, too.
    refuses_unasked = newest is None and command.category == "promotion" and not command.wanted
    if command.wanted == _in_force(newest, contact, command.category) and not refuses_unasked:
        return False
    why = unit.keys.encrypt(command.why, WHY) if command.why else ""
    unit.add(Choice(**command.model_dump(exclude={"why", "at"}), why=why, at=at))
    unit.session.flush()
    told = command.model_dump(exclude={"wanted", "why", "at"})
    unit.emit(OptedIn(**told, at=at) if command.wanted else OptedOut(**told, at=at))
    return True


def wants_texts(contact: Contact, category: Category, unit: Unit) -> bool:
    """Whether the resident wants texts of this category: promotion only when they want texts at all."""
    return wants(contact, category, choices_of([contact.resident_id], unit))


def wants(contact: Contact, category: Category, chosen: Mapping[tuple[UUID, str], bool]) -> bool:
    """As `wants_texts`, by choices read before."""

    def in_force(asked: Choosable) -> bool:
        return chosen.get((contact.resident_id, asked), unsaid(contact, asked))

    return in_force("service") and (category != "promotion" or in_force("promotion"))


def wants_calls(contact: Contact, unit: Unit) -> bool:
    """Whether the resident may be called; they may until they say otherwise."""
    return is_wanted(contact, "calls", unit)


def is_wanted(contact: Contact, category: Choosable, unit: Unit) -> bool:
    """What is in force for this category alone."""
    return _in_force(_newest(contact, category, unit), contact, category)


def _in_force(newest: Choice | None, contact: Contact, category: Choosable) -> bool:
    return unsaid(contact, category) if newest is None else newest.wanted


def unsaid(contact: Contact, category: Choosable) -> bool:
    """What holds for who never chose: what they said when registering. Nobody wants promotion who has not said so."""
    return {"service": contact.texts, "promotion": False, "calls": True}[category]


def _newest(contact: Contact, category: Choosable, unit: Unit) -> Choice | None:
    found = select(Choice).where(col(Choice.resident_id) == contact.resident_id, col(Choice.category) == category)
    return unit.session.exec(found.order_by(desc(col(Choice.at)), desc(col(Choice.id))).limit(1)).one_or_none()


def choices_of(resident_ids: Collection[UUID], unit: Unit) -> dict[tuple[UUID, str], bool]:
    """What each of these residents chose last in each category, where they chose at all."""
    unit.session.flush()
    newest = unit.cursor().execute(
        """SELECT DISTINCT ON (resident_id, category) resident_id, category, wanted FROM choice
           WHERE resident_id = ANY(%s) ORDER BY resident_id, category, at DESC, id DESC""",
        (list(resident_ids),),
    )
    return {(resident_id, category): wanted for resident_id, category, wanted in newest.fetchall()}
