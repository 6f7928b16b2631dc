"""The second half of a staff log-in: a code by time, or a recovery code; and how the factor is set up in the first place."""

from __future__ import annotations

import base64
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from services.registration.domain import second_factor as rules
from services.registration.features import Command, problems
from services.registration.features.account_log import note_account
from services.registration.features.log_in import count_failure, is_shut, principal_for
from services.registration.tables import HalfLogIn, RecoveryCode, Staff
from shared.auth import Principal
from shared.unit import Unit

SECRET = "staff.factor"
RECOVERY = "recovery_code.mark"


class GiveFactor(Command):
    """`code` is what the authenticator shows, or a recovery code, for the half log-in `half_id`."""

    half_id: UUID
    code: str


class BeginSetUp(Command):
    """A member of staff who is logged in wants a second factor."""

    staff_id: UUID


class SetUpFactor(Command):
    """The half log-in `half_id` is to end with a new second factor."""

    half_id: UUID


class LetIn(NamedTuple):
    """Who is in; `recovery_codes` are told once, when the factor was set up just now."""

    principal: Principal
    recovery_codes: list[str]


class NewFactor(NamedTuple):
    """What an authenticator has to know: the secret, as typed and as a QR code says it."""

    secret: str
    address: str


def begin_set_up(command: BeginSetUp, unit: Unit) -> HalfLogIn:
    """Start setting a factor up; an account that has one keeps it until an operator takes it away."""
    account = unit.lock(Staff, command.staff_id)
    if account.factor:
        raise problems.FactorIsSet(problems.FactorIsSet.words)
    half = HalfLogIn(staff_id=account.id, expires_at=unit.now + rules.HALF_LIFE)
    unit.add(half)
    return half


def needs_set_up(half_id: UUID, unit: Unit) -> bool:
    """Whether this half log-in is one of an account without a factor; raises `WrongFactor` when it is over."""
    return not _account_of(_open_half(half_id, unit), unit).factor


def set_up_factor(command: SetUpFactor, unit: Unit) -> NewFactor:
    """The secret to put into an authenticator; asked again, the same one."""
    half = _open_half(command.half_id, unit)
    account = _account_of(half, unit)
    if account.factor:
        raise problems.FactorIsSet(problems.FactorIsSet.words)
    if not half.secret:
        half.secret = unit.keys.encrypt(rules.written(rules.new_secret()), SECRET)
    secret = _secret(half.secret, unit)
    return NewFactor(rules.written(secret), rules.address_of(secret, account.name, "Jiamenkou"))


def give_factor(command: GiveFactor, unit: Unit) -> LetIn | None:
    """Let the member of staff in. None: wrong, used before, too late, or tried too often."""
    half = unit.session.get(HalfLogIn, command.half_id, with_for_update=True)
    if half is None or unit.now >= half.expires_at or half.tries >= rules.HALF_TRIES:
        return None
    account = unit.lock(Staff, half.staff_id)
    if is_shut(account, unit):
        return None
    half.tries += 1
    codes: list[str] = []
    kept = account.factor or half.secret
    step = rules.accepted_step(_secret(kept, unit), command.code, unit.now, account.factor_step) if kept else None
    if step is None and not (account.factor and _used_recovery_code(account, command.code, unit)):
        count_failure(account, unit)
        return None
    if step is not None:
        account.factor_step = step
    if not account.factor:
        account.factor = half.secret
        codes = rules.new_recovery_codes()
        note_account(unit, staff_id=account.id, by=account.id, action="factor_set")
        unit.add(*(RecoveryCode(staff_id=account.id, mark=_mark(account, code, unit)) for code in codes))
    account.failures = 0
    unit.session.delete(half)
    return LetIn(principal_for(account), codes)


def take_factor_away(account: Staff, unit: Unit) -> None:
    """The account has no second factor any more, and no recovery codes."""
    account.factor, account.factor_step = "", 0
    unit.session.exec(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == account.id))
    unit.session.exec(delete(HalfLogIn).where(col(HalfLogIn.staff_id) == account.id))


def _open_half(half_id: UUID, unit: Unit) -> HalfLogIn:
    half = unit.session.get(HalfLogIn, half_id, with_for_update=True)
    if half is None or unit.now >= half.expires_at:
        raise problems.WrongFactor(problems.WrongFactor.words)
    return half


def _account_of(half: HalfLogIn, unit: Unit) -> Staff:
    account = unit.get(Staff, half.staff_id)
    if account.ended_at is not None:
        raise problems.WrongFactor(problems.WrongFactor.words)
    return account


def _secret(kept: str, unit: Unit) -> bytes:
    text = unit.keys.decrypt(kept, SECRET)
    return base64.b32decode(text + "=" * (-len(text) % 8))


def _mark(account: Staff, code: str, unit: Unit) -> str:
    return unit.keys.fingerprint(f"{account.id}:{code}", RECOVERY)


def _used_recovery_code(account: Staff, typed: str, unit: Unit) -> bool:
    mark = _mark(account, rules.as_recovery_code(typed), unit)
    found = unit.session.get(RecoveryCode, (account.id, mark))
    if found is not None:
        unit.session.delete(found)
    return found is not None
