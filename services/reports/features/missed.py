"""Why people missed the sessions of a month, programme by programme; small counts stay unsaid."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, select

from services.reports.domain import Month, hide_small
from services.reports.tables import MissedReason, Programme
from shared.auth import Principal
from shared.contracts.registration import MissedReason as Reason
from shared.limits import within
from shared.unit import Unit

REASONS: tuple[Reason, ...] = get_args(Reason)


class MissedLine(BaseModel):
    """One programme: how many gave each reason; None where the count is too small to be said."""

    programme_id: UUID
    title: str
    reasons: dict[Reason, int | None]


def missed(month: Month, staff: Principal, unit: Unit) -> list[MissedLine]:
    """The programmes inside the limits of `staff` whose absent people said why, by title."""
    found = (
        select(Programme, MissedReason.reason, MissedReason.n)
        .join(MissedReason, col(MissedReason.programme_id) == col(Programme.programme_id))
        .where(col(MissedReason.month) == month.starts, col(MissedReason.n) > 0)
        .where(within(staff, street=Programme.street, programme=Programme.programme_id))
        .order_by(col(Programme.title), col(Programme.programme_id))
    )
    counts: dict[UUID, tuple[str, dict[str, int]]] = {}
    for programme, reason, n in unit.session.exec(found):
        counts.setdefault(programme.programme_id, (programme.title, {}))[1][reason] = n
    return [_line(id, title, reasons) for id, (title, reasons) in counts.items()]


def _line(programme_id: UUID, title: str, counts: dict[str, int]) -> MissedLine:
    shown = hide_small([counts.get(reason, 0) for reason in REASONS])
    return MissedLine(programme_id=programme_id, title=title, reasons=dict(zip(REASONS, shown, strict=True)))
