"""The staff's accounts, as operators see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from services.registration.tables import AccountNote, LogIn, Staff
from shared.unit import Unit

NOTES = 200


class AccountLine(NamedTuple):
    """One account, and when it was last seen to be used, roughly."""

    account: Staff
    seen_at: datetime | None


class AccountNoted(NamedTuple):
    """One thing done to an account, with the names of the account and of who did it (empty: on the server)."""

    at: datetime
    account: str
    by: str
    action: str
    facts: dict[str, Any]


def account_log(unit: Unit, staff_id: UUID | None = None) -> list[AccountNoted]:
    """What was done to all accounts or to one, the newest first."""
    done_by = aliased(Staff)
    found = (
        select(AccountNote, Staff.name, done_by.name)
        .join(Staff, col(Staff.id) == col(AccountNote.staff_id))
        .outerjoin(done_by, col(done_by.id) == col(AccountNote.by))
        .order_by(col(AccountNote.id).desc())
        .limit(NOTES)
    )
    if staff_id is not None:
        found = found.where(col(AccountNote.staff_id) == staff_id)
    return [AccountNoted(note.at, name, by or "", note.action, note.facts) for note, name, by in unit.session.exec(found)]


def accounts(unit: Unit) -> Sequence[AccountLine]:
    """Every account, those that have ended last."""
    seen = select(LogIn.person_id, func.max(LogIn.seen_at).label("at")).group_by(col(LogIn.person_id)).subquery()
    found = select(Staff, seen.c.at).outerjoin(seen, seen.c.person_id == col(Staff.id))
    lines = unit.session.exec(found.order_by(col(Staff.ended_at).is_not(None), col(Staff.name))).all()
    return [AccountLine(account, at) for account, at in lines]


def names_of(ids: Collection[UUID], unit: Unit) -> dict[UUID, str]:
    """What the accounts with these ids are called."""
    return {account.id: account.name for account in unit.session.exec(select(Staff).where(col(Staff.id).in_(ids)))}
