"""What registration's own tables add up to, whatever was told about them."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor

_COUNT = """
    SELECT (SELECT count(*) FROM resident), (SELECT count(*) FROM programme), (SELECT count(*) FROM session),
           count(confirmed_at), count(waitlisted_at), count(cancelled_at), count(checked_in_at), count(*) FILTER (WHERE walk_in),
           (SELECT count(*) FROM session WHERE state = 'held' AND kind <> 'livestream'),
           (SELECT count(r.checked_in_at) FROM registration r JOIN session s ON s.id = r.session_id WHERE s.state = 'held'),
           (SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM live_viewer v JOIN live_room l USING (session_id)
                                             WHERE l.closed_at IS NOT NULL) viewers),
           (SELECT count(*) FROM live_question q JOIN live_room l USING (session_id) WHERE l.closed_at IS NOT NULL),
           (SELECT count(*) FROM nomination), (SELECT count(completed_at) FROM nomination),
           (SELECT count(*) FROM certificate), (SELECT count(revoked_at) FROM certificate),
           count(missed_reason), (SELECT count(finished_at) FROM erasure)
    FROM registration
"""
_KEYS = (
    "residents", "programmes", "sessions", "confirmed", "waitlisted", "cancelled", "checked_in", "walk_ins",
    "sessions_held", "attended", "livestream_viewers", "livestream_questions",
    "nominations", "completions", "certificates", "revocations", "reasons_given", "people_forgotten",
)  # fmt: skip


def recount(cursor: Cursor[Any]) -> dict[str, int]:
    """How often each thing ever happened; of livestreams, what those that are over came to."""
    row = cursor.execute(_COUNT).fetchone() or ()
    return {key: int(count) for key, count in zip(_KEYS, row, strict=True)}
