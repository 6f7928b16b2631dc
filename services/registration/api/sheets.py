"""Paper: sign-in sheets, whose rows are typed in later as scans with `row` and `sheet_id`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.registration.api.common import Out
from services.registration.features.print_sheet import PrintSheet, print_sheet
from services.registration.projections.presence import rows_of, sheets_of
from services.registration.tables import Session, Sheet
from shared.http import StaffDep, UnitDep
from shared.unit import Unit

router = APIRouter()


class SheetRowOut(Out):
    """A row as it is printed: its code, and the name beside it."""

    code: str
    name: str


class SheetLineOut(Out):
    """A sheet that was printed; `number` counts those of a session from 1."""

    id: UUID
    session_id: UUID
    number: int
    printed_at: datetime


class SheetOut(BaseModel):
    """A sheet with its rows from the top."""

    sheet: SheetLineOut
    rows: list[SheetRowOut]

    @classmethod
    def of(cls, sheet: Sheet, unit: Unit) -> SheetOut:
        """As it was printed."""
        rows = [SheetRowOut.model_validate(row) for row in rows_of(sheet, unit)]
        return cls(sheet=SheetLineOut.model_validate(sheet), rows=rows)


@router.post("/sessions/{session_id}/sheets", status_code=201)
def post_sheet(session_id: UUID, staff: StaffDep, unit: UnitDep) -> SheetOut:
    """Make a sheet of the list as it stands; who signs up later is on the next."""
    return SheetOut.of(print_sheet(PrintSheet(session_id=session_id, by=staff.id), unit), unit)


@router.get("/sessions/{session_id}/sheets")
def get_sheets(session_id: UUID, _: StaffDep, unit: UnitDep) -> list[SheetLineOut]:
    """The sheets of a session, the newest first."""
    unit.get(Session, session_id)
    return [SheetLineOut.model_validate(sheet) for sheet in sheets_of(session_id, unit)]


@router.get("/sheets/{sheet_id}")
def get_sheet(sheet_id: UUID, _: StaffDep, unit: UnitDep) -> SheetOut:
    """A sheet, to be printed again."""
    return SheetOut.of(unit.get(Sheet, sheet_id), unit)
