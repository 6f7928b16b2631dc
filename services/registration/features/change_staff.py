"""Change a staff account: its roles and limits, its password, its second factor, or end it. Its log-ins end with any of that."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from sqlmodel import col, select

from services.registration.domain.access import MOST_LIMITS, Role
from services.registration.features import Command, problems
from services.registration.features.account_log import AccountAction, note_account
from services.registration.features.log_in import hashed
from services.registration.features.log_ins import EndLogIns, end_log_ins
from services.registration.features.second_factor import take_factor_away
from services.registration.tables import Staff
from shared.unit import Unit
from shared.web import phrase

LimitKind = Literal["street", "programme", "station", "neighbourhood"]


def _no_more_than_a_cookie_holds(limits: dict[LimitKind, tuple[str, ...]]) -> dict[LimitKind, tuple[str, ...]]:
    if sum(map(len, limits.values())) > MOST_LIMITS:
        raise ValueError("too many limits")
    return {kind: places for kind, places in limits.items() if places}


Limits = Annotated[
    dict[LimitKind, tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{9,36}$")], ...]],
    AfterValidator(_no_more_than_a_cookie_holds),
]
"""Where an account may act: streets and neighbourhoods by their digits, programmes and stations by id; one of them is enough."""


class ChangeStaff(Command):
    """What `staff_id` may do and where from now on; done by the operator `by`."""

    staff_id: UUID
    by: UUID
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    limits: Limits = Field(default_factory=dict)


class ResetStaff(Command):
    """Give `staff_id` a new password, take its second factor away, or both; done by the operator `by`, None: on the server."""

    staff_id: UUID
    by: UUID | None = None
    password: Annotated[str, StringConstraints(min_length=8, strip_whitespace=False)] | None = None
    factor: bool = False


class EndStaff(Command):
    """`staff_id` works here no more; done by the operator `by`."""

    staff_id: UUID
    by: UUID


def change_staff(command: ChangeStaff, unit: Unit) -> Staff:
    """Set roles and limits; nobody takes the operator's role from themselves, so that one is always left."""
    account = _lock(command.staff_id, unit)
    if command.staff_id == command.by and ("operator" not in command.roles or command.limits):
        raise problems.OwnAccount(phrase("不能收回自己的管理权限，请让另一位管理员来改。"))
    account.roles = sorted(command.roles)
    account.limits = {kind: sorted(places) for kind, places in command.limits.items()}
    end_log_ins(EndLogIns(person_id=account.id), unit)
    _note(command, unit, action="changed", roles=account.roles, limits=account.limits)
    return account


def reset_staff(command: ResetStaff, unit: Unit) -> Staff:
    """What was forgotten or lost is set anew, and the pause after wrong tries is over."""
    account = _lock(command.staff_id, unit)
    if command.password is not None:
        account.password = hashed(command.password)
    if command.factor:
        take_factor_away(account, unit)
    account.failures, account.paused_until = 0, None
    end_log_ins(EndLogIns(person_id=account.id), unit)
    if command.password is not None:
        _note(command, unit, action="password_reset")
    if command.factor:
        _note(command, unit, action="factor_reset")
    if command.password is None and not command.factor:
        _note(command, unit, action="unpaused")
    return account


def end_staff(command: EndStaff, unit: Unit) -> Staff:
    """Nobody logs in with this account any more; what was done with it stays known."""
    account = _lock(command.staff_id, unit)
    if command.staff_id == command.by:
        raise problems.OwnAccount(phrase("不能停用自己的账号，请让另一位管理员来做。"))
    account.ended_at = unit.now
    take_factor_away(account, unit)
    end_log_ins(EndLogIns(person_id=account.id), unit)
    _note(command, unit, action="ended")
    return account


def staff_named(name: str, unit: Unit) -> Staff:
    """The account with this name; raises `UnknownStaff`."""
    account = unit.session.exec(select(Staff).where(col(Staff.name) == name)).one_or_none()
    if account is None:
        raise problems.UnknownStaff(phrase("没有这个工作人员账号。"))
    return account


def open_account(staff_id: UUID, unit: Unit) -> Staff:
    """The account with this id, unless it has ended; raises `UnknownStaff`."""
    account = unit.find(Staff, staff_id)
    if account is None or account.ended_at is not None:
        raise problems.UnknownStaff(phrase("没有这个工作人员账号。"))
    return account


def _note(command: ChangeStaff | ResetStaff | EndStaff, unit: Unit, *, action: AccountAction, **facts: Any) -> None:
    note_account(unit, staff_id=command.staff_id, by=command.by, action=action, **facts)


def _lock(staff_id: UUID, unit: Unit) -> Staff:
    account = unit.session.get(Staff, staff_id, with_for_update=True, populate_existing=True)
    if account is None or account.ended_at is not None:
        raise problems.UnknownStaff(phrase("没有这个工作人员账号。"))
    return account
