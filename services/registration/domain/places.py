"""Who may ask for a place, on plain values."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Literal

from services.registration.domain.calendar import SessionState

RegistrationState = Literal["confirmed", "waitlisted", "cancelled", "extra"]
"""`extra`: let in at the door without a counted place, because staff said so."""


class SignUp(Enum):
    """Whether places of a session can be asked for."""

    NOT_YET = "not_yet"
    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"
    CANCELLED = "cancelled"


def sign_up(state: SessionState, *, opens_at: datetime, closes_at: datetime, ends_at: datetime, now: datetime) -> SignUp:
    """Sign-up runs from `opens_at` until just before `closes_at`, for sessions that are still planned."""
    if state == "cancelled":
        return SignUp.CANCELLED
    if state == "held" or now >= ends_at:
        return SignUp.OVER
    if now < opens_at:
        return SignUp.NOT_YET
    return SignUp.OPEN if now < closes_at else SignUp.CLOSED
