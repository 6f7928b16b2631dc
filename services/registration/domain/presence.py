"""Who may be checked in, on plain values."""

from __future__ import annotations

from datetime import datetime, tzinfo


def doors_are_open(starts_at: datetime, now: datetime, zone: tzinfo) -> bool:
    """People are checked in from the morning of the session's own day."""
    return now.astimezone(zone).date() >= starts_at.astimezone(zone).date()
