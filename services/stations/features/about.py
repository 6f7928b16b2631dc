"""Everything that stations keeps about one resident, for them to read: consent, visits with their readings, referrals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.stations.tables import Person, Reading, Referral, Station, Visit
from shared.unit import Unit


def about(resident_id: UUID, unit: Unit) -> dict[str, Any]:
    """What leads from the resident to their pseudonym, and what is kept under it."""
    person = unit.find(Person, resident_id)
    theirs = select(Visit, Station.name).join(Station, col(Station.id) == col(Visit.station_id))
    visits = theirs.where(col(Visit.person_id) == (person.person_id if person else None)).order_by(col(Visit.at), col(Visit.id))
    referrals = select(Referral).where(col(Referral.resident_id) == resident_id).order_by(col(Referral.id))
    return {
        "consent": [person.model_dump()] if person else [],
        "visits": [
            visit.model_dump() | {"station": name, "readings": _readings(visit, unit)}
            for visit, name in (unit.session.exec(visits) if person else ())
        ],
        "referrals": [referral.model_dump() for referral in unit.session.exec(referrals)],
    }


def _readings(visit: Visit, unit: Unit) -> list[dict[str, Any]]:
    found = select(Reading).where(col(Reading.visit_id) == visit.id).order_by(col(Reading.id))
    return [reading.model_dump() for reading in unit.session.exec(found)]
