"""Fold the logs again from their start: what an operator does after a rule of folding was changed or a projection was damaged."""

from __future__ import annotations

from services.reports import projections
from shared.log import log
from shared.unit import Unit


def rebuild(unit: Unit) -> list[str]:
    """Empty the projections and put every cursor back to the start; the relay then pulls and folds what the logs hold.

    Figures are incomplete until the cursors are level again; issues and feed keep what they have. Appliers' turns are taken
    first, so that none of them moves a cursor on past facts whose sums were just emptied.
    """
    cursor = unit.cursor()
    sources = [source for (source,) in cursor.execute("SELECT source FROM inbox ORDER BY source").fetchall()]
    for source in sources:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"inbox:{source}",))
    projections.empty(cursor)
    cursor.execute("UPDATE inbox SET seq = 0, last_id = NULL, trying_size = 0, tries = 0, retry_at = NULL")
    log.warning("projections_rebuilt", sources=sources)
    return sources
