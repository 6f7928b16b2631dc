"""Print a sign-in sheet: who stands on which row is kept, so that the paper can be typed in later whatever happens meanwhile."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, func, select

from services.registration.features import Command
from services.registration.features.problems import WrongKind
from services.registration.projections.places import roster
from services.registration.tables import Session, Sheet
from shared.unit import Unit
from shared.web import phrase


class PrintSheet(Command):
    """`by` wants the list of `session_id` on paper, as it stands now."""

    session_id: UUID
    by: UUID


def print_sheet(command: PrintSheet, unit: Unit) -> Sheet:
    """Number the sheet and fix its rows."""
    session = unit.lock(Session, command.session_id)
    if session.kind == "livestream":
        raise WrongKind(phrase("直播不用签到，没有签到表。"))
    printed = unit.session.exec(select(func.count()).where(col(Sheet.session_id) == session.id)).one()
    sheet = Sheet(
        session_id=session.id,
        number=printed + 1,
        rows=[line.registration.id for line in roster(session.id, unit)],
        printed_at=unit.now,
        printed_by=command.by,
    )
    unit.add(sheet)
    return sheet
