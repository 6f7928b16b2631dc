"""The figures of texts for other programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.figures import AIM, share
from services.notify.features.read_figures import as_csv, list_days
from services.notify.tables import CarrierDay
from shared.clock import today
from shared.http import StaffDep, UnitDep

router = APIRouter(prefix="/figures")

FirstDay = Annotated[date | None, Query(alias="from", description="The first day; the present one if absent")]
LastDay = Annotated[date | None, Query(alias="to", description="The last day; the present one if absent")]


class DayOut(BaseModel):
    """One day's texts with one carrier. Shares are of a hundred; null where there is nothing to have a share of."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "day": "2021-05-10", "carrier": "simulated", "attempts": 41, "accepted": 40, "refused": 1, "not_sent": 0,
                "unknown": 0, "delivered": 39, "failed": 1, "parts": 44, "in_time": 40, "p50_ms": 180, "p95_ms": 940,
                "skipped": 0, "expired": 0, "opt_outs": 0, "replies": 0, "delivered_share": 97.5, "in_time_share": 100.0,
            }
        },
    )  # fmt: skip

    day: date
    carrier: str = Field(description="Empty: all carriers together, and what no carrier has to do with")
    attempts: int
    accepted: int
    refused: int
    not_sent: int = Field(description="Unanswered first, then found never to have reached the carrier")
    unknown: int = Field(description="Unanswered, and still being asked about")
    delivered: int
    failed: int
    parts: int = Field(description="Parts of the accepted texts, as carriers bill them")
    in_time: int = Field(description="Handed over within ten seconds of being due")
    p50_ms: int | None = Field(description="Half of the accepted texts were with the carrier so soon after they were due")
    p95_ms: int | None
    skipped: int
    expired: int = Field(description="Of the skipped: those that would have come too late")
    opt_outs: int
    replies: int
    delivered_share: float | None
    in_time_share: float | None


class FiguresOut(BaseModel):
    """Days with their carriers, newest first, and the share in time that is aimed for."""

    aim: float = AIM
    days: list[DayOut]


@router.get("")
def get_figures(_: StaffDep, unit: UnitDep, first: FirstDay = None, last: LastDay = None) -> FiguresOut:
    """Texts per day and carrier: counts, shares and times."""
    return FiguresOut(days=[_told(day) for day in list_days(*_span(first, last), unit)])


@router.get(".csv", response_class=Response)
def get_figures_csv(_: StaffDep, unit: UnitDep, first: FirstDay = None, last: LastDay = None) -> Response:
    """The same as a spreadsheet."""
    headers = {"content-disposition": 'attachment; filename="texts.csv"', "cache-control": "no-store"}
    return Response(as_csv(list_days(*_span(first, last), unit)), media_type="text/csv; charset=utf-8", headers=headers)


def _span(first: date | None, last: date | None) -> tuple[date, date]:
    present = today().date()
    return first or last or present, last or present


def _told(day: CarrierDay) -> DayOut:
    shares = {
        "delivered_share": share(day.delivered, day.accepted),
        "in_time_share": share(day.in_time, day.accepted),
    }
    return DayOut.model_validate(day.model_dump() | shares)
