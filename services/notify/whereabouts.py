"""Where the things of notify are, by the names under which requests give their ids: staff with limits stay inside them."""

from __future__ import annotations

_OF = """
    SELECT CASE WHEN s.id IS NULL THEN c.street ELSE s.street END AS street, s.programme_id AS programme
    FROM {table} t LEFT JOIN session s ON s.id = t.session_id LEFT JOIN contact c ON c.resident_id = t.resident_id
    WHERE t.id = %s
"""

WHEREABOUTS = {
    "message_id": _OF.format(table="message"),
    "reply_id": _OF.format(table="reply"),
    "bulk_id": """
        SELECT DISTINCT s.street, s.programme_id AS programme
        FROM bulk b JOIN session s ON s.id = b.session_id OR s.programme_id = b.programme_id WHERE b.id = %s
    """,
    "registration_id": _OF.format(table="registration"),
    "session_id": "SELECT street, programme_id AS programme FROM session WHERE id = %s",
    "programme_id": "SELECT DISTINCT street, programme_id AS programme FROM session WHERE programme_id = %s",
    "resident_id": "SELECT street FROM contact WHERE resident_id = %s",
}
