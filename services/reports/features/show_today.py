"""What the console's home shows besides the feed: alarms not yet dealt with, and today's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shared import clock
from shared.unit import Unit

_REFERRALS = """
    SELECT r.referral_id, coalesce(s.name, '—'), r.due_on, r.opened_at, r.due_on < %s AS late,
           ARRAY(SELECT c.item FROM critical_reading c WHERE c.visit_id = r.visit_id ORDER BY c.seen_at)
    FROM referral r LEFT JOIN station s USING (station_id) WHERE r.closed_at IS NULL ORDER BY r.due_on, r.opened_at LIMIT 50
"""
_SESSIONS = """
    SELECT o.session_id, o.title, o.place, o.starts_at, o.ends_at, o.capacity, o.state,
           (SELECT count(*) FROM participation p WHERE p.session_id = o.session_id AND p.state = 'confirmed') AS confirmed,
           (SELECT count(*) FROM participation p WHERE p.session_id = o.session_id AND p.state = 'waitlisted') AS waiting,
           (SELECT count(*) FROM participation p WHERE p.session_id = o.session_id AND p.checked_in) AS here
    FROM occurrence o WHERE o.starts_at >= %s AND o.starts_at < %s AND o.state <> 'cancelled' ORDER BY o.starts_at
"""
_NUMBERS = """
    SELECT (SELECT coalesce(sum(visits), 0) FROM visits_by_station_day WHERE day = %(day)s),
           (SELECT coalesce(sum(items), 0) FROM visits_by_station_day WHERE day = %(day)s),
           (SELECT count(*) FROM visits_by_station_day WHERE day = %(day)s),
           (SELECT count(*) FROM message WHERE sent AND day = %(day)s),
           (SELECT count(*) FROM message WHERE failed AND day = %(day)s)
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An open referral: at which station, because of which items, until when."""

    referral_id: str
    station: str
    due_on: date
    opened_at: datetime
    late: bool
    items: list[str]


@dataclass(frozen=True, slots=True)
class Coming:
    """A session of today or tomorrow, and how full it is."""

    session_id: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    state: str
    confirmed: int
    waiting: int
    here: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Today in numbers: visits (人次), item tests (项次), stations with a visit, texts that went out, texts that failed."""

    visits: int
    items: int
    stations: int
    sent: int
    failed: int


def alarms(unit: Unit) -> list[Alarm]:
    """Referrals that wait for somebody, the most urgent first."""
    return [Alarm(str(id), *rest) for id, *rest in _rows(_REFERRALS, (clock.today().date(),), unit)]


def sessions(unit: Unit) -> list[Coming]:
    """Today's and tomorrow's sessions."""
    today = clock.today()
    return [Coming(str(id), *rest) for id, *rest in _rows(_SESSIONS, (today, today + timedelta(days=2)), unit)]


def numbers(unit: Unit) -> Numbers:
    """Today's numbers so far."""
    (row,) = _rows(_NUMBERS, {"day": clock.today().date()}, unit)
    return Numbers(*(int(value) for value in row))


def _rows(sql: str, values: Any, unit: Unit) -> list[tuple[Any, ...]]:
    return unit.cursor().execute(sql, values).fetchall()
