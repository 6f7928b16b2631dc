"""Reading the console's feed: lines that a person may see, said in a sentence, with the names of what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reports import domain
from services.reports.sentences import Names, Say, sentence
from shared.auth import Principal
from shared.errors import NotFound
from shared.unit import Unit


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One line: when, what kind of fact, how many of them, and the sentence."""

    pos: int
    at: datetime
    type: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """Where the feed ends, and which feed it is."""

    epoch: str
    pos: int


def feed_end(unit: Unit) -> End:
    """The last position."""
    row = unit.cursor().execute("SELECT epoch, pos FROM feed_head").fetchone()
    assert row is not None, "the counter row of the feed is missing: this database was not migrated"
    return End(str(row[0]), int(row[1]))


def after(position: int, limit: int, who: Principal, say: Say, unit: Unit) -> list[FeedLine | int]:
    """The next `limit` lines after `position`; of those that `who` may not see, only the position."""
    rows = (
        unit.cursor()
        .execute("SELECT pos, at, type, count, event FROM feed WHERE pos > %s ORDER BY pos LIMIT %s", (position, limit))
        .fetchall()
    )
    visible = set(domain.visible_types(who.roles))
    said = {line.pos: line for line in _say(_inside([row for row in rows if row[2] in visible], who, unit), say, unit)}
    return [said.get(row[0], row[0]) for row in rows]


def newest(upto: int, limit: int, who: Principal, say: Say, unit: Unit) -> list[FeedLine]:
    """The newest lines that `who` may see, up to position `upto`, newest first."""
    rows = (
        unit.cursor()
        .execute(
            "SELECT pos, at, type, count, event FROM feed WHERE pos <= %s AND type = ANY(%s) ORDER BY pos DESC LIMIT %s",
            (upto, domain.visible_types(who.roles), limit),
        )
        .fetchall()
    )
    return list(_say(_inside(rows, who, unit), say, unit))


def raw(position: int, who: Principal, say: Say, unit: Unit) -> tuple[FeedLine, dict[str, Any]]:
    """One line with the event behind it; raises `NotFound` where `who` may not see it."""
    row = unit.cursor().execute("SELECT pos, at, type, count, event FROM feed WHERE pos = %s", (position,)).fetchone()
    if row is None or row[2] not in domain.visible_types(who.roles) or not _inside([row], who, unit):
        raise NotFound("没有这条动态，或者它是给别的岗位看的。")
    return next(iter(_say([row], say, unit))), row[4]


def _inside(rows: list[tuple[Any, ...]], who: Principal, unit: Unit) -> list[tuple[Any, ...]]:
    """The rows inside the limits of `who`. What is not of one place (a crowd of many, a text) is for those without limits."""
    if not who.limits:
        return rows
    wheres = [{kind: place for kind, place in row[4]["scope"].items() if row[3] == 1 or kind == "street"} for row in rows]
    sessions = [row[4]["data"].get("session_id") if row[3] == 1 else None for row in rows]
    known = _streets([*(place for where in wheres for place in where.values()), *(id for id in sessions if id)], unit)
    for where, session in zip(wheres, sessions, strict=True):
        for id in (where.get("programme"), where.get("station"), session):
            where.update({kind: place for kind, place in known.get(id or "", {}).items() if kind not in where})
    return [row for row, where in zip(rows, wheres, strict=True) if who.sees(where)]


def _streets(ids: list[str], unit: Unit) -> dict[str, dict[str, str]]:
    """Where the programmes, stations and sessions among `ids` are."""
    found = unit.cursor().execute(
        """SELECT programme_id::text, programme_id::text, street FROM programme WHERE programme_id::text = ANY(%(ids)s)
           UNION ALL SELECT session_id::text, programme_id::text, street FROM occurrence WHERE session_id::text = ANY(%(ids)s)
           UNION ALL SELECT station_id::text, NULL, street FROM station WHERE station_id::text = ANY(%(ids)s)""",
        {"ids": ids},
    )
    return {id: {"street": street} | ({"programme": programme} if programme else {}) for id, programme, street in found}


def _say(rows: list[tuple[Any, ...]], say: Say, unit: Unit) -> Iterable[FeedLine]:
    names = _names([row[4]["data"] for row in rows], unit)
    for pos, at, type, count, event in rows:
        yield FeedLine(pos, at, type, count, sentence(type, event["data"], count, names, say))


def _names(found: list[dict[str, Any]], unit: Unit) -> Names:
    """The titles and names of everything these events are about, in three queries."""

    def look_up(sql: str, key: str) -> dict[str, str]:
        ids = list({data[key] for data in found if data.get(key)})
        return {str(id): name for id, name in unit.cursor().execute(sql, (ids,)).fetchall()} if ids else {}

    return Names(
        sessions=look_up("SELECT session_id, title FROM occurrence WHERE session_id = ANY(%s::uuid[])", "session_id"),
        programmes=look_up("SELECT programme_id, title FROM programme WHERE programme_id = ANY(%s::uuid[])", "programme_id"),
        stations=look_up("SELECT station_id, name FROM station WHERE station_id = ANY(%s::uuid[])", "station_id"),
    )
