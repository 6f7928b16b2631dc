"""Count from the tables what the events told should add up to."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor

COUNT = """
    SELECT (SELECT count(*) FROM station) AS stations,
           count(*) AS visits,
           count(person_id) AS identified_visits,
           (SELECT count(*) FROM (SELECT person_id FROM visit WHERE person_id IS NOT NULL GROUP BY 1) people) AS persons,
           (SELECT count(*) FROM reading WHERE doubt = '') AS items,
           (SELECT count(*) FROM reading JOIN visit ON visit.id = visit_id WHERE grade = 'critical' AND NOT imported) AS critical,
           (SELECT count(*) FROM referral) AS referrals
    FROM visit
"""
"""`items` counts the readings themselves, not the number kept with the visit. Critical ones of the history were never told."""


def recount(cursor: Cursor[Any]) -> dict[str, int]:
    """Visits (人次), those identified, persons (人数), items (项次), critical readings, referrals and stations."""
    row = cursor.execute(COUNT).fetchone()
    assert row is not None
    return {column.name: value for column, value in zip(cursor.description or (), row, strict=True)}
