"""Notify's pages: the texts, the replies and the calls for staff, and, in a demo, the phones themselves."""

from __future__ import annotations

from fastapi import APIRouter

from services.notify.pages import calls, figures, handset, inbox, messages

router = APIRouter(prefix="/notify", include_in_schema=False)
for room in (inbox, calls, figures, messages, handset):
    router.include_router(room.router)
