"""Drop what was kept long enough, as `domain.retention` says."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from services.registration.domain import retention
from services.registration.tables import AccessNote, AnsweredRequest, Export, HalfLogIn, LogIn, LoginCode
from shared import outbox
from shared.erasure import forget_old_codes
from shared.unit import Unit


def drop_what_is_old(unit: Unit) -> None:
    """Every kind of record by its own rule."""
    now = unit.now
    _drop_login_codes(unit)
    statements: tuple[Any, ...] = (
        delete(AnsweredRequest).where(col(AnsweredRequest.answered_at) < now - retention.ANSWERS),
        delete(HalfLogIn).where(col(HalfLogIn.expires_at) < now - retention.HALF_LOG_INS),
        delete(LogIn).where(col(LogIn.runs_out_at) < now - retention.LOG_INS),
        delete(AccessNote).where(col(AccessNote.at) < now - retention.ACCESS_NOTES),
        delete(Export).where(col(Export.expires_at) < now - retention.EXPORTS),
    )
    for statement in statements:
        unit.session.exec(statement)
    _empty_old_words(unit)


def _drop_login_codes(unit: Unit) -> None:
    """Who asked to log in is nobody's business the day after; number and code leave the log too, sealed as they are."""
    old = col(LoginCode.requested_at) < unit.now - retention.LOGIN_CODES
    ids = [str(id) for id in unit.session.exec(select(LoginCode.id).where(old))]
    unit.session.exec(delete(LoginCode).where(old))
    if ids:
        outbox.erase_sealed(unit.cursor(), *ids)
    forget_old_codes(unit.cursor())


def _empty_old_words(unit: Unit) -> None:
    """Questions and scans stay counted; what was asked, and the name of a newcomer at the door, do not stay."""
    asked, scanned = unit.now - retention.QUESTIONS, unit.now - retention.NEWCOMERS
    unit.cursor().execute("UPDATE live_question SET words = '' WHERE words <> '' AND asked_at < %s", (asked,))
    unit.cursor().execute("UPDATE scan SET shown = '' WHERE shown <> '' AND received_at < %s", (scanned,))
