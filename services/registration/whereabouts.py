"""Where the things of registration are, by the names under which requests give their ids: staff with limits stay inside them."""

from __future__ import annotations

_SESSION = "SELECT p.street, p.id AS programme FROM session s JOIN programme p ON p.id = s.programme_id"

WHEREABOUTS = {
    "session_id": f"{_SESSION} WHERE s.id = %s",
    "programme_id": "SELECT street, id AS programme FROM programme WHERE id = %s",
    "registration_id": f"{_SESSION} JOIN registration r ON r.session_id = s.id WHERE r.id = %s",
    "resident_id": "SELECT street FROM resident WHERE id = %s",
}
