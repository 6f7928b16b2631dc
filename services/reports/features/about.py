"""Everything that reports keeps about one resident, for them to read: where they took part, as the figures count it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.reports.tables import Participation
from shared.unit import Unit


def about(resident_id: UUID, unit: Unit) -> dict[str, Any]:
    """The resident's rows."""
    found = select(Participation).where(col(Participation.resident_id) == resident_id)
    return {"participations": [row.model_dump() for row in unit.session.exec(found.order_by(col(Participation.registration_id)))]}
