"""What is left of texts when their words and numbers are gone: counts per day and carrier, and what carriers bill."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from services.notify.tables.base import WHEN, Table


class CarrierDay(Table, table=True):
    """One day's texts with one carrier; with the empty name all carriers together, and what no carrier has to do with.

    Counts are of attempts by the day on which they were made, whenever their receipts came. `in_time`: handed over within ten
    seconds of being due. `odd`: attempts that the carrier took though their texts are not known as taken; there should be none.
    """

    __tablename__ = "carrier_day"
    __table_args__ = (
        CheckConstraint("accepted + refused + not_sent + unknown <= attempts", name="carrier_day_adds_up"),
        CheckConstraint("delivered + failed <= accepted AND in_time <= accepted", name="carrier_day_of_accepted"),
    )

    day: date = Field(primary_key=True)
    carrier: str = Field(primary_key=True, sa_type=Text)
    attempts: int = 0
    accepted: int = 0
    refused: int = 0
    not_sent: int = 0
    unknown: int = 0
    delivered: int = 0
    failed: int = 0
    parts: int = 0
    in_time: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    odd: int = 0
    skipped: int = 0
    expired: int = 0
    opt_outs: int = 0
    replies: int = 0
    folded_at: datetime = Field(sa_type=WHEN)


class CarrierBill(Table, table=True):
    """What a carrier billed for a month, as somebody read it off the bill; the last entry counts."""

    __tablename__ = "carrier_bill"
    __table_args__ = (CheckConstraint("parts >= 0", name="carrier_bill_counts"),)

    month: date = Field(primary_key=True)
    carrier: str = Field(primary_key=True, sa_type=Text)
    parts: int
    entered_at: datetime = Field(sa_type=WHEN)
    entered_by: UUID
