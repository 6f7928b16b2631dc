"""The devices on which somebody is logged in: one more, one seen again, one or all of them out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from services.registration.domain.devices import device_of
from services.registration.features import Command, problems
from services.registration.features.account_log import note_account
from services.registration.tables import LogIn
from shared import log_ins
from shared.auth import RESIDENT_SECONDS, SESSION_SECONDS, Principal
from shared.contracts.registration import LogInEnded
from shared.unit import Unit
from shared.web import phrase

SHOWN = 50


class BeginLogIn(Command):
    """`principal` got in with a browser that calls itself `user_agent`."""

    principal: Principal
    user_agent: str


class EndLogIns(Command):
    """Log `person_id` out: of one device, or of all but `keep`, or of those that got in `since` then.

    `by`: who asks for that and nothing else; of staff it is noted.
    """

    person_id: UUID
    log_in_id: UUID | None = None
    keep: UUID | None = None
    since: datetime | None = None
    by: UUID | None = None


def begin_log_in(command: BeginLogIn, unit: Unit) -> Principal:
    """Write the log-in down; the principal returned names it."""
    who = command.principal
    log_in = LogIn(
        id=who.log_in,
        person_id=who.id,
        kind=who.kind,
        device=device_of(command.user_agent),
        began_at=unit.now,
        seen_at=unit.now,
        runs_out_at=unit.now + timedelta(seconds=who.seconds),
    )
    unit.add(log_in)
    return who


def end_log_ins(command: EndLogIns, unit: Unit) -> int:
    """End them here and tell every service; returns how many. A device of somebody else is unknown."""
    wanted = select(LogIn).where(col(LogIn.person_id) == command.person_id).order_by(col(LogIn.id)).with_for_update()
    if command.log_in_id is not None:
        wanted = wanted.where(col(LogIn.id) == command.log_in_id)
    if command.since is not None:
        wanted = wanted.where(col(LogIn.began_at) >= command.since)
    found = unit.session.exec(wanted).all()
    if command.log_in_id is not None and not found:
        raise problems.UnknownLogIn(phrase("没有找到这台设备的登录，它可能已经退出了。"))
    ending = [log_in for log_in in found if log_in.ended_at is None and log_in.id != command.keep]
    for log_in in ending:
        log_in.ended_at = unit.now
        seconds = RESIDENT_SECONDS if log_in.kind == "resident" else SESSION_SECONDS
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        log_ins.end(unit.cursor(), log_in.id, until)
        unit.emit(LogInEnded(log_in_id=log_in.id, until=until))
    if ending and ending[0].kind == "staff" and command.by is not None:
        note_account(unit, staff_id=command.person_id, by=command.by, action="log_ins_ended", devices=len(ending))
    return len(ending)


def see_log_in(log_in_id: UUID, unit: Unit) -> None:
    """Note that the device was seen just now."""
    unit.session.exec(update(LogIn).where(col(LogIn.id) == log_in_id).values(seen_at=unit.now))


def open_log_ins(person_id: UUID, unit: Unit) -> Sequence[LogIn]:
    """The devices on which the person is logged in, the one seen last first."""
    found = select(LogIn).where(
        col(LogIn.person_id) == person_id, col(LogIn.ended_at).is_(None), col(LogIn.runs_out_at) > unit.now
    )
    return unit.session.exec(found.order_by(col(LogIn.seen_at).desc(), col(LogIn.id)).limit(SHOWN)).all()
