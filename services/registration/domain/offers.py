"""How long a place that became free is kept for somebody, on plain values."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

OPENS = time(8, 30)
CLOSES = time(20, 30)
"""The civil hours in which texts go out; an offer's time runs in them only, so that nobody loses a place asleep."""

WINDOWS = (
    (timedelta(days=3), timedelta(hours=12)),
    (timedelta(hours=24), timedelta(hours=4)),
    (timedelta(hours=4), timedelta(hours=1)),
    (timedelta(hours=1), timedelta(minutes=15)),
)
"""How long an offer stands, by how far away the start is. Nearer than the last there is no offer: the place is given."""

TO_GET_THERE = timedelta(minutes=30)
"""Every offer ends this long before the start, so that whoever is next can still come."""

SHORTEST = WINDOWS[-1][1]


def next_civil(at: datetime, zone: tzinfo) -> datetime:
    """This moment if it is civil, else the next morning's opening."""
    local = at.astimezone(zone)
    if OPENS <= local.time() < CLOSES:
        return at
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, zone)


def after_civil(begins: datetime, span: timedelta, zone: tzinfo) -> datetime:
    """The moment when `span` of civil time has passed since `begins`."""
    at = next_civil(begins, zone)
    while True:
        evening = datetime.combine(at.astimezone(zone).date(), CLOSES, zone)
        if at + span <= evening:
            return at + span
        span -= evening - at
        at = next_civil(evening, zone)


def offer_until(now: datetime, starts_at: datetime, zone: tzinfo) -> datetime | None:
    """Until when a place that became free `now` is kept for the next in line; None: too late to ask, it is given at once."""
    begins = next_civil(now, zone)
    window = next((window for least, window in WINDOWS if starts_at - begins >= least), None)
    if window is None:
        return None
    until = min(after_civil(begins, window, zone), starts_at - TO_GET_THERE)
    return until if until >= after_civil(begins, SHORTEST, zone) else None
