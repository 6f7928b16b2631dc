"""Show referrals, and to a nurse the readings behind one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from services.stations.domain import CATALOGUE, Grade
from services.stations.tables import Reading, Referral, Station
from shared import clock
from shared.auth import Principal
from shared.limits import within
from shared.unit import Unit


@dataclass(frozen=True, slots=True)
class ReferralSeen:
    """A referral with its station; `days_left` is negative when it is overdue, and None once closed."""

    id: UUID
    station_code: str
    station_name: str
    identified: bool
    item: str
    rule: str
    opened_at: datetime
    due_on: date
    days_left: int | None
    state: str
    outcome: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadingSeen:
    """One reading as a nurse sees it; `numbers` is what was measured, `120/80` for a blood pressure."""

    item: str
    numbers: str
    unit: str
    grade: Grade | None
    doubt: str
    taken_at: datetime


def show_referrals(staff: Principal, unit: Unit, *, limit: int = 200) -> list[ReferralSeen]:
    """Those of the stations that `staff` may see: the open ones by due day, then the closed ones, latest first."""
    rows = unit.session.exec(
        select(Referral, Station)
        .where(Referral.station_id == Station.id, within(staff, street=Station.street, station=Station.id))
        .order_by(col(Referral.state).desc(), col(Referral.closed_at).desc(), col(Referral.due_on), col(Referral.opened_at))
        .limit(limit)
    ).all()
    return [_seen(referral, station) for referral, station in rows]


def show_referral(referral_id: UUID, unit: Unit) -> ReferralSeen:
    """One referral; raises `NotFound`."""
    referral = unit.get(Referral, referral_id)
    return _seen(referral, unit.get(Station, referral.station_id))


def show_readings(referral_id: UUID, unit: Unit) -> list[ReadingSeen]:
    """The readings of a referral's visit, with their values: for nurses only."""
    referral = unit.get(Referral, referral_id)
    readings = unit.session.exec(
        select(Reading).where(Reading.visit_id == referral.visit_id).order_by(col(Reading.taken_at))
    ).all()
    return [
        ReadingSeen(reading.item, _numbers(reading), reading.unit, reading.grade, reading.doubt, reading.taken_at)
        for reading in readings
    ]


def _seen(referral: Referral, station: Station) -> ReferralSeen:
    return ReferralSeen(
        id=referral.id,
        station_code=station.code,
        station_name=station.name,
        identified=referral.resident_id is not None,
        item=referral.item,
        rule=referral.rule,
        opened_at=referral.opened_at,
        due_on=referral.due_on,
        days_left=(referral.due_on - clock.today().date()).days if referral.state == "open" else None,
        state=referral.state,
        outcome=referral.outcome,
        closed_at=referral.closed_at,
    )


def _numbers(reading: Reading) -> str:
    decimals = CATALOGUE[reading.item].decimals if reading.item in CATALOGUE else 2
    first = f"{reading.value:.{decimals}f}"
    return first if reading.second is None else f"{first}/{reading.second:.{decimals}f}"
