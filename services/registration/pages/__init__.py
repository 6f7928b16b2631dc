"""Registration's pages: the residents' rooms, the staff's desk, the log-in, the live room."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from services.registration.answers import carried_out_once
from services.registration.pages import (
    account,
    accounts,
    browse,
    calendar,
    conflicts,
    courses,
    desk,
    door,
    edit_session,
    family,
    hours,
    learning,
    live,
    live_roster,
    log_in,
    log_in_outside,
    merging,
    my_data,
    one_resident,
    paper,
    people,
    places,
    programmes,
    resident,
    series,
    terms,
)
from services.registration.pages.seen import note_device

router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(note_device)])
_residents = (places, resident, family, terms, browse, live, learning, my_data)
_staffs = (
    desk,
    live_roster,
    conflicts,
    door,
    paper,
    programmes,
    people,
    merging,
    one_resident,
    hours,
    courses,
    calendar,
    series,
    edit_session,
)
_rooms = [room.router for room in (*_residents, *_staffs)]
carried_out_once(_rooms)
for room in (*_rooms, log_in.router, log_in_outside.router, account.router, accounts.router, learning.anonymous):
    router.include_router(room)
