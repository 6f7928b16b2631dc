"""Ask for a log-in code by text."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlmodel import col, select

from services.registration.domain.access import CODE_LIFE, PER_ADDRESS, PER_NUMBER, wait_for_next_code
from services.registration.features import Command, problems
from services.registration.features.mobile import SomeMobile
from services.registration.features.register_resident import resident_with_phone
from services.registration.tables import LoginCode
from shared.contracts.registration import LoginCodeRequested
from shared.event import new_id
from shared.unit import Unit


class RequestLoginCode(Command):
    """Whoever is at network `address` says that `phone` is theirs."""

    phone: SomeMobile
    address: str


def request_login_code(command: RequestLoginCode, unit: Unit) -> LoginCode:
    """Send a code to a known number; for an unknown one do all but that, so that nobody learns who is registered."""
    phone_mark = unit.keys.fingerprint(command.phone, "resident.phone")
    address_mark = unit.keys.fingerprint(command.address, "login_code.address")
    _refuse_too_often(phone_mark, address_mark, unit)
    resident = resident_with_phone(phone_mark, unit)
    code = f"{secrets.randbelow(1_000_000):06d}"
    login_id = new_id()
    login = LoginCode(
        id=login_id,
        phone_mark=phone_mark,
        address_mark=address_mark,
        resident_id=resident.id if resident else None,
        code_mark=unit.keys.fingerprint(f"{login_id}:{code}", "login_code.code"),
        requested_at=unit.now,
        expires_at=unit.now + CODE_LIFE,
    )
    unit.add(login)
    told = LoginCodeRequested(
        login_id=login.id,
        phone=unit.keys.seal("notify", command.phone),
        code=unit.keys.seal("notify", code),
        expires_at=login.expires_at,
    )
    if resident is not None:
        unit.emit(told)
    return login


def _refuse_too_often(phone_mark: str, address_mark: str, unit: Unit) -> None:
    cursor = unit.cursor()
    for mark in sorted((phone_mark, address_mark)):
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (mark,))
    _refuse(col(LoginCode.phone_mark) == phone_mark, PER_NUMBER, unit)
    _refuse(col(LoginCode.address_mark) == address_mark, PER_ADDRESS, unit)


def _refuse(whose: Any, limits: Sequence[tuple[timedelta, int]], unit: Unit) -> None:
    since: datetime = unit.now - max(span for span, _ in limits)
    asked = unit.session.exec(select(LoginCode.requested_at).where(whose, col(LoginCode.requested_at) > since)).all()
    wait = wait_for_next_code(asked, limits, unit.now)
    if wait is not None:
        raise problems.TooManyCodes(problems.TooManyCodes.words, retry_after=ceil(wait.total_seconds()))
