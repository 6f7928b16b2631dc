"""Open a referral: a critical reading is followed up within two weeks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.stations.domain import follow_up_due
from services.stations.tables import Referral
from shared.clock import SHANGHAI
from shared.contracts.stations import ReferralOpened
from shared.event import new_id
from shared.unit import Unit


@dataclass(frozen=True, slots=True)
class OpenReferral:
    """The visit and its critical reading; `resident_id` when the visitor was identified and consents."""

    visit_id: UUID
    station_id: UUID
    street: str
    reading_id: UUID
    resident_id: UUID | None
    item: str
    rule: str


def open_referral(command: OpenReferral, unit: Unit) -> Referral:
    """Keep and tell a referral that begins now."""
    referral = Referral(
        id=new_id(),
        visit_id=command.visit_id,
        station_id=command.station_id,
        reading_id=command.reading_id,
        resident_id=command.resident_id,
        item=command.item,
        rule=command.rule,
        opened_at=unit.now,
        due_on=follow_up_due(unit.now.astimezone(SHANGHAI).date()),
    )
    unit.add(referral)
    unit.emit(
        ReferralOpened(
            referral_id=referral.id,
            visit_id=referral.visit_id,
            station_id=referral.station_id,
            street=command.street,
            resident_id=referral.resident_id,
            due_on=referral.due_on,
        )
    )
    return referral
