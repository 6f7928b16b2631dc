"""Why the people who missed a programme's sessions did not come: counts by month, never who."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import NamedTuple, get_args
from uuid import UUID

from services.registration.domain.learning import SMALLEST_SHOWN
from services.registration.domain.presence import MissedReason
from shared.unit import Unit

MONTHS = 12
REASONS: tuple[MissedReason, ...] = get_args(MissedReason)


class MissedMonth(NamedTuple):
    """The sessions of one month: how many missed them, and how many of those gave each reason; None: too few to be said."""

    month: date
    missed: int
    reasons: dict[MissedReason, int | None]


_BY_MONTH = """
    SELECT date_trunc('month', s.starts_at AT TIME ZONE 'Asia/Shanghai')::date, count(*), r.missed_reason
    FROM registration r JOIN session s ON s.id = r.session_id
    WHERE s.programme_id = %s AND r.state = 'no_show' GROUP BY 1, 3 ORDER BY 1 DESC
"""


def missed_by_month(programme_id: UUID, unit: Unit) -> list[MissedMonth]:
    """The last twelve months with somebody who did not come, the newest first."""
    months: dict[date, Counter[MissedReason | None]] = {}
    for month, count, reason in unit.cursor().execute(_BY_MONTH, (programme_id,)):
        months.setdefault(month, Counter())[reason] += count
    return [
        MissedMonth(month, counts.total(), {reason: _shown(counts[reason]) for reason in REASONS})
        for month, counts in list(months.items())[:MONTHS]
    ]


def _shown(count: int) -> int | None:
    return None if 0 < count < SMALLEST_SHOWN else count
