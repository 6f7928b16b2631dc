"""What the console's home shows besides the feed: alarms not yet dealt with, and today's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shared import clock
from shared.auth import Principal
from shared.limits import limits_of, within_text
from shared.unit import Unit

_REFERRALS = """
    SELECT r.referral_id, coalesce(s.name, '—'), r.due_on, r.opened_at, r.due_on < %(day)s AS late,
           ARRAY(SELECT c.item FROM critical_reading c WHERE c.visit_id = r.visit_id ORDER BY c.seen_at)
    FROM referral r LEFT JOIN station s USING (station_id) WHERE r.closed_at IS NULL AND {within}
    ORDER BY r.due_on, r.opened_at LIMIT 50
""".format(within=within_text(street="s.street", station="r.station_id"))
_SESSIONS = """
    SELECT o.session_id, o.title, o.place, o.starts_at, o.ends_at, o.capacity, o.state,
           (SELECT count(*) FROM participation p WHERE p.session_id = o.session_id AND p.state = 'confirmed') AS confirmed,
           (SELECT count(*) FROM participation p WHERE p.session_id = o.session_id AND p.state = 'waitlisted') AS waiting,
           (SELECT count(*) FROM participation p WHERE p.session_id = o.session_id AND p.checked_in) AS here
    FROM occurrence o WHERE o.starts_at >= %(begins)s AND o.starts_at < %(ends)s AND o.state <> 'cancelled' AND {within}
    ORDER BY o.starts_at
""".format(within=within_text(street="o.street", programme="o.programme_id"))
_NUMBERS = """
    SELECT coalesce(sum(d.visits), 0), coalesce(sum(d.items), 0), count(*),
           (SELECT count(*) FROM message WHERE sent AND day = %(day)s),
           (SELECT count(*) FROM message WHERE failed AND day = %(day)s)
    FROM visits_by_station_day d LEFT JOIN station s USING (station_id) WHERE d.day = %(day)s AND {within}
""".format(within=within_text(street="s.street", station="d.station_id"))


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
    """Today in numbers: visits (人次), item tests (项次), stations with a visit, texts that went out, texts that failed.

    A text is of no one place: who has limits is told nothing of texts.
    """

    visits: int
    items: int
    stations: int
    sent: int | None
    failed: int | None


def alarms(staff: Principal, unit: Unit) -> list[Alarm]:
    """Referrals that `staff` may see and that wait for somebody, the most urgent first."""
    wanted = {"day": clock.today().date()} | limits_of(staff)
    return [Alarm(str(id), *rest) for id, *rest in _rows(_REFERRALS, wanted, unit)]


def sessions(staff: Principal, unit: Unit) -> list[Coming]:
    """Today's and tomorrow's sessions that `staff` may see."""
    wanted = {"begins": clock.today(), "ends": clock.today() + timedelta(days=2)} | limits_of(staff)
    return [Coming(str(id), *rest) for id, *rest in _rows(_SESSIONS, wanted, unit)]


def numbers(staff: Principal, unit: Unit) -> Numbers:
    """Today's numbers so far, as far as `staff` may see them."""
    ((visits, items, stations, sent, failed),) = _rows(_NUMBERS, {"day": clock.today().date()} | limits_of(staff), unit)
    texts = (None, None) if staff.limits else (int(sent), int(failed))
    return Numbers(int(visits), int(items), int(stations), *texts)


def _rows(sql: str, values: dict[str, Any], unit: Unit) -> list[tuple[Any, ...]]:
    return unit.cursor().execute(sql, values).fetchall()
