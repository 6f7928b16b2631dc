"""Noting, now and then, that a device is still in use: once an hour and process is enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request

from services.registration.features.log_ins import see_log_in
from shared import clock
from shared.http import PrincipalDep, service_of

EVERY = timedelta(hours=1)
MOST = 10_000
"""How many devices a process remembers having noted; past that it begins anew."""


def note_device(request: Request, principal: PrincipalDep) -> None:
    """Note when the device that asks was seen, unless that was done within the hour."""
    if principal is None:
        return
    noted: dict[UUID, datetime] = getattr(request.app.state, "devices_noted", {})
    request.app.state.devices_noted = noted
    now = clock.now()
    last = noted.get(principal.log_in)
    if last is not None and abs(now - last) < EVERY:
        return
    if len(noted) >= MOST:
        noted.clear()
    noted[principal.log_in] = now
    with service_of(request).begin() as unit:
        see_log_in(principal.log_in, unit)
