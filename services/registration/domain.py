"""The rules of taking part, on plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Literal

Kind = Literal["series", "course", "livestream"]
SessionState = Literal["planned", "held", "cancelled"]
RegistrationState = Literal["confirmed", "waitlisted", "cancelled", "extra"]
"""`extra`: let in at the door without a counted place, because staff said so."""
Channel = Literal["web", "staff", "text"]
Purpose = Literal["texts", "health_readings"]
Role = Literal["clerk", "nurse", "editor", "operator"]

PURPOSES: tuple[Purpose, ...] = ("texts", "health_readings")
CONSENT_VERSION = "2021-05"
"""Which wording of the consents the pages show now; change it whenever a wording changes."""

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
PER_NUMBER = ((timedelta(minutes=1), 1), (timedelta(hours=1), 5))
PER_ADDRESS = ((timedelta(hours=1), 30),)
"""How many log-in codes may be asked for within a span: for one number, and from one network address."""

PASSWORD_TRIES = 5
PASSWORD_PAUSE = timedelta(minutes=1)


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


def next_topic(topics: Sequence[str], last: str | None) -> str:
    """The topic after `last` in the programme's order, round and round; the first when `last` is none of them."""
    if not topics:
        return ""
    return topics[(topics.index(last) + 1) % len(topics)] if last in topics else topics[0]


def doors_are_open(starts_at: datetime, now: datetime, zone: tzinfo) -> bool:
    """People are checked in from the morning of the session's own day."""
    return now.astimezone(zone).date() >= starts_at.astimezone(zone).date()


def wait_for_next_code(asked: Sequence[datetime], limits: Sequence[tuple[timedelta, int]], now: datetime) -> timedelta | None:
    """How long until another code may be asked for, given when earlier ones were; None: now."""
    waits = []
    for span, most in limits:
        recent = sorted(at for at in asked if at > now - span)
        if len(recent) >= most:
            waits.append(recent[-most] + span - now)
    return max(waits, default=None)


def masked_name(name: str) -> str:
    """王**: the first character; how many follow is nobody's business."""
    return f"{name[:1]}**"


def masked_phone(phone: str) -> str:
    """138****8000, from +8613800138000; empty stays empty."""
    national = phone.removeprefix("+86")
    return f"{national[:3]}****{national[-4:]}" if national else ""
