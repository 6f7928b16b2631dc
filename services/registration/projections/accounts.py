"""The staff's accounts, as operators see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, func, select

from services.registration.tables import LogIn, Staff
from shared.unit import Unit


class AccountLine(NamedTuple):
    """One account, and when it was last seen to be used, roughly."""

    account: Staff
    seen_at: datetime | None


def accounts(unit: Unit) -> Sequence[AccountLine]:
    """Every account, those that have ended last."""
    seen = select(LogIn.person_id, func.max(LogIn.seen_at).label("at")).group_by(col(LogIn.person_id)).subquery()
    found = select(Staff, seen.c.at).outerjoin(seen, seen.c.person_id == col(Staff.id))
    lines = unit.session.exec(found.order_by(col(Staff.ended_at).is_not(None), col(Staff.name))).all()
    return [AccountLine(account, at) for account, at in lines]
