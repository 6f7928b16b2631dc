"""The carriers that are not used as the settings say: left because they fail, or taken out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from services.notify.domain.routing import CarrierState
from services.notify.tables.base import WHEN, Table


class CarrierStanding(Table, table=True):
    """Where a carrier stands `since`; one without a row is in use. `trial_at`: when one text may be tried with a left one."""

    __tablename__ = "carrier_standing"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'left', 'out')", name="carrier_standing_state"),
        CheckConstraint("(state = 'left') = (trial_at IS NOT NULL)", name="carrier_standing_trial"),
    )

    name: str = Field(primary_key=True, sa_type=Text)
    state: CarrierState = Field(sa_type=Text)
    since: datetime = Field(sa_type=WHEN)
    tries: int = 0
    trial_at: datetime | None = Field(default=None, sa_type=WHEN)
