"""One's own records: a copy of everything, or to be forgotten; and the staff's side of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.registration.archive import as_zip
from services.registration.features.access_log import note
from services.registration.features.erasures import (
    AskErasure,
    HoldErasure,
    ReleaseErasure,
    WithdrawErasure,
    ask_erasure,
    hold_erasure,
    open_erasure,
    reason_of,
    release_erasure,
    withdraw_erasure,
)
from services.registration.features.exports import AskExport, Progress, ask_export, contents_of, exports_of
from services.registration.jobs import other_sources
from services.registration.projections.erasures import parts_of
from services.registration.tables import Erasure
from shared.http import ResidentDep, StaffDep, UnitDep, service_of
from shared.unit import Unit

router = APIRouter()


class ExportOut(BaseModel):
    """A copy of my records: complete when no service is `missing`."""

    id: UUID
    asked_at: datetime
    expires_at: datetime
    missing: list[str]

    @classmethod
    def of(cls, progress: Progress) -> ExportOut:
        """The copy as it stands."""
        export = progress.export
        return cls(id=export.id, asked_at=export.asked_at, expires_at=export.expires_at, missing=progress.missing)


class ErasureOut(BaseModel):
    """A wish to be forgotten: when it is carried out, why it is held, and which services have not confirmed it yet."""

    id: UUID
    asked_at: datetime
    due_at: datetime
    held_for: str
    started_at: datetime | None
    finished_at: datetime | None
    missing: list[str]

    @classmethod
    def of(cls, erasure: Erasure, unit: Unit) -> ErasureOut:
        """The wish as it stands."""
        missing = [part.source for part in parts_of(erasure.id, unit) if part.confirmed_at is None]
        return cls(
            id=erasure.id,
            asked_at=erasure.asked_at,
            due_at=erasure.due_at,
            held_for=reason_of(erasure, unit),
            started_at=erasure.started_at,
            finished_at=erasure.finished_at,
            missing=missing,
        )


class ErasureWish(BaseModel):
    """Who asked staff to be forgotten."""

    model_config = ConfigDict(extra="forbid")

    resident_id: UUID


class HoldWish(BaseModel):
    """Why the records must be kept for now; the person can read it."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=200, examples=["信访事项尚未办结"])]


@router.post("/residents/me/exports", status_code=202)
def post_export(resident: ResidentDep, request: Request, unit: UnitDep) -> ExportOut:
    """Ask for a copy of everything that any service keeps about me."""
    sources = other_sources(service_of(request).settings)
    ask_export(AskExport(resident_id=resident.id, sources=sources), unit)
    unit.session.flush()
    return ExportOut.of(exports_of(resident.id, unit)[0])


@router.get("/residents/me/exports")
def get_exports(resident: ResidentDep, unit: UnitDep) -> list[ExportOut]:
    """My copies, and what is still missing in them."""
    return [ExportOut.of(progress) for progress in exports_of(resident.id, unit)]


@router.get("/residents/me/exports/{export_id}", response_class=Response)
def get_export(export_id: UUID, resident: ResidentDep, request: Request, unit: UnitDep) -> Response:
    """A complete copy: a zip with a JSON file per service and an index to read."""
    return as_zip(contents_of(export_id, resident.id, unit), request)


@router.post("/residents/me/erasure", status_code=202)
def post_my_erasure(resident: ResidentDep, unit: UnitDep) -> ErasureOut:
    """Ask to be forgotten; it can be taken back for seven days."""
    return ErasureOut.of(ask_erasure(AskErasure(resident_id=resident.id, asked_by="resident"), unit), unit)


@router.get("/residents/me/erasure")
def get_my_erasure(resident: ResidentDep, unit: UnitDep) -> ErasureOut | None:
    """How far my wish to be forgotten is; null when there is none."""
    erasure = open_erasure(resident.id, unit)
    return ErasureOut.of(erasure, unit) if erasure else None


@router.delete("/residents/me/erasure/{erasure_id}")
def delete_my_erasure(erasure_id: UUID, resident: ResidentDep, unit: UnitDep) -> ErasureOut:
    """Take the wish back."""
    erasure = withdraw_erasure(WithdrawErasure(erasure_id=erasure_id, resident_id=resident.id), unit)
    return ErasureOut.of(erasure, unit)


@router.post("/erasures", status_code=202)
def post_erasure(wish: ErasureWish, staff: StaffDep, unit: UnitDep) -> ErasureOut:
    """Write down that a resident asked staff to be forgotten."""
    erasure = ask_erasure(AskErasure(resident_id=wish.resident_id, asked_by="staff"), unit)
    note(unit, who=staff, resident_id=erasure.resident_id, action="erasure_asked")
    return ErasureOut.of(erasure, unit)


@router.post("/erasures/{erasure_id}/withdraw")
def post_withdraw(erasure_id: UUID, staff: StaffDep, unit: UnitDep) -> ErasureOut:
    """Take the wish back for somebody who called."""
    erasure = withdraw_erasure(WithdrawErasure(erasure_id=erasure_id), unit)
    note(unit, who=staff, resident_id=erasure.resident_id, action="erasure_withdrawn")
    return ErasureOut.of(erasure, unit)


@router.post("/erasures/{erasure_id}/hold")
def post_hold(erasure_id: UUID, wish: HoldWish, staff: StaffDep, unit: UnitDep) -> ErasureOut:
    """Keep the records for now, for a reason."""
    erasure = hold_erasure(HoldErasure(erasure_id=erasure_id, staff_id=staff.id, reason=wish.reason), unit)
    note(unit, who=staff, resident_id=erasure.resident_id, action="erasure_held", why=wish.reason)
    return ErasureOut.of(erasure, unit)


@router.post("/erasures/{erasure_id}/release")
def post_release(erasure_id: UUID, staff: StaffDep, unit: UnitDep) -> ErasureOut:
    """Let the erasure take its course again."""
    erasure = release_erasure(ReleaseErasure(erasure_id=erasure_id), unit)
    note(unit, who=staff, resident_id=erasure.resident_id, action="erasure_released")
    return ErasureOut.of(erasure, unit)
