"""Live rooms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.registration.api.common import Made
from services.registration.features.live_room import (
    AskQuestion,
    CloseLivestream,
    OpenLivestream,
    RoomState,
    ask_question,
    close_livestream,
    open_livestream,
    room_state,
)
from services.registration.live import live_rooms
from shared.http import StaffDep, UnitDep

router = APIRouter()


class ViewerWish(BaseModel):
    """The number a viewer's device gave itself."""

    model_config = ConfigDict(str_strip_whitespace=True)

    viewer: UUID


class QuestionWish(ViewerWish):
    """A question for the room."""

    words: Annotated[str, Field(min_length=1, max_length=140, examples=["面试要带什么材料？"])]


async def counted_so_far(session_id: UUID, request: Request) -> None:
    """Write down what this process has counted in the room, before it is read or closed."""
    await live_rooms(request).record(session_id)


@router.post("/livestreams/{session_id}/open", status_code=201)
def post_open(session_id: UUID, _: StaffDep, unit: UnitDep) -> RoomState:
    """Open the live room."""
    open_livestream(OpenLivestream(session_id=session_id), unit)
    return room_state(session_id, unit)


@router.post("/livestreams/{session_id}/close", dependencies=[Depends(counted_so_far)])
def post_close(session_id: UUID, _: StaffDep, unit: UnitDep) -> RoomState:
    """Close the live room and count it."""
    return close_livestream(CloseLivestream(session_id=session_id), unit)


@router.get("/livestreams/{session_id}", dependencies=[Depends(counted_so_far)])
def get_livestream(session_id: UUID, unit: UnitDep) -> RoomState:
    """How the room stands."""
    return room_state(session_id, unit)


rooms = APIRouter(prefix="/registration/live")
"""What viewers' devices say to a live room: no log-in, only a number they give themselves."""


@rooms.post("/{session_id}/questions", status_code=201)
def post_question(session_id: UUID, wish: QuestionWish, unit: UnitDep) -> Made:
    """Ask a question in the room."""
    return Made.model_validate(ask_question(AskQuestion(session_id=session_id, viewer=wish.viewer, words=wish.words), unit))


@rooms.post("/{session_id}/reactions", status_code=202)
async def post_reaction(session_id: UUID, _: ViewerWish, request: Request) -> None:
    """Send a reaction: counted in memory, written down within a second."""
    (await live_rooms(request).enter(session_id)).react()
