"""What an appliance may send, and what it means, before anything is written.

Ids and times stay the text they came as, once their form is checked: this is the path of thousands of readings a second, and
making objects of them would cost more than all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, WithJsonSchema

from services.stations import domain
from services.stations.domain import CATALOGUE, Item, Meal, Numbers, Sex, Verdict
from shared.clock import SHANGHAI

Id = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
Time = Annotated[
    str,
    StringConstraints(pattern=r"^20\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)$"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339, with its offset; the appliance's own clock."""


class ReadingIn(BaseModel):
    """One item measured. Blood pressure has `systolic` and `diastolic`, everything else `value`."""

    model_config = ConfigDict(frozen=True)

    reading_id: Id
    item: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    value: FiniteFloat | None = None
    systolic: FiniteFloat | None = None
    diastolic: FiniteFloat | None = None
    meal: Meal | None = None
    taken_at: Time


class VisitIn(BaseModel):
    """One visit as the appliance tells it. `sex` and `age` choose between limits and are not kept."""

    model_config = ConfigDict(frozen=True)

    visit_id: Id
    at: Time
    resident_id: Id | None = None
    sex: Sex | None = None
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=64)]


class Batch(BaseModel):
    """What the appliance of one station sends at once."""

    model_config = ConfigDict(frozen=True)

    station: str
    visits: Annotated[list[VisitIn], Field(min_length=1, max_length=1000)]


@dataclass(frozen=True, slots=True)
class Place:
    """The station a visit was to."""

    id: UUID
    street: str
    opened_on: date


class Judged(NamedTuple):
    """A verdict, with the parts of the reading's row in COPY's text format before and after its time."""

    verdict: Verdict
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A visit with its day in Shanghai and what its readings mean; or why it is refused, and which reading is at fault."""

    visit: VisitIn
    place: Place
    day: date | None = None
    judged: tuple[Judged, ...] = ()
    refused: str = ""
    at_fault: int | None = None


def weigh(batch: Batch, place: Place, now: datetime) -> list[Weighed]:
    """What each visit of a batch comes to at this moment."""
    latest = domain.latest(now)
    return [_weigh(visit, place, latest) for visit in batch.visits]


def _weigh(visit: VisitIn, place: Place, latest: datetime) -> Weighed:
    at = _parse(visit.at)
    if at is None:
        return Weighed(visit, place, refused="no_such_time")
    if at > latest:
        return Weighed(visit, place, refused="in_the_future")
    day = at.astimezone(SHANGHAI).date()
    if day < place.opened_on:
        return Weighed(visit, place, refused="before_opening")
    judged = []
    for index, reading in enumerate(visit.readings):
        numbers = _numbers(reading, CATALOGUE.get(reading.item))
        taken_at = _parse(reading.taken_at)
        if numbers is None:
            return Weighed(visit, place, refused="numbers_missing", at_fault=index)
        if taken_at is None:
            return Weighed(visit, place, refused="no_such_time", at_fault=index)
        if taken_at > latest:
            return Weighed(visit, place, refused="in_the_future", at_fault=index)
        judged.append(_judge(reading.item, numbers, reading.meal, visit.sex, visit.age))
    return Weighed(visit, place, day, tuple(judged))


def _numbers(reading: ReadingIn, item: Item | None) -> Numbers | None:
    """The numbers a reading must have, or None; of an item nobody knows, those it has."""
    if reading.value is not None:
        return None if item is not None and item.is_pair else (reading.value,)
    if reading.systolic is None or reading.diastolic is None or (item is not None and not item.is_pair):
        return None
    return (reading.systolic, reading.diastolic)


@lru_cache(maxsize=8192)
def _judge(code: str, numbers: Numbers, meal: Meal | None, sex: Sex | None, age: int | None) -> Judged:
    """Judge a reading. Most numbers were judged before: their verdicts are remembered, without whose they were."""
    item = CATALOGUE.get(code)
    verdict = domain.judge(item, numbers, meal=meal, sex=sex, age=age)
    second = numbers[1] if len(numbers) == 2 else NULL
    before = f"{code}\t{numbers[0]}\t{second}\t{item.unit if item else ''}\t{meal or NULL}"
    return Judged(verdict, before, f"{verdict.grade or NULL}\t{verdict.rule}\t{verdict.doubt}\n")


def _parse(time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(time)
    except ValueError:
        return None


NULL = "\\N"
"""No value, in COPY's text format."""
