"""Where the things of stations are, by the names under which requests give their ids: staff with limits stay inside them."""

from __future__ import annotations

WHEREABOUTS = {
    "code": "SELECT street, id AS station FROM station WHERE code = %s",
    "station_id": "SELECT street, id AS station FROM station WHERE id = %s",
    "referral_id": "SELECT s.street, s.id AS station FROM station s JOIN referral r ON r.station_id = s.id WHERE r.id = %s",
    "visit_id": "SELECT s.street, s.id AS station FROM station s JOIN visit v ON v.station_id = s.id WHERE v.id = %s",
}
