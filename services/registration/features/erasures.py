"""A wish to be forgotten, until it is carried out: asked, taken back, held by staff for a reason, released."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from services.registration.domain.own_records import TIME_TO_THINK
from services.registration.features import Command, problems
from services.registration.features.change_resident import lock_resident
from services.registration.tables import Erasure
from shared.unit import Unit
from shared.web import phrase

JOB = "erase"
HELD_FOR = "erasure.held_for"


class AskErasure(Command):
    """`resident_id` is to be forgotten, as they asked for themselves or told staff."""

    resident_id: UUID
    asked_by: Literal["resident", "staff"]


class WithdrawErasure(Command):
    """The wish is taken back; with `resident_id`, only if it is theirs."""

    erasure_id: UUID
    resident_id: UUID | None = None


class HoldErasure(Command):
    """`staff_id` keeps the records from being erased for now, for a reason that the person can read."""

    erasure_id: UUID
    staff_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ReleaseErasure(Command):
    """The reason to hold has gone."""

    erasure_id: UUID


def ask_erasure(command: AskErasure, unit: Unit) -> Erasure:
    """Write the wish down; it is carried out when the time to think it over has passed."""
    resident = lock_resident(command.resident_id, unit)
    if open_erasure(command.resident_id, unit) is not None:
        raise problems.ErasureAsked(phrase("已经提出过删除申请，不用再提；改了主意可以在“我的资料”里撤回。"))
    erasure = Erasure(resident_id=resident.id, asked_by=command.asked_by, asked_at=unit.now, due_at=unit.now + TIME_TO_THINK)
    unit.add(erasure)
    try:
        unit.session.flush()
    except IntegrityError:
        raise problems.ErasureAsked(phrase("已经提出过删除申请，不用再提；改了主意可以在“我的资料”里撤回。")) from None
    unit.later(JOB, erasure.id, erasure.due_at)
    return erasure


def withdraw_erasure(command: WithdrawErasure, unit: Unit) -> Erasure:
    """Everything stays as it is."""
    erasure = _waiting(command.erasure_id, unit, of=command.resident_id)
    erasure.withdrawn_at = unit.now
    unit.forget(JOB, erasure.id)
    return erasure


def hold_erasure(command: HoldErasure, unit: Unit) -> Erasure:
    """Nothing is erased until the hold is released; the reason is kept encrypted, as people write names."""
    erasure = _waiting(command.erasure_id, unit)
    erasure.held_at, erasure.held_by = unit.now, command.staff_id
    erasure.held_for = unit.keys.encrypt(command.reason, HELD_FOR)
    unit.forget(JOB, erasure.id)
    return erasure


def release_erasure(command: ReleaseErasure, unit: Unit) -> Erasure:
    """It is carried out when it was due, or at once when that has passed."""
    erasure = _waiting(command.erasure_id, unit)
    if erasure.held_at is None:
        raise problems.NotHeld(phrase("这个申请没有被暂缓。"))
    erasure.held_at, erasure.held_by, erasure.held_for = None, None, ""
    unit.later(JOB, erasure.id, max(erasure.due_at, unit.now))
    return erasure


def open_erasure(resident_id: UUID, unit: Unit) -> Erasure | None:
    """The person's wish that was not taken back."""
    found = select(Erasure).where(col(Erasure.resident_id) == resident_id, col(Erasure.withdrawn_at).is_(None))
    return unit.session.exec(found).one_or_none()


def reason_of(erasure: Erasure, unit: Unit) -> str:
    """Why it is held; empty when it is not."""
    return unit.keys.decrypt(erasure.held_for, HELD_FOR) if erasure.held_for else ""


def _waiting(erasure_id: UUID, unit: Unit, *, of: UUID | None = None) -> Erasure:
    erasure = unit.session.get(Erasure, erasure_id, with_for_update=True, populate_existing=True)
    if erasure is None or of not in (None, erasure.resident_id):
        raise problems.UnknownErasure(phrase("没有找到这个删除申请。"))
    if erasure.withdrawn_at is not None or erasure.started_at is not None:
        raise problems.ErasureDecided(phrase("这个申请已经撤回，或者已经开始办理，不能再改。"))
    return erasure
