"""Registration's pages: the residents' rooms, the staff's desk, the log-in, the live room."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from services.registration.answers import carried_out_once
from services.registration.pages import (
    browse,
    calendar,
    courses,
    desk,
    door,
    edit_session,
    family,
    learning,
    live,
    log_in,
    merging,
    one_resident,
    paper,
    people,
    places,
    programmes,
    resident,
    series,
)
from shared.http import principal_of

router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(principal_of)])
_residents = (resident, family, places, browse, live, learning, log_in)
_staffs = (desk, door, paper, programmes, people, merging, one_resident, courses, calendar, series, edit_session)
_rooms = [room.router for room in (*_residents, *_staffs)]
carried_out_once(_rooms)
for room in (*_rooms, learning.anonymous):
    router.include_router(room)
