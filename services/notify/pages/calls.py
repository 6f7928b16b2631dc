"""Whom to call in the place of a text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.domain.calls import CallOutcome
from services.notify.domain.hours import SHANGHAI
from services.notify.features.call import NoteCall, list_calls, note_call
from services.notify.pages.words import READERS, WORDS, pages
from shared.auth import require
from shared.errors import Invalid
from shared.http import StaffDep, UnitDep
from shared.web import phrase

router = APIRouter()

NO_TIME = phrase("再打的时间没看懂，请用日历选一个，或空着。")


@router.get("/messages/calls")
def get_calls(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """Whom to call, about what, by when."""
    calls = list_calls(unit, staff.limits)
    return pages.render(request, "calls.html", calls=calls, readable=staff.may(*READERS), **WORDS)


@router.post("/messages/calls")
def post_call(
    message_id: Annotated[UUID, Form()],
    outcome: Annotated[CallOutcome, Form()],
    unit: UnitDep,
    staff: StaffDep,
    again_at: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Somebody called."""
    require(staff, *READERS)
    command = NoteCall(message_id=message_id, outcome=outcome, staff_id=staff.id, again_at=_moment(again_at))
    note_call(command, unit)
    return RedirectResponse("/notify/messages/calls", status_code=303)


def _moment(typed: str) -> datetime | None:
    """A time as browsers send it, in Shanghai."""
    if not typed.strip():
        return None
    try:
        at = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(NO_TIME) from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
