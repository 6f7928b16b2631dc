"""Offline scans that do not fit: staff look at each, note what they found, and it leaves the list."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.registration.features.settle_scan import SettleScan, settle_scan
from services.registration.features.verdicts import WORDS
from services.registration.pages.rendering import pages, see
from services.registration.projections.presence import conflicts_of, settled_of
from services.registration.tables import Session
from shared.http import StaffDep, UnitDep

router = APIRouter(prefix="/desk/sessions/{session_id}/conflicts")


@router.get("")
def show_conflicts(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """What does not fit, and what was settled."""
    session = unit.get(Session, session_id)
    return pages.render(
        request,
        "conflicts.html",
        session=session,
        conflicts=conflicts_of(session.id, unit),
        settled=settled_of(session.id, unit),
        verdict_words=WORDS,
    )


@router.post("")
def settle(
    session_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    nonce: Annotated[UUID, Form()],
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Settle one."""
    settle_scan(SettleScan(session_id=session_id, nonce=nonce, note=note, by=staff.id), unit)
    return see(f"/registration/desk/sessions/{session_id}/conflicts")
