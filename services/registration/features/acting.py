"""Who may act for whom: everybody for themselves, and a carer while the elder's authority is in force."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from services.registration.tables import Authority
from shared.unit import Unit


def may_act_for(actor_id: UUID, resident_id: UUID, unit: Unit) -> bool:
    """Whether the resident `actor_id` may sign up, cancel and read places for `resident_id` now."""
    return actor_id == resident_id or authority_between(resident_id, actor_id, unit) is not None


def authority_between(elder_id: UUID, carer_id: UUID, unit: Unit) -> Authority | None:
    """The authority in force that the elder gave the carer."""
    found = select(Authority).where(
        col(Authority.elder_id) == elder_id, col(Authority.carer_id) == carer_id, col(Authority.ended_at).is_(None)
    )
    return unit.session.exec(found).one_or_none()
