"""Compare what was folded from events with what the other services count in their own tables, key by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from pydantic import BaseModel

from services.reports.projections import HEARD
from shared.outbox import Head
from shared.unit import Unit

_COUNTED = {
    "registration": """
        SELECT (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'resident') AS residents,
               (SELECT count(*) FROM programme) AS programmes,
               (SELECT count(*) FROM occurrence) AS sessions,
               count(*) FILTER (WHERE given) AS confirmed,
               count(*) FILTER (WHERE waited) AS waitlisted,
               count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
               count(*) FILTER (WHERE checked_in) AS checked_in,
               count(*) FILTER (WHERE walk_in) AS walk_ins,
               (SELECT count(*) FROM occurrence WHERE state = 'held' AND kind <> 'livestream') AS sessions_held,
               (SELECT coalesce(sum(attended), 0) FROM occurrence WHERE state = 'held') AS attended,
               (SELECT coalesce(sum(viewers), 0) FROM livestream) AS livestream_viewers,
               (SELECT coalesce(sum(questions), 0) FROM livestream) AS livestream_questions,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'nominated') AS nominations,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'course_completed') AS completions,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'certificate_issued') AS certificates,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'certificate_revoked') AS revocations,
               (SELECT coalesce(sum(n), 0) FROM missed_reason) AS reasons_given,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'person_erased') AS people_forgotten
        FROM participation""",
    "notify": """
        SELECT count(*) FILTER (WHERE sent) AS sent,
               count(*) FILTER (WHERE delivered) AS delivered,
               count(*) FILTER (WHERE failed) AS failed,
               count(*) FILTER (WHERE unknown AND NOT (sent OR delivered OR failed)) AS unknown_now,
               count(*) FILTER (WHERE skipped <> '') AS skipped,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name LIKE 'reply_%') AS replies,
               (SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'opted_out') AS opt_outs
        FROM message""",
    "stations": """
        SELECT coalesce(sum(visits), 0) AS visits,
               coalesce(sum(identified), 0) AS identified_visits,
               (SELECT count(DISTINCT person_id) FROM visitor) AS persons,
               coalesce(sum(items), 0) AS items,
               (SELECT count(*) FROM critical_reading) AS critical,
               (SELECT count(*) FROM referral) AS referrals,
               (SELECT count(*) FROM station) AS stations
        FROM visits_by_station_day""",
}
"""What each service should come to, by the projections; the keys are those of the services' own recounts."""


class Row(BaseModel):
    """One thing counted twice; a key that only one side knows is None on the other."""

    source: str
    key: str
    counted: int | None
    recounted: int | None
    equal: bool


class Level(BaseModel):
    """How far reports has followed one log; `level` when nothing was under way while the counting took place."""

    source: str
    cursor: int
    head: int
    level: bool


class Comparison(BaseModel):
    """Both counts of everything. They mean something together only while every source is `level`."""

    equal: bool
    level: bool
    sources: list[Level]
    rows: list[Row]


class CountingPeers(Protocol):
    """The calls this needs of `shared.peers.Peers`."""

    def sources(self, services: set[str]) -> list[str]:
        """The logs of `services`."""

    def subscribe(self, source: str, types: list[str], applied: int) -> Head:
        """Where the log of `source` ends."""

    def recount(self, source: str) -> dict[str, int]:
        """What the tables behind `source` add up to."""


def compare(peers: CountingPeers, begin: Callable[[], AbstractContextManager[Unit]]) -> Comparison:
    """Ask every source for its own count, between two looks at where its log ends. Raises `PeerDown`."""
    levels: list[Level] = []
    rows: list[Row] = []
    types = sorted(event.type for event in HEARD)
    for service in _COUNTED:
        sources = peers.sources({service})
        with begin() as unit:
            cursors = {source: _cursor(source, unit) for source in sources}
        before = {source: peers.subscribe(source, types, cursors[source]).seq for source in sources}
        recounted: Counter[str] = Counter()
        for source in sources:
            recounted.update(peers.recount(source))
        after = {source: peers.subscribe(source, types, cursors[source]).seq for source in sources}
        with begin() as unit:
            counted = _count(service, unit)
            cursors = {source: _cursor(source, unit) for source in sources}
        levels += [
            Level(
                source=source,
                cursor=cursors[source],
                head=after[source],
                level=before[source] == after[source] == cursors[source],
            )
            for source in sources
        ]
        keys = dict.fromkeys([*counted, *recounted])
        rows += [_row(service, key, counted.get(key), recounted.get(key)) for key in keys]
    equal, level = all(row.equal for row in rows), all(level.level for level in levels)
    return Comparison(equal=equal, level=level, sources=levels, rows=rows)


def _row(source: str, key: str, counted: int | None, recounted: int | None) -> Row:
    return Row(source=source, key=key, counted=counted, recounted=recounted, equal=counted == recounted)


def _count(service: str, unit: Unit) -> dict[str, int]:
    cursor = unit.cursor()
    row = cursor.execute(_COUNTED[service]).fetchone() or ()
    names = [column.name for column in cursor.description or ()]
    return {name: int(value) for name, value in zip(names, row, strict=True)}


def _cursor(source: str, unit: Unit) -> int:
    row = unit.cursor().execute("SELECT seq FROM inbox WHERE source = %s", (source,)).fetchone()
    return int(row[0]) if row else 0
