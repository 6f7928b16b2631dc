"""The texts, for staff: by state, and each one's life."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notify.domain.outcomes import State
from services.notify.features.look_up import PAGE, count_states, list_messages, show_message
from services.notify.pages.words import READERS, WORDS, pages
from shared.http import StaffDep, UnitDep

router = APIRouter()


@router.get("/messages")
def get_messages(
    request: Request, unit: UnitDep, _: StaffDep, state: State | None = None, before: UUID | None = None
) -> Response:
    """Texts by state, newest first."""
    lines = list_messages(unit, state, before)
    more = lines[-1].message.id if len(lines) == PAGE else None
    counts = count_states(unit)
    return pages.render(request, "messages.html", lines=lines, counts=counts, state=state, more=more, **WORDS)


@router.get("/messages/{message_id}")
def get_message(request: Request, message_id: UUID, unit: UnitDep, staff: StaffDep) -> Response:
    """One text's life."""
    return pages.render(request, "message.html", life=show_message(message_id, unit), readable=staff.may(*READERS), **WORDS)
