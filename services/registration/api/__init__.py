"""Registration's interface in JSON: every route is one call."""

from __future__ import annotations

from fastapi import APIRouter

from services.registration.answers import carried_out_once
from services.registration.api import (
    access,
    calendar,
    certificates,
    courses,
    instructors,
    live,
    merging,
    own_records,
    people,
    places,
    presence,
    series,
    sheets,
    staff,
)
from services.registration.api.live import rooms

__all__ = ["rooms", "router"]

router = APIRouter(prefix="/registration/api")
_parts = [
    part.router
    for part in (
        places,
        presence,
        live,
        own_records,
        people,
        merging,
        calendar,
        series,
        instructors,
        sheets,
        courses,
        certificates,
    )
]
"""Those that many use at once come first: a request tries the routes one by one."""
carried_out_once(_parts)
for part in (*_parts, access.router, staff.router, courses.anonymous):
    router.include_router(part)
