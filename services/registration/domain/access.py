"""Who gets in, and how often one may try, on plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

Role = Literal["clerk", "nurse", "editor", "operator"]

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
PER_NUMBER = ((timedelta(minutes=1), 1), (timedelta(hours=1), 5))
PER_ADDRESS = ((timedelta(hours=1), 30),)
"""How many log-in codes may be asked for within a span: for one number, and from one network address."""

PASSWORD_TRIES = 5
PASSWORD_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
MOST_LIMITS = 20
"""How many streets, neighbourhoods, programmes and stations an account may be limited to: more would not fit into a cookie."""


def pause_after(failures: int) -> timedelta:
    """How long an account pauses after so many failures in a row: twice as long each time, up to a quarter of an hour."""
    return min(PASSWORD_PAUSE * (1 << min(failures // PASSWORD_TRIES - 1, 10)), LONGEST_PAUSE)


def wait_for_next_code(asked: Sequence[datetime], limits: Sequence[tuple[timedelta, int]], now: datetime) -> timedelta | None:
    """How long until another code may be asked for, given when earlier ones were; None: now."""
    waits = []
    for span, most in limits:
        recent = sorted(at for at in asked if at > now - span)
        if len(recent) >= most:
            waits.append(recent[-most] + span - now)
    return max(waits, default=None)
