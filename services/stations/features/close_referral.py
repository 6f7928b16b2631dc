"""Close a referral: somebody followed up, or could not."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.stations.domain import Outcome
from services.stations.tables import Referral
from shared.contracts.stations import ReferralClosed
from shared.errors import Conflict
from shared.unit import Unit


class CloseReferral(BaseModel):
    """Which referral, what came of it, and which nurse says so."""

    model_config = ConfigDict(frozen=True)

    referral_id: UUID
    outcome: Outcome
    closed_by: UUID


class AlreadyClosed(Conflict):
    """A referral is closed once."""

    code = "referral_already_closed"
    title = "The referral is closed already"


def close_referral(command: CloseReferral, unit: Unit) -> Referral:
    """Close it and tell the outcome; raises `AlreadyClosed`."""
    referral = unit.lock(Referral, command.referral_id)
    if referral.state == "closed":
        raise AlreadyClosed("这份转介已经办结，不用再办。")
    referral.state, referral.outcome = "closed", command.outcome
    referral.closed_at, referral.closed_by = unit.now, command.closed_by
    unit.emit(ReferralClosed(referral_id=referral.id, station_id=referral.station_id, outcome=command.outcome))
    return referral
