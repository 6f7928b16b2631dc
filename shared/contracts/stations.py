"""What the stations tell: visits, and what needs somebody's attention. Never a measured value."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from shared.event import Event


class StationOpened(Event, type="stations.station_opened", subject="station_id"):
    """A smart health station serves its street from `opened_on`."""

    station_id: UUID
    code: str
    name: str
    street: str
    district: str
    opened_on: date


class VisitRecorded(Event, type="stations.visit_recorded", subject="visit_id"):
    """One visit (人次) with its number of item tests (项次); `person_id` (人数) only when the visitor was identified."""

    visit_id: UUID
    station_id: UUID
    day: date
    person_id: UUID | None
    items: int
    imported: bool = False


class CriticalReadingSeen(Event, type="stations.critical_reading_seen", subject="visit_id"):
    """A reading reached its critical limit: which item, by which rule; the value stays in the station's own records."""

    visit_id: UUID
    reading_id: UUID
    station_id: UUID
    street: str
    item: str
    rule: str


class ReferralOpened(Event, type="stations.referral_opened", subject="referral_id"):
    """A critical reading needs a follow-up by `due_on`; `resident_id` when the visitor was identified."""

    referral_id: UUID
    visit_id: UUID
    station_id: UUID
    street: str
    resident_id: UUID | None
    due_on: date


class ReferralClosed(Event, type="stations.referral_closed", subject="referral_id"):
    """A follow-up took place, or could not."""

    referral_id: UUID
    station_id: UUID
    outcome: Literal["seen", "unreachable", "declined"]


class ReadingsErased(Event, type="stations.person_erased", subject="erasure_id"):
    """Nothing here leads to the person any more: their visits stay, and are nobody's."""

    erasure_id: UUID
