"""Order an edition of the bulletin: the first of its month, or a correction of what is out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.reports.domain import Month
from shared.clock import SHANGHAI
from shared.errors import Invalid
from shared.unit import Unit


class OrderBulletin(BaseModel):
    """Which month to publish; again, to correct an edition that is out."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"month": "2021-05"}]})

    month: Annotated[str, StringConstraints(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]


class Ordered(BaseModel):
    """The edition that is being made."""

    month: str
    edition: int


def order(command: OrderBulletin, unit: Unit) -> Ordered:
    """Ask for the next edition of the month; asked twice before it is out, it is made once."""
    month = Month.parse(command.month)
    if month.starts > unit.now.astimezone(SHANGHAI).date():
        raise Invalid("这个月还没有到，请选已经开始的月份。")
    row = unit.cursor().execute("SELECT coalesce(max(edition), 0) FROM issue WHERE month = %s", (month.starts,)).fetchone()
    edition = 1 + (row[0] if row else 0)
    unit.later("publish", str(month) if edition == 1 else f"{month}/{edition}")
    return Ordered(month=str(month), edition=edition)
