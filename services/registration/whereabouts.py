"""Where the things of registration are, by the names under which requests give their ids: staff with limits stay inside them.

What a course, a series or a session has is where its programme is. A limit to a neighbourhood opens no programme: it lets staff
send people to courses that have seats for it (`api.senders`). Names that are not here belong to nobody's
place: lecturers are everybody's, log-ins and copies are one's own.
"""

from __future__ import annotations

_PROGRAMME = "SELECT p.street, p.id AS programme FROM programme p"
_SESSION = f"{_PROGRAMME} JOIN session s ON s.programme_id = p.id"
_NOMINATION = f"{_PROGRAMME} JOIN nomination n ON n.programme_id = p.id"
_RECURRENCE = f"{_PROGRAMME} JOIN recurrence r ON r.programme_id = p.id WHERE r.id = %s"
_RESIDENT = "SELECT street FROM resident WHERE id = %s"

WHEREABOUTS = {
    "session_id": f"{_SESSION} WHERE s.id = %s",
    "programme_id": f"{_PROGRAMME} WHERE p.id = %s",
    "registration_id": f"{_SESSION} JOIN registration r ON r.session_id = s.id WHERE r.id = %s",
    "sheet_id": f"{_SESSION} JOIN sheet h ON h.session_id = s.id WHERE h.id = %s",
    "recurrence_id": _RECURRENCE,
    "series": _RECURRENCE,
    "nomination_id": f"{_NOMINATION} WHERE n.id = %s",
    "follow_up_id": f"{_PROGRAMME} JOIN follow_up f ON f.programme_id = p.id WHERE f.id = %s",
    "number": f"{_NOMINATION} JOIN certificate c ON c.nomination_id = n.id WHERE c.number = %s",
    "resident_id": _RESIDENT,
    "elder_id": _RESIDENT,
    "lives_with": _RESIDENT,
    "kept": _RESIDENT,
    "merged": _RESIDENT,
    "authority_id": "SELECT r.street FROM resident r JOIN authority a ON a.elder_id = r.id WHERE a.id = %s",
    "merge_id": "SELECT r.street FROM resident r JOIN merge m ON r.id IN (m.kept_id, m.merged_id) WHERE m.id = %s",
    "erasure_id": "SELECT r.street FROM resident r JOIN erasure e ON e.resident_id = r.id WHERE e.id = %s",
}
