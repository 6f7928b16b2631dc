"""The console's feed: lines with positions that have no gaps, written in the unit that applies their facts.

A line holds the event without anything sealed. Facts that come in crowds are folded: those of one kind that arrive together make
one line with their number. Imported history and log-in codes never enter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor

from services.reports import domain
from shared.contracts.stations import VisitRecorded
from shared.event import Envelope
from shared.inbox import Delivery


@dataclass(slots=True)
class Line:
    """A line about to be written: the last of `count` facts alike."""

    at: datetime
    type: str
    source: str
    sequence: int
    count: int
    scope: dict[str, str]
    event: dict[str, Any]


def lines(deliveries: Sequence[Delivery]) -> list[Line]:
    """What the console is told about a run of facts, in their order."""
    found: list[Line] = []
    crowds: dict[tuple[str, Any], tuple[Envelope, int]] = {}
    for envelope, event in deliveries:
        if type(event) is VisitRecorded:
            if event.imported:
                continue
        elif envelope.type not in domain.AUDIENCE:
            continue
        if envelope.type in domain.TOGETHER:
            key = envelope.type, (envelope.data.get("purpose"), envelope.scope.get("street"))
            crowds[key] = envelope, crowds[key][1] + 1 if key in crowds else 1
        else:
            found.append(_line(envelope, 1))
    found.extend(_line(envelope, count) for envelope, count in crowds.values())
    found.sort(key=lambda line: line.sequence)
    return found


def append(cursor: Cursor[Any], lines: Sequence[Line]) -> None:
    """Number and write the lines; the counter row stays locked until the commit, so positions follow commit order."""
    if not lines:
        return
    rows = [
        (line.at, line.type, line.source, line.sequence, line.count, json.dumps(line.scope), json.dumps(line.event))
        for line in lines
    ]
    cursor.execute(_APPEND, [len(lines), len(lines), *(list(column) for column in zip(*rows, strict=True))])


def fresh(cursor: Cursor[Any], lines: Sequence[Line]) -> list[Line]:
    """The lines without those that had their turn before a rebuild."""
    if not lines:
        return []
    seen = dict(cursor.execute("SELECT source, seq FROM feed_seen").fetchall())
    return [line for line in lines if line.sequence > seen.get(line.source, 0)]


def _line(envelope: Envelope, count: int) -> Line:
    event = envelope.as_json()
    event["data"] = {name: value for name, value in envelope.data.items() if not _is_sealed(value)}
    return Line(envelope.time, envelope.type, envelope.source, envelope.sequence, count, envelope.scope, event)


def _is_sealed(value: object) -> bool:
    return isinstance(value, str) and value.startswith("sealed.")


_APPEND = """
    WITH head AS (UPDATE feed_head SET pos = pos + %s RETURNING pos)
    INSERT INTO feed (pos, at, type, source, sequence, count, scope, event)
    SELECT head.pos - %s + line.ord, line.at, line.type, line.source, line.sequence, line.count, line.scope, line.event
    FROM head, unnest(%s::timestamptz[], %s::text[], %s::text[], %s::bigint[], %s::int[], %s::jsonb[], %s::jsonb[])
        WITH ORDINALITY AS line (at, type, source, sequence, count, scope, event, ord)
"""
