"""The replies that wait for a person."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.features.close_reply import CloseReply, close_reply
from services.notify.features.look_up import list_open_replies, list_replies
from services.notify.pages.words import READERS, WORDS, pages
from shared.http import StaffDep, UnitDep

router = APIRouter()


@router.get("/messages/inbox")
def get_inbox(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """The replies that wait for a person, and the newest of all."""
    readable = staff.may(*READERS)
    return pages.render(
        request, "inbox.html", waiting=list_open_replies(unit), newest=list_replies(unit), readable=readable, **WORDS
    )


@router.post("/messages/inbox")
def post_inbox(reply_id: Annotated[UUID, Form()], unit: UnitDep, staff: StaffDep) -> Response:
    """A reply has been dealt with."""
    close_reply(CloseReply(reply_id=reply_id, staff_id=staff.id), unit)
    return RedirectResponse("/notify/messages/inbox", status_code=303)
