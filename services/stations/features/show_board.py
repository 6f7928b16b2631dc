"""Show how the stations do: who has sent what today, and who is silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from services.stations.tables import Station
from shared import clock
from shared.auth import Principal
from shared.errors import NotFound
from shared.limits import within
from shared.unit import Unit

WEEK = timedelta(days=7)
FORTNIGHT = timedelta(days=14)

COUNT = """
    SELECT station_id, count(*) FILTER (WHERE day = %(today)s), max(day) FROM visit
    WHERE day > %(since)s AND day <= %(today)s GROUP BY station_id
"""


@dataclass(frozen=True, slots=True)
class Light:
    """One station on the board. `state`: `sending` today, `quiet` today, `silent` for a week, or `shut`."""

    id: UUID
    code: str
    name: str
    street: str
    district: str
    state: str
    visits: int
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Board:
    """Every station, by district."""

    day: date
    districts: dict[str, list[Light]]

    @property
    def lights(self) -> list[Light]:
        """All stations in one row."""
        return [light for district in self.districts.values() for light in district]

    def count(self, state: str) -> int:
        """How many stations are in this state."""
        return sum(light.state == state for light in self.lights)

    @property
    def visits(self) -> int:
        """Today's visits, all stations together."""
        return sum(light.visits for light in self.lights)


def show_board(staff: Principal, unit: Unit) -> Board:
    """The board of the stations that `staff` may see, as of now; a day is Shanghai's."""
    today = clock.today().date()
    rows = unit.cursor().execute(COUNT, {"today": today, "since": today - WEEK}).fetchall()
    counts: dict[UUID, tuple[int, date]] = {station: (visits, last) for station, visits, last in rows}
    districts: dict[str, list[Light]] = {}
    seen = select(Station).where(within(staff, street=Station.street, station=Station.id))
    for station in unit.session.exec(seen.order_by(Station.street, Station.code)).all():
        visits, last_day = counts.get(station.id, (0, None))
        light = Light(
            station.id,
            station.code,
            station.name,
            station.street,
            station.district,
            _state(station, visits, last_day),
            visits,
            last_day,
        )
        districts.setdefault(station.district, []).append(light)
    return Board(today, districts)


def _state(station: Station, visits: int, last_day: date | None) -> str:
    if station.state != "open":
        return "shut"
    if visits:
        return "sending"
    return "quiet" if last_day else "silent"


@dataclass(frozen=True, slots=True)
class VisitSeen:
    """One of today's visits as staff see it: when, how many items, whether anything was critical or set aside; never a value."""

    id: UUID
    at: Any
    identified: bool
    items: int
    critical: bool
    doubted: int


@dataclass(frozen=True, slots=True)
class StationSeen:
    """A station with its visits of each of the last fourteen days (`days`), and today's visits, newest first."""

    station: Station
    days: list[tuple[date, int]]
    visits: list[VisitSeen]


VISITS = """
    SELECT visit.id, visit.at, visit.person_id IS NOT NULL, visit.items, coalesce(bool_or(grade = 'critical'), false),
           count(*) FILTER (WHERE doubt <> '')
    FROM visit LEFT JOIN reading ON reading.visit_id = visit.id
    WHERE day = %s AND station_id = %s GROUP BY visit.id ORDER BY visit.at DESC LIMIT 200
"""


def show_station(code: str, unit: Unit) -> StationSeen:
    """One station; raises `NotFound`."""
    station = unit.session.exec(select(Station).where(Station.code == code)).one_or_none()
    if station is None:
        raise NotFound("没有这个编号的驿站。")
    today = clock.today().date()
    cursor = unit.cursor()
    counted = dict(
        cursor.execute(
            "SELECT day, count(*) FROM visit WHERE day > %s AND day <= %s AND station_id = %s GROUP BY day",
            (today - FORTNIGHT, today, station.id),
        ).fetchall()
    )
    days = [today - timedelta(days=back) for back in range(FORTNIGHT.days - 1, -1, -1)]
    visits = [VisitSeen(*row) for row in cursor.execute(VISITS, (today, station.id)).fetchall()]
    return StationSeen(station, [(day, counted.get(day, 0)) for day in days], visits)
