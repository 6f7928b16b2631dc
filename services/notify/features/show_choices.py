"""What somebody wants to be reached by, and every change of it with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from sqlmodel import col, desc, select

from services.notify.features.call import contact_of, name_of
from services.notify.features.choose import WHY, is_wanted
from services.notify.tables import Choice
from shared.contracts.notify import Choosable
from shared.errors import NotFound
from shared.unit import Unit
from shared.web import phrase

UNKNOWN = phrase("没有找到这位居民。")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger, with what staff noted."""

    choice: Choice
    why: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What is in force for a person, and their lines of the ledger, the newest first."""

    resident_id: UUID
    name: str
    wanted: dict[Choosable, bool]
    ledger: Sequence[Entry]


def show_choices(resident_id: UUID, unit: Unit) -> Choices:
    """The person's choices, by the record that stands for them. Raises `NotFound`."""
    contact = contact_of(resident_id, unit)
    if contact is None:
        raise NotFound(UNKNOWN)
    lines = select(Choice).where(col(Choice.resident_id) == contact.resident_id).order_by(desc(col(Choice.id))).limit(100)
    return Choices(
        resident_id=contact.resident_id,
        name=name_of(contact, unit),
        wanted={category: is_wanted(contact, category, unit) for category in get_args(Choosable)},
        ledger=[
            Entry(choice, unit.keys.decrypt(choice.why, WHY) if choice.why else "") for choice in unit.session.exec(lines).all()
        ],
    )
