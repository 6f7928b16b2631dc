"""Registration's pages: the residents' rooms, the staff's desk, the log-in, the live room."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from services.registration.pages import desk, family, live, log_in, one_resident, people, programmes, resident
from shared.http import principal_of

router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(principal_of)])
for room in (resident, family, live, log_in, desk, programmes, people, one_resident):
    router.include_router(room.router)
