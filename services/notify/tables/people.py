"""How people are reached, who acts for them, and what they chose."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from services.notify.tables.base import WHEN, Table
from shared.contracts.notify import Choosable


class Contact(Table, table=True):
    """How a resident is reached. `texts`: whether they agreed to texts when they registered; later choices are in `Choice`.

    `name` and `landline` are for whoever calls; `calls`: wants to be called, not texted. `merged_into`: who stands for them now.
    `street` and `neighbourhood` (encrypted, perhaps empty): where they live, for whoever may act there or goes to their door.
    """

    __tablename__ = "contact"
    __table_args__ = (Index("contact_by_phone", "phone_fingerprint"),)

    resident_id: UUID = Field(primary_key=True)
    phone: str = Field(sa_type=Text)
    phone_fingerprint: str = Field(sa_type=Text)
    texts: bool
    name: str = Field(default="", sa_type=Text)
    landline: str = Field(default="", sa_type=Text)
    calls: bool = False
    merged_into: UUID | None = None
    street: str = Field(default="", sa_type=Text)
    neighbourhood: str = Field(default="", sa_type=Text)


class Carer(Table, table=True):
    """Who acts for whom now: both are told of what is done."""

    __tablename__ = "carer"

    elder_id: UUID = Field(primary_key=True)
    carer_id: UUID = Field(primary_key=True)


class Choice(Table, table=True):
    """The ledger of who wants to be reached how, append-only: the newest row of a resident and category is in force.

    `proof`: the reply that said so, or the account of whoever wrote it down; `wording`: the version of what they were told;
    `why` (encrypted): what staff noted about it; `at`: when the person said so, which may be earlier than when we learnt of it.
    """

    __tablename__ = "choice"
    __table_args__ = (
        CheckConstraint(f"category IN {get_args(Choosable)}", name="choice_category"),
        CheckConstraint("channel IN ('web', 'staff', 'text')", name="choice_channel"),
        Index("choice_newest", "resident_id", "category", "at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    resident_id: UUID
    category: Choosable = Field(sa_type=Text)
    wanted: bool
    channel: str = Field(sa_type=Text)
    proof: UUID | None = None
    wording: str = Field(default="", sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=WHEN)
