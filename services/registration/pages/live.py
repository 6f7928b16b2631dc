"""The live room as a page; without script it is loaded again to see what is new."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.features.live_room import AskQuestion, ask_question, room_state
from services.registration.features.problems import RoomIsClosed
from services.registration.live import VIEWER, live_rooms, viewer_of
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.tables import LiveRoom, Session
from shared.http import UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()


@router.get("/live/{session_id}")
def show_room(request: Request, session_id: UUID, unit: UnitDep) -> Response:
    """The room: before, while it is open, and after."""
    response = _room(request, session_id, unit, faults={})
    if VIEWER not in request.cookies:
        response.set_cookie(VIEWER, str(viewer_of(request)), httponly=True, samesite="lax", path="/registration/live")
    return response


@router.post("/live/{session_id}")
def ask(request: Request, session_id: UUID, unit: UnitDep, words: Annotated[str, Form(max_length=2000)] = "") -> Response:
    """Ask a question."""
    try:
        ask_question(AskQuestion(session_id=session_id, viewer=viewer_of(request), words=words), unit)
    except ValidationError as error:
        return _room(request, session_id, unit, faults=faults_of(error), words=words, status_code=422)
    return see(f"/registration/live/{session_id}")


@router.post("/live/{session_id}/reaction")
async def react(request: Request, session_id: UUID) -> Response:
    """Send a reaction: the stream shows it; without script the page is loaded again."""
    room = await live_rooms(request).enter(session_id)
    room.react()
    if "hx-request" in request.headers:
        return Response(status_code=204)
    await room.record()
    return see(f"/registration/live/{session_id}")


def _room(
    request: Request, session_id: UUID, unit: Unit, *, faults: dict[str, str], words: str = "", status_code: int = 200
) -> Response:
    session = unit.get(Session, session_id)
    if session.kind != "livestream":
        raise RoomIsClosed(phrase("这一场没有直播间，请到现场来。"))
    state = room_state(session_id, unit) if unit.find(LiveRoom, session_id) else None
    return pages.render(
        request,
        "live.html",
        session=session,
        room=state,
        viewers=live_rooms(request).viewers(session_id),
        faults=faults,
        words=words,
        status_code=status_code,
    )
