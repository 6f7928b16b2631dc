"""Notify's interface in JSON: every route is one call."""

from __future__ import annotations

from fastapi import APIRouter

from services.notify.api import carrier, figures, templates

router = APIRouter(prefix="/notify/api")
router.include_router(carrier.router)
router.include_router(figures.router)
router.include_router(templates.router)
