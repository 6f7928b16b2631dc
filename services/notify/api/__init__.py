"""Notify's interface in JSON: every route is one call."""

from __future__ import annotations

from fastapi import APIRouter

from services.notify.api import carrier

router = APIRouter(prefix="/notify/api")
router.include_router(carrier.router)
