"""Whom to call in the place of a text."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.features.call import NoteCall, Outcome, list_calls, note_call
from services.notify.pages.words import READERS, pages
from shared.http import StaffDep, UnitDep

router = APIRouter()


@router.get("/messages/calls")
def get_calls(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """Whom to call, about what, by when."""
    return pages.render(request, "calls.html", calls=list_calls(unit), readable=staff.may(*READERS))


@router.post("/messages/calls")
def post_call(
    message_id: Annotated[UUID, Form()], outcome: Annotated[Outcome, Form()], unit: UnitDep, staff: StaffDep
) -> Response:
    """Somebody called."""
    note_call(NoteCall(message_id=message_id, outcome=outcome, staff_id=staff.id), unit)
    return RedirectResponse("/notify/messages/calls", status_code=303)
