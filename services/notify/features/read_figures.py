"""Read the figures of texts: by day and carrier, by month beside what carriers bill, and as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer
from sqlmodel import col, desc, func, select

from services.notify.domain import figures
from services.notify.tables import CarrierBill, CarrierDay
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

REVERSED = phrase("起始日期在结束日期之后：请把两个日期对调。")
TOO_LONG = phrase("一次最多看四百天：请把时段分成几次。")

HEADS = (
    "day", "carrier", "attempts", "accepted", "refused", "not_sent", "unknown", "delivered", "failed", "parts", "in_time",
    "p50_ms", "p95_ms", "odd", "skipped", "expired", "opt_outs", "replies",
)  # fmt: skip
"""What a day is told with, in the order of a spreadsheet's columns."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One month with one carrier: the texts it took, the parts we count for them, and the parts it billed, if entered."""

    carrier: str
    texts: int
    parts: int
    billed: int | None

    @property
    def difference(self) -> int | None:
        """How many parts the carrier billed more than we count."""
        return None if self.billed is None else self.billed - self.parts


def list_days(first: date, last: date, unit: Unit) -> Sequence[CarrierDay]:
    """The figures of the days from `first` to `last`, the newest day first, all carriers together before each of them."""
    if first > last:
        raise Invalid(REVERSED)
    if last - first >= figures.LONGEST_SPAN:
        raise Invalid(TOO_LONG)
    found = select(CarrierDay).where(col(CarrierDay.day).between(first, last))
    return unit.session.exec(found.order_by(desc(col(CarrierDay.day)), col(CarrierDay.carrier))).all()


def reckon(first: date, last: date, unit: Unit) -> list[Reckoning]:
    """What each carrier took in the month from `first` to `last`, beside its bill."""
    texts, parts = (func.sum(column).cast(Integer) for column in (col(CarrierDay.accepted), col(CarrierDay.parts)))
    counted = (
        select(CarrierDay.carrier, texts, parts)
        .where(col(CarrierDay.day).between(first, last), col(CarrierDay.carrier) != "")
        .group_by(col(CarrierDay.carrier))
    )
    taken = {carrier: (texts, parts) for carrier, texts, parts in unit.session.exec(counted)}
    billed = {bill.carrier: bill.parts for bill in unit.session.exec(select(CarrierBill).where(col(CarrierBill.month) == first))}
    return [
        Reckoning(carrier, *taken.get(carrier, (0, 0)), billed.get(carrier)) for carrier in sorted(taken.keys() | billed.keys())
    ]


def as_csv(days: Sequence[CarrierDay]) -> str:
    """The figures for a spreadsheet, with a byte order mark."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS)
    writer.writeheader()
    for day in days:
        row: dict[str, Any] = day.model_dump(include=set(HEADS))
        writer.writerow(row)
    return "\ufeff" + out.getvalue()
