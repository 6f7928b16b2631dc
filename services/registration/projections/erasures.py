"""Erasures as pages and interface show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.people import masked_name
from services.registration.features.erasures import reason_of
from services.registration.projections.people import name_of
from services.registration.tables import Erasure, ErasurePart, Resident
from shared.auth import Principal
from shared.limits import within
from shared.unit import Unit

SHOWN = 100


class ErasureLine(NamedTuple):
    """One wish on the staff's list."""

    erasure: Erasure
    name: str
    street: str
    reason: str
    parts: Sequence[ErasurePart]


def parts_of(erasure_id: UUID, unit: Unit) -> Sequence[ErasurePart]:
    """Which services have to forget the person, and which have."""
    found = select(ErasurePart).where(col(ErasurePart.erasure_id) == erasure_id)
    return unit.session.exec(found.order_by(col(ErasurePart.source))).all()


def erasures(unit: Unit, staff: Principal) -> list[ErasureLine]:
    """The newest wishes of those whom `staff` may see, whatever became of them."""
    found = select(Erasure, Resident).join(Resident, col(Resident.id) == col(Erasure.resident_id))
    found = found.where(within(staff, street=Resident.street))
    rows = unit.session.exec(found.order_by(col(Erasure.id).desc()).limit(SHOWN))
    return [
        ErasureLine(
            erasure, masked_name(name_of(resident, unit)), resident.street, reason_of(erasure, unit), parts_of(erasure.id, unit)
        )
        for erasure, resident in rows
    ]
