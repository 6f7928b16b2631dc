"""Folding facts: a run of them becomes at most one set-wise statement per table, then lines of the console's feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Cursor

from services.reports.projections import feed
from services.reports.projections.batch import HEARD, Batch
from services.reports.tables import PROJECTIONS
from shared.inbox import Delivery
from shared.unit import Unit

__all__ = ["HEARD", "empty", "fold"]


def fold(deliveries: Sequence[Delivery], unit: Unit) -> None:
    """Add a run of facts to every projection it touches, and tell the console. The feed's counter row is locked last."""
    batch = Batch()
    for envelope, event in deliveries:
        batch.take(envelope, event)
    cursor = unit.cursor()
    batch.write(cursor)
    feed.append(cursor, feed.fresh(cursor, feed.lines(deliveries)))


def empty(cursor: Cursor[Any]) -> None:
    """Empty every projection, to fold the logs again from their start. What the feed has shown it will not show again."""
    cursor.execute(f"TRUNCATE {', '.join(PROJECTIONS)}")
    cursor.execute(
        """INSERT INTO feed_seen (source, seq) SELECT source, seq FROM inbox
           ON CONFLICT (source) DO UPDATE SET seq = greatest(feed_seen.seq, excluded.seq)"""
    )
