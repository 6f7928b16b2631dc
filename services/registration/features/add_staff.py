"""Add a staff account."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlmodel import col, select

from services.registration.domain.access import Role
from services.registration.features import Command, problems
from services.registration.features.account_log import note_account
from services.registration.features.change_staff import Limits
from services.registration.features.log_in import hashed
from services.registration.tables import Staff
from shared.unit import Unit

DEMO_PASSWORD = "jiamenkou"
"""Printed on the log-in page of the demo, which alone has these accounts."""
DEMO_ACCOUNTS: tuple[Role, ...] = ("clerk", "nurse", "editor", "operator")


class AddStaff(Command):
    """A name to log in with, a password of eight characters or more, what the person may do, and where; given out by `by`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    password: Annotated[str, StringConstraints(min_length=8, strip_whitespace=False)]
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    limits: Limits = Field(default_factory=dict)
    by: UUID | None = None


def add_staff(command: AddStaff, unit: Unit) -> Staff:
    """Keep the account with its password hashed."""
    if _named(command.name, unit) is not None:
        raise problems.NameTaken(f"已经有一个叫“{command.name}”的账号。")
    limits: dict[str, list[str]] = {kind: sorted(places) for kind, places in command.limits.items()}
    account = Staff(name=command.name, password=hashed(command.password), roles=sorted(command.roles), limits=limits)
    unit.add(account)
    unit.session.flush()
    note_account(unit, staff_id=account.id, by=command.by, action="added", roles=account.roles, limits=limits)
    return account


def add_demo_accounts(unit: Unit) -> None:
    """Make sure that the demo's four accounts exist, one per role and named after it."""
    missing = [role for role in DEMO_ACCOUNTS if _named(role, unit) is None]
    if missing:
        password = hashed(DEMO_PASSWORD)
        unit.add(*(Staff(name=role, password=password, roles=[role]) for role in missing))


def _named(name: str, unit: Unit) -> Staff | None:
    return unit.session.exec(select(Staff).where(col(Staff.name) == name)).one_or_none()
