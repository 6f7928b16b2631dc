"""Staff accounts, for operators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.registration.api.common import Made, Out
from services.registration.domain.access import Role
from services.registration.features.account_log import AccountAction
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.change_staff import (
    ChangeStaff,
    EndStaff,
    Limits,
    ResetStaff,
    change_staff,
    end_staff,
    reset_staff,
)
from services.registration.projections.accounts import account_log, accounts
from services.registration.tables import Staff
from shared.auth import Principal, require
from shared.errors import Forbidden
from shared.http import StaffDep, UnitDep

router = APIRouter()


def _operator(staff: StaffDep) -> Principal:
    """Accounts are given out by operators without limits: nobody hands out more than they have."""
    if require(staff, "operator").limits:
        raise Forbidden("您的账号不能做这件事，请联系街道管理员。")
    return staff


OperatorDep = Annotated[Principal, Depends(_operator)]

Roles = Annotated[frozenset[Role], Field(min_length=1, examples=[["clerk"]])]
Where = Annotated[Limits, Field(examples=[{"street": ["310101019"]}])]


class AccountOut(BaseModel):
    """A staff account: `limits` say where it may act, none of them everywhere."""

    id: UUID
    name: str
    roles: list[str]
    limits: dict[str, list[str]]
    second_factor: bool
    ended_at: datetime | None

    @classmethod
    def of(cls, account: Staff) -> AccountOut:
        """The account without what lets anybody in."""
        return cls(
            id=account.id,
            name=account.name,
            roles=sorted(account.roles),
            limits=account.limits,
            second_factor=bool(account.factor),
            ended_at=account.ended_at,
        )


class AccountNoteOut(Out):
    """One thing done to an account. `by` is empty for the server's command line; `facts` hold roles, limits and counts."""

    at: datetime
    account: str
    by: str
    action: AccountAction
    facts: dict[str, Any]


class AccountWish(BaseModel):
    """What an account may do, and where."""

    model_config = ConfigDict(extra="forbid")

    roles: Roles
    limits: Where = Field(default_factory=dict)


class NewAccount(AccountWish):
    """A new account; its owner is told the password by word of mouth."""

    name: Annotated[str, Field(min_length=1, max_length=40, examples=["zhou"])]
    password: Annotated[str, Field(min_length=8, max_length=200, examples=["correct horse"])]


class ResetWish(BaseModel):
    """A new password, the second factor taken away, or both."""

    model_config = ConfigDict(extra="forbid")

    password: Annotated[str | None, Field(min_length=8, max_length=200, examples=["battery staple"])] = None
    factor: Annotated[bool, Field(examples=[True])] = False


@router.get("/staff")
def get_accounts(_: OperatorDep, unit: UnitDep) -> list[AccountOut]:
    """Every staff account, those that have ended last."""
    return [AccountOut.of(line.account) for line in accounts(unit)]


@router.get("/staff/log")
def get_account_log(_: OperatorDep, unit: UnitDep) -> list[AccountNoteOut]:
    """What was done to the accounts, the newest first."""
    return [AccountNoteOut.model_validate(line) for line in account_log(unit)]


@router.post("/staff", status_code=201, response_model=Made)
def post_account(wish: NewAccount, operator: OperatorDep, unit: UnitDep) -> Staff:
    """Add a staff account."""
    return add_staff(AddStaff(**wish.model_dump(), by=operator.id), unit)


@router.put("/staff/{staff_id}")
def put_account(staff_id: UUID, wish: AccountWish, operator: OperatorDep, unit: UnitDep) -> AccountOut:
    """Change what an account may do and where; its devices are logged out, so that it holds at once."""
    command = ChangeStaff(staff_id=staff_id, by=operator.id, roles=wish.roles, limits=wish.limits)
    return AccountOut.of(change_staff(command, unit))


@router.post("/staff/{staff_id}/reset")
def post_reset(staff_id: UUID, wish: ResetWish, operator: OperatorDep, unit: UnitDep) -> AccountOut:
    """Set what was forgotten or lost anew; its devices are logged out and its pause is over."""
    return AccountOut.of(reset_staff(ResetStaff(staff_id=staff_id, by=operator.id, **wish.model_dump()), unit))


@router.delete("/staff/{staff_id}", response_model=Made)
def delete_account(staff_id: UUID, operator: OperatorDep, unit: UnitDep) -> Made:
    """End an account: nobody logs in with it any more, and what was done with it stays known."""
    end_staff(EndStaff(staff_id=staff_id, by=operator.id), unit)
    return Made(id=staff_id)
