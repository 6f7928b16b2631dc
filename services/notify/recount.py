"""What notify's own tables add up to."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor


def recount(cursor: Cursor[Any]) -> dict[str, int]:
    """Texts ever accepted, arrived, failed and skipped, those whose fate is unknown now, replies told, opt-outs."""
    row = cursor.execute(
        """SELECT count(accepted_at), count(delivered_at), count(failed_at),
                  count(*) FILTER (WHERE state = 'unknown'), count(skipped_at),
                  (SELECT count(*) FROM reply WHERE meaning IS NOT NULL AND resident_id IS NOT NULL)
                  + (SELECT count(*) FROM call_try WHERE outcome IN ('coming', 'not_coming')),
                  (SELECT count(*) FROM choice WHERE NOT wanted)
           FROM message"""
    ).fetchone()
    assert row is not None
    return dict(zip(("sent", "delivered", "failed", "unknown_now", "skipped", "replies", "opt_outs"), row, strict=True))
