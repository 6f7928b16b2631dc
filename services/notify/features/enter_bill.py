"""Keep what a carrier billed for a month, so that the difference from our own count shows."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from services.notify.domain import figures
from services.notify.features import Command
from services.notify.tables import CarrierBill, CarrierDay
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

NOT_OVER = phrase("这个月还没有过完，账单要等月底以后再填。")
NO_SUCH_CARRIER = phrase("没有给这家运营商交过短信：请从列表里选一家。")


class EnterBill(Command):
    """The bill for the month that begins with `month` says that `carrier` was handed so many parts."""

    month: date
    carrier: str = Field(max_length=40)
    parts: int = Field(ge=0, le=10**9)
    staff_id: UUID


def enter_bill(command: EnterBill, unit: Unit) -> CarrierBill:
    """Write the bill down; entered again, the newer entry stands."""
    first, last = figures.month(command.month)
    if figures.bounds(last)[1] > unit.now:
        raise Invalid(NOT_OVER)
    if unit.session.exec(select(CarrierDay.carrier).where(col(CarrierDay.carrier) == command.carrier).limit(1)).first() is None:
        raise Invalid(NO_SUCH_CARRIER)
    bill = CarrierBill(
        month=first, carrier=command.carrier, parts=command.parts, entered_at=unit.now, entered_by=command.staff_id
    )
    return unit.session.merge(bill)
