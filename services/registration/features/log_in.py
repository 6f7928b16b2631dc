"""Log in: a resident with the code from the text, staff with a password and, where they have one, a second factor.

A wrong try is an answer, not an error: it is counted, and the count must outlive the request.
"""

from __future__ import annotations

import hmac
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlmodel import col, select

from services.registration.domain.access import CODE_TRIES, PASSWORD_TRIES, pause_after
from services.registration.domain.second_factor import HALF_LIFE
from services.registration.features import Command
from services.registration.features.register_resident import survivor
from services.registration.tables import HalfLogIn, LoginCode, Resident, Staff
from shared.auth import Principal
from shared.unit import Unit


class VerifyLoginCode(Command):
    """`code` is what the text of `login_id` said."""

    login_id: UUID
    code: str


class LogInStaff(Command):
    """A staff account's name and password; `factor_required` where the house lets nobody in without a second factor."""

    name: str
    password: str
    factor_required: bool = False


class LogInKnownOutside(Command):
    """The account that the organisation's own log-in named; `factor_given` where it asked for a second factor itself."""

    name: str
    factor_given: bool
    factor_required: bool


def verify_login_code(command: VerifyLoginCode, unit: Unit) -> Principal | None:
    """The resident whose code it is, or whom they turned out to be. None: wrong, used, too old, or tried too often."""
    login = unit.session.get(LoginCode, command.login_id, with_for_update=True)
    if login is None or login.used_at is not None or login.tries >= CODE_TRIES or unit.now >= login.expires_at:
        return None
    login.tries += 1
    digits = "".join(mark for mark in command.code if mark.isdecimal())
    mark = unit.keys.fingerprint(f"{login.id}:{int(digits):06d}" if digits else "", "login_code.code")
    if not hmac.compare_digest(mark, login.code_mark) or login.resident_id is None:
        return None
    login.used_at = unit.now
    resident = survivor(unit.get(Resident, login.resident_id), unit)
    name = unit.keys.decrypt(resident.name, "resident.name")
    return Principal(id=resident.id, kind="resident", name=name, roles=frozenset({"resident"}))


def log_in_staff(command: LogInStaff, unit: Unit) -> Principal | HalfLogIn | None:
    """The staff member with this name and password, or their half log-in that waits for the second factor.

    None: no such pair, or the account has ended, or pauses after too many tries.
    """
    account = unit.session.exec(select(Staff).where(col(Staff.name) == command.name).with_for_update()).one_or_none()
    right = _is_right(account.password if account else _nobodys(), command.password)
    if account is None or is_shut(account, unit):
        return None
    if not right:
        count_failure(account, unit)
        return None
    if _hasher().check_needs_rehash(account.password):
        account.password = hashed(command.password)
    if account.factor or command.factor_required:
        half = HalfLogIn(staff_id=account.id, expires_at=unit.now + HALF_LIFE)
        unit.add(half)
        return half
    account.failures = 0
    return principal_for(account)


def log_in_known_outside(command: LogInKnownOutside, unit: Unit) -> Principal | HalfLogIn | None:
    """The staff member whom the organisation's own log-in let in, or their half log-in that waits for the second factor.

    None: there is no such account, or it has ended. Wrong passwords that others tried do not keep anybody out here.
    """
    account = unit.session.exec(select(Staff).where(col(Staff.name) == command.name).with_for_update()).one_or_none()
    if account is None or account.ended_at is not None:
        return None
    if not command.factor_given and (account.factor or command.factor_required):
        half = HalfLogIn(staff_id=account.id, expires_at=unit.now + HALF_LIFE)
        unit.add(half)
        return half
    return principal_for(account)


def principal_for(account: Staff) -> Principal:
    """Whom the account speaks for."""
    limits = {kind: frozenset(allowed) for kind, allowed in account.limits.items()}
    return Principal(id=account.id, kind="staff", name=account.name, roles=frozenset(account.roles), limits=limits)


def is_shut(account: Staff, unit: Unit) -> bool:
    """Whether nobody gets in with this account now."""
    return account.ended_at is not None or (account.paused_until is not None and unit.now < account.paused_until)


def count_failure(account: Staff, unit: Unit) -> None:
    """One more wrong password or code in a row; every few of them the account pauses, longer each time."""
    account.failures += 1
    if account.failures % PASSWORD_TRIES == 0:
        account.paused_until = unit.now + pause_after(account.failures)


def hashed(password: str) -> str:
    """The Argon2id hash that is kept."""
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    """A hash to check against when there is no account, so that both take the same time."""
    return hashed("nobody's")


def _is_right(kept: str, password: str) -> bool:
    try:
        return _hasher().verify(kept, password)
    except VerifyMismatchError:
        return False
