"""Notify's interface in JSON: every route is one call."""

from __future__ import annotations

from fastapi import APIRouter

from services.notify.api import bulk, calls, carrier, choices, figures, inbox, routing, rules, templates

router = APIRouter(prefix="/notify/api")
router.include_router(bulk.router)
router.include_router(carrier.router)
router.include_router(figures.router)
router.include_router(routing.router)
router.include_router(rules.router)
router.include_router(templates.router)
router.include_router(inbox.router)
router.include_router(calls.router)
router.include_router(choices.router)
