"""Stations in a batch: visits and who made them, critical readings, referrals."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.reports.projections.sums import Row, Takes, Writes
from shared.contracts import stations
from shared.event import Envelope


class Care:
    """What stations told, added up per row."""

    def __init__(self) -> None:
        self.stations: dict[UUID, Row] = {}
        self.visits: dict[tuple[UUID, date], Row] = {}
        self.visitors: set[tuple[date, UUID, UUID]] = set()
        self.readings: dict[UUID, Row] = {}
        self.referrals: dict[UUID, Row] = {}
        self.closed: dict[UUID, Row] = {}

    def takes(self) -> Takes:
        """What is done with each class of event."""
        return {
            stations.VisitRecorded: self.visit,
            stations.StationOpened: self.station,
            stations.CriticalReadingSeen: self.reading,
            stations.ReferralOpened: self.referral,
            stations.ReferralClosed: self.close,
        }

    def writes(self) -> Writes:
        """The statements and their rows."""
        yield _STATION, self.stations.values()
        yield _VISITS, ((*key, *sums) for key, sums in self.visits.items())
        yield _VISITOR, self.visitors
        yield _READING, self.readings.values()
        yield _REFERRAL, self.referrals.values()
        yield _CLOSED, self.closed.values()

    def visit(self, _: Envelope, event: stations.VisitRecorded) -> None:
        """The hot path: hundreds of these make a handful of rows."""
        key = event.station_id, event.day
        sums = self.visits.get(key)
        if sums is None:
            sums = self.visits[key] = [0, 0, 0]
        sums[0] += 1
        sums[2] += event.items
        if event.person_id is not None:
            sums[1] += 1
            self.visitors.add((event.day.replace(day=1), event.station_id, event.person_id))

    def station(self, _: Envelope, event: stations.StationOpened) -> None:
        """A station, by its own id."""
        self.stations[event.station_id] = [
            event.station_id, event.code, event.name, event.street, event.district, event.opened_on,
        ]  # fmt: skip

    def reading(self, envelope: Envelope, event: stations.CriticalReadingSeen) -> None:
        """A critical reading: which item at which station."""
        self.readings[event.reading_id] = [
            event.reading_id, event.visit_id, event.station_id, event.street, event.item, envelope.time,
        ]  # fmt: skip

    def referral(self, envelope: Envelope, event: stations.ReferralOpened) -> None:
        """A referral that is now open."""
        self.referrals[event.referral_id] = [
            event.referral_id, event.visit_id, event.station_id, event.street, event.due_on, envelope.time,
        ]  # fmt: skip

    def close(self, envelope: Envelope, event: stations.ReferralClosed) -> None:
        """How a referral ended."""
        self.closed[event.referral_id] = [event.referral_id, event.outcome, envelope.time]


_STATION = """
    INSERT INTO station (station_id, code, name, street, district, opened_on)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[]) ORDER BY 1
    ON CONFLICT (station_id) DO UPDATE SET code = excluded.code, name = excluded.name, street = excluded.street,
        district = excluded.district, opened_on = excluded.opened_on
"""
_VISITS = """
    INSERT INTO visits_by_station_day AS so_far (station_id, day, visits, identified, items)
    SELECT * FROM unnest(%s::uuid[], %s::date[], %s::int[], %s::int[], %s::int[]) ORDER BY 1, 2
    ON CONFLICT (station_id, day) DO UPDATE SET visits = so_far.visits + excluded.visits,
        identified = so_far.identified + excluded.identified, items = so_far.items + excluded.items
"""
_VISITOR = """
    INSERT INTO visitor (month, station_id, person_id)
    SELECT * FROM unnest(%s::date[], %s::uuid[], %s::uuid[]) ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
"""
_READING = """
    INSERT INTO critical_reading (reading_id, visit_id, station_id, street, item, seen_at)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_REFERRAL = """
    INSERT INTO referral (referral_id, visit_id, station_id, street, due_on, opened_at, outcome)
    SELECT *, '' FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::timestamptz[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_CLOSED = """
    UPDATE referral SET outcome = new.outcome, closed_at = new.closed_at
    FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS new (id, outcome, closed_at) WHERE referral_id = new.id
"""
