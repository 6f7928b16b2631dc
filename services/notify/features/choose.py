"""Whether a resident wants texts: a ledger that every channel writes to, whose newest line is in force."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlmodel import col, desc, select

from services.notify.features import Command
from services.notify.tables import Choice, Contact
from shared.contracts.notify import Category, OptedOut
from shared.unit import Unit


class Choose(Command):
    """A resident wants texts of a category, or no more of them."""

    resident_id: UUID
    category: Category = "service"
    wanted: bool
    channel: Literal["web", "staff", "text"]
    reply_id: UUID | None = None


def choose(command: Choose, unit: Unit) -> bool:
    """Write the choice down if it changes anything; says whether it does. Senders of texts to them wait for the commit."""
    contact = unit.find(Contact, command.resident_id)
    if contact is None:
        return False
    unit.lock(Contact, contact.resident_id)
    if wants_texts(contact, command.category, unit) == command.wanted:
        return False
    unit.add(Choice(at=unit.now, **command.model_dump()))
    if not command.wanted:
        unit.emit(OptedOut(resident_id=command.resident_id, category=command.category, channel=command.channel))
    return True


def wants_texts(contact: Contact, category: Category, unit: Unit) -> bool:
    """What the resident chose last, or said when registering; promotion is only for those who asked for it."""
    newest = select(Choice.wanted).where(col(Choice.resident_id) == contact.resident_id, col(Choice.category) == category)
    chosen = unit.session.exec(newest.order_by(desc(col(Choice.id))).limit(1)).one_or_none()
    return (contact.texts and category != "promotion") if chosen is None else chosen
