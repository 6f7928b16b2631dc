"""Registration's interface in JSON: every route is one call."""

from __future__ import annotations

from fastapi import APIRouter

from services.registration.api import access, calendar, live, people, places, presence, series
from services.registration.api.live import rooms

__all__ = ["rooms", "router"]

router = APIRouter(prefix="/registration/api")
for part in (people, calendar, series, places, presence, live, access):
    router.include_router(part.router)
