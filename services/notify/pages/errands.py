"""Whose door a neighbourhood's volunteers are asked to go to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.domain.calls import DoorOutcome
from services.notify.features.go_to_door import NoteErrand, list_errands, note_errand
from services.notify.pages.words import READERS, WORDS, pages
from shared.auth import require
from shared.http import StaffDep, UnitDep

router = APIRouter()


@router.get("/messages/errands")
def get_errands(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """Whose door to go to, by neighbourhood; made to be printed and handed on."""
    rounds = list_errands(unit, staff.limits)
    return pages.render(request, "errands.html", rounds=rounds, readable=staff.may(*READERS), **WORDS)


@router.post("/messages/errands")
def post_errand(
    message_id: Annotated[UUID, Form()], outcome: Annotated[DoorOutcome, Form()], unit: UnitDep, staff: StaffDep
) -> Response:
    """Somebody was there."""
    require(staff, *READERS)
    note_errand(NoteErrand(message_id=message_id, outcome=outcome, staff_id=staff.id), unit)
    return RedirectResponse("/notify/messages/errands", status_code=303)
