"""Forget a person: their rows go on under a new number that nobody else knows, so that 人数 and 人次 stay what they were."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.reports import FiguresErased
from shared.erasure import forget
from shared.event import new_id
from shared.unit import Unit

_PARTICIPATION = "UPDATE participation SET resident_id = %s WHERE resident_id = %s"
_FEED = "UPDATE feed SET event = event #- '{data,resident_id}' WHERE event #>> '{data,resident_id}' = %s"


class ErasePerson(BaseModel):
    """The person whose `records` (resident ids) these are is to be forgotten; `erasure_id` is what registration calls it."""

    model_config = ConfigDict(frozen=True)

    erasure_id: UUID
    records: tuple[UUID, ...]


def erase_person(command: ErasePerson, unit: Unit) -> None:
    """Take the resident's own id out of projections and feed; said once, also when the logs are folded again."""
    cursor = unit.cursor()
    first, stranger = False, new_id()
    for resident_id in command.records:
        first = forget(cursor, resident_id, unit.now) or first
        cursor.execute(_PARTICIPATION, (stranger, resident_id))
        cursor.execute(_FEED, (str(resident_id),))
    if first:
        unit.emit(FiguresErased(erasure_id=command.erasure_id))
