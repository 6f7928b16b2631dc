"""How the carriers are doing: what each was handed lately, how soon it answered, what it refused, and what it still owes us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.domain.carrier_codes import Family, family
from services.notify.domain.figures import share
from shared.unit import Unit

TROUBLE = (Family.BUSY, Family.CONTRACT, Family.UNSURE, Family.OTHER)
"""What a carrier answers because of itself or our account there, and not because of one text or number."""

_LATELY = """
    SELECT carrier, count(*), count(*) FILTER (WHERE outcome = 'accepted'),
        count(*) FILTER (WHERE outcome IN ('unknown', 'not_sent', 'doubtful')),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE outcome = 'accepted'),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY took) FILTER (WHERE outcome = 'accepted'), max(started_at)
    FROM (SELECT carrier, outcome, started_at, 1000 * extract(epoch FROM ended_at - started_at) AS took
        FROM attempt WHERE started_at >= %s) AS lately
    GROUP BY carrier
"""
_CODES = """
    SELECT carrier, code, outcome = 'refused', count(*) FROM attempt
    WHERE started_at >= %s AND code <> '' AND outcome IN ('refused', 'accepted')
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, code
"""
_OWED = """
    SELECT attempt.carrier, count(*), min(attempt.started_at)
    FROM message JOIN attempt ON attempt.message_id = message.id AND attempt.outcome = 'unknown'
    WHERE message.state = 'unknown' GROUP BY attempt.carrier
"""


@dataclass(frozen=True, slots=True)
class Code:
    """A code a carrier gave, to a text it did not take (`refused`) or in a receipt, what it asks of us, and how often it came."""

    code: str
    family: Family
    refused: bool
    count: int


@dataclass(frozen=True, slots=True)
class CarrierHealth:
    """One carrier. `weight` is its share of texts by the settings (0: not in use any more); times are of its answers.

    `unanswered`: attempts whose answer never came, whatever was found out later; `owed`: texts nobody knows about now.
    """

    name: str
    weight: int
    attempts: int
    accepted: int
    unanswered: int
    troubles: int
    p50_ms: int | None
    p95_ms: int | None
    last_at: datetime | None
    owed: int
    owed_since: datetime | None
    codes: Sequence[Code]

    @property
    def error_share(self) -> float | None:
        """Of a hundred attempts, how many went wrong because of the carrier."""
        return share(self.unanswered + self.troubles, self.attempts)


def watch_carriers(weights: Mapping[str, int], within: timedelta, unit: Unit) -> list[CarrierHealth]:
    """The carriers of the settings, and those that were in use `within` this time or still owe an answer."""
    since = unit.now - within
    lately = {row[0]: row[1:] for row in unit.cursor().execute(_LATELY, (since,)).fetchall()}
    owed = {row[0]: row[1:] for row in unit.cursor().execute(_OWED).fetchall()}
    codes: dict[str, list[Code]] = {}
    for carrier, code, refused, count in unit.cursor().execute(_CODES, (since,)).fetchall():
        codes.setdefault(carrier, []).append(Code(code, family(carrier, code), refused, count))
    return [
        _health(name, weights.get(name, 0), lately.get(name), owed.get(name), codes.get(name, []))
        for name in [*weights, *sorted((lately.keys() | owed.keys()) - weights.keys())]
    ]


def _health(
    name: str,
    weight: int,
    lately: tuple[int, int, int, float | None, float | None, datetime] | None,
    owed: tuple[int, datetime] | None,
    codes: list[Code],
) -> CarrierHealth:
    attempts, accepted, unanswered, p50, p95, last_at = lately or (0, 0, 0, None, None, None)
    return CarrierHealth(
        name=name,
        weight=weight,
        attempts=attempts,
        accepted=accepted,
        unanswered=unanswered,
        troubles=sum(code.count for code in codes if code.refused and code.family in TROUBLE),
        p50_ms=None if p50 is None else round(p50),
        p95_ms=None if p95 is None else round(p95),
        last_at=last_at,
        owed=owed[0] if owed else 0,
        owed_since=owed[1] if owed else None,
        codes=codes,
    )
