"""Notify's pages: the texts, the replies, the calls and the wordings for staff, and, in a demo, the phones themselves."""

from __future__ import annotations

from fastapi import APIRouter

from services.notify.pages import (
    bulk,
    calls,
    carriers,
    choices,
    errands,
    figures,
    handset,
    inbox,
    kept,
    messages,
    rules,
    templates,
)

router = APIRouter(prefix="/notify", include_in_schema=False)
for room in (inbox, calls, errands, choices, carriers, figures, templates, bulk, rules, messages, kept, handset):
    router.include_router(room.router)
