"""Visits as an appliance would send them, for tests."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.stations.devices import authorization, device_key
from services.stations.features.record_visits import Answer, record_visits
from services.stations.features.weigh_visits import Batch, Place, Weighed, weigh
from services.stations.network import LAOXIMEN, sites
from shared import clock
from shared.crypto import Keyring
from shared.testing import Bench

STATION = f"{LAOXIMEN}-01"
SITE = next(site for site in sites() if site.code == STATION)
OTHER = next(site for site in sites() if site.code != STATION)
PLACE = Place(SITE.id, SITE.street, SITE.opened_on)


def pressure(systolic: float, diastolic: float, **given: Any) -> dict[str, Any]:
    """A blood pressure."""
    return reading("blood_pressure", systolic=systolic, diastolic=diastolic, **given)


def reading(item: str, **given: Any) -> dict[str, Any]:
    """One item measured just now, unless it says otherwise."""
    return {"reading_id": str(uuid4()), "item": item, "taken_at": clock.now().isoformat(), **given}


def visit(*readings: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A visit just now."""
    return {"visit_id": str(uuid4()), "at": clock.now().isoformat(), "readings": list(readings) or [pressure(118, 76)], **given}


def weighed(*visits: dict[str, Any], place: Place = PLACE) -> list[Weighed]:
    """Visits as they come to be recorded."""
    return weigh(Batch.model_validate({"station": STATION, "visits": list(visits)}), place, clock.now())


def record(bench: Bench, *visits: dict[str, Any]) -> list[Answer]:
    """Have visits recorded."""
    return bench.run(record_visits, weighed(*visits))


def send(client: Any, bench: Bench, *visits: dict[str, Any], station: str = STATION, signed_by: str | None = None) -> Any:
    """Post visits as the appliance of a station, or of the one whose code is `signed_by`."""
    body = json.dumps({"station": station, "visits": list(visits)}).encode()
    return post(client, body, sign(bench, body, signed_by or station))


def sign(bench: Bench, body: bytes, station: str = STATION, *, number: int = 1, age: timedelta = timedelta()) -> str:
    """The header for a body, made `age` ago with the station's `number`th key."""
    keyring = Keyring(bench.service.settings.keys, "stations")
    return authorization(station, device_key(keyring, station, number), body, int(time.time() - age.total_seconds()))


def post(client: Any, body: bytes, authorization: str = "") -> Any:
    """Post a body."""
    return client.post(
        "/stations/api/visits", content=body, headers={"authorization": authorization, "content-type": "application/json"}
    )


def ids(bench: Bench, table: str) -> set[UUID]:
    """The ids in a table."""
    return {row[0] for row in bench.query(f"SELECT id FROM {table}")}


def at(*when: int) -> datetime:
    """A time in Shanghai."""
    return datetime(*when, tzinfo=clock.SHANGHAI)  # type: ignore[misc,arg-type]
