"""Record visits and their readings, many at a time: what intake commits for all requests that wait together.

A visit is stored whole or refused whole. What was stored before is `known` and changes nothing, whichever request brings it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PlainValidator, StringConstraints, WithJsonSchema

from services.stations import domain
from services.stations.domain import CATALOGUE, Grade, Item, Meal, Numbers, Sex, Verdict
from services.stations.features.open_referral import OpenReferral, open_referral
from shared.clock import SHANGHAI
from shared.contracts.stations import CriticalReadingSeen, VisitRecorded
from shared.unit import Unit

VISIT_COLUMNS = "id, station_id, at, day, person_id, items, imported"
READING_COLUMNS = "id, visit_id, item, value, second, unit, meal, taken_at, grade, rule, doubt"

WHY = {
    "known": "这一项以前已经收到，没有重复记录。",
    "out_of_range": "读数超出可信范围，已另存待查，请复测。",
    "diastolic_not_below_systolic": "舒张压不低于收缩压，已另存待查，请复测。",
    "unknown_item": "目录里没有这个项目，已另存待查，请更新设备或联系管理员。",
    "in_the_future": "测量时间晚于现在五分钟以上：请校准设备时钟后，整次重发。",
    "before_opening": "测量时间早于驿站开放日：请校准设备时钟后，整次重发。",
    "numbers_missing": "血压要有 systolic 和 diastolic，其他项目要有 value：请补全后整次重发。",
    "visit_refused": "这次到访没有收下，这一项请随整次重发。",
    "not_in_visit": "这次到访早已收下，当时没有这一项：请作为另一次到访发送。",
    "id_in_use": "这个到访编号已属于别的驿站：请换一个编号重发。",
}
"""What the answer says about each code."""


def _moment(raw: object) -> datetime:
    """A time with its offset. With Python's own zones it is cheap to compare and to write; with pydantic's it is not."""
    at = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    if at is None or at.tzinfo is None or not 2000 <= at.year < 2100:
        raise ValueError("a time of this century with its offset, such as 2021-05-12T09:02:00+08:00")
    return at


Moment = Annotated[datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]


class ReadingIn(BaseModel):
    """One item measured. Blood pressure has `systolic` and `diastolic`, everything else `value`."""

    model_config = ConfigDict(frozen=True)

    reading_id: UUID
    item: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    value: FiniteFloat | None = None
    systolic: FiniteFloat | None = None
    diastolic: FiniteFloat | None = None
    meal: Meal | None = None
    taken_at: Moment


class VisitIn(BaseModel):
    """One visit as the appliance tells it. `sex` and `age` choose between limits and are not kept."""

    model_config = ConfigDict(frozen=True)

    visit_id: UUID
    at: Moment
    resident_id: UUID | None = None
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


@dataclass(frozen=True, slots=True)
class Weighed:
    """A visit with what its readings mean, or why it is refused, and which reading is at fault, if one is."""

    visit: VisitIn
    place: Place
    numbers: list[Numbers]
    verdicts: list[Verdict]
    refused: str = ""
    at_fault: int = -1


Answer = dict[str, Any]
"""What became of one visit: `visit_id`, `result` (stored, known, refused), `code`, `why`, and the same of its `readings`."""


def weigh(batch: Batch, place: Place, now: datetime) -> list[Weighed]:
    """What each reading means, before anything is written."""
    latest = domain.latest(now)
    return [_weigh(visit, place, latest) for visit in batch.visits]


def _weigh(visit: VisitIn, place: Place, latest: datetime) -> Weighed:
    numbers: list[Numbers] = []
    verdicts: list[Verdict] = []
    if visit.at > latest:
        return Weighed(visit, place, numbers, verdicts, "in_the_future")
    if visit.at.astimezone(SHANGHAI).date() < place.opened_on:
        return Weighed(visit, place, numbers, verdicts, "before_opening")
    for index, reading in enumerate(visit.readings):
        item = CATALOGUE.get(reading.item)
        taken = _numbers(reading, item)
        if taken is None:
            return Weighed(visit, place, numbers, verdicts, "numbers_missing", index)
        if reading.taken_at > latest:
            return Weighed(visit, place, numbers, verdicts, "in_the_future", index)
        numbers.append(taken)
        verdicts.append(domain.judge(item, taken, meal=reading.meal, sex=visit.sex, age=visit.age))
    return Weighed(visit, place, numbers, verdicts)


def _numbers(reading: ReadingIn, item: Item | None) -> Numbers | None:
    """The numbers a reading must have, or None; of an item nobody knows, those it has."""
    single, pair = reading.value, (reading.systolic, reading.diastolic)
    if single is not None:
        return None if item is not None and item.is_pair else (single,)
    if pair[0] is None or pair[1] is None or (item is not None and not item.is_pair):
        return None
    return (pair[0], pair[1])


def record_visits(command: Sequence[Weighed], unit: Unit, *, careful: bool = False) -> list[Answer]:
    """Store what is new and tell it; answers in the order of the command.

    Readings of a new visit are taken to be new too. Where one is not, its key makes the transaction fail with `UniqueViolation`:
    done again `careful`, it looks first.
    """
    known = _known_visits(command, unit)
    seen = _known_readings(command, unit) if careful or known else set()
    people = _people(command, unit)
    visits: list[str] = []
    readings: list[str] = []
    answers: list[Answer] = []
    for weighed in command:
        visit = weighed.visit
        if weighed.refused:
            answers.append(_refused(weighed, weighed.refused, weighed.at_fault))
        elif (owner := known.get(visit.visit_id)) is None:
            known[visit.visit_id] = weighed.place.id
            answers.append(_store(weighed, unit, people, seen, visits, readings))
        elif owner == weighed.place.id:
            answers.append(_known(visit, seen))
        else:
            answers.append(_refused(weighed, "id_in_use", -1))
    if visits:
        copy_rows(unit, f"COPY visit ({VISIT_COLUMNS}) FROM STDIN", "".join(visits))
        copy_rows(unit, f"COPY reading ({READING_COLUMNS}) FROM STDIN", "".join(readings))
    return answers


def _store(
    weighed: Weighed, unit: Unit, people: dict[UUID, UUID], seen: set[UUID], visits: list[str], readings: list[str]
) -> Answer:
    visit, place = weighed.visit, weighed.place
    told: list[Answer] = []
    critical: list[tuple[ReadingIn, Verdict]] = []
    items, id = 0, visit.visit_id.hex
    for reading, numbers, verdict in zip(visit.readings, weighed.numbers, weighed.verdicts, strict=True):
        if reading.reading_id in seen:
            told.append(_line(reading, "known", "known"))
            continue
        seen.add(reading.reading_id)
        readings.append(_reading_row(id, reading, numbers, verdict))
        if verdict.doubt:
            told.append(_line(reading, "quarantined", verdict.doubt))
            continue
        items += 1
        told.append({"reading_id": reading.reading_id, "result": "stored", "class": verdict.grade})
        if verdict.grade is Grade.CRITICAL:
            critical.append((reading, verdict))
    day = visit.at.astimezone(SHANGHAI).date()
    person = people.get(visit.resident_id) if visit.resident_id else None
    visits.append(f"{id}\t{place.id}\t{visit.at.isoformat()}\t{day}\t{person or _NULL}\t{items}\tf\n")
    unit.emit(VisitRecorded(visit_id=visit.visit_id, station_id=place.id, day=day, person_id=person, items=items))
    for reading, verdict in critical:
        unit.emit(
            CriticalReadingSeen(
                visit_id=visit.visit_id,
                reading_id=reading.reading_id,
                station_id=place.id,
                street=place.street,
                item=reading.item,
                rule=verdict.rule,
            )
        )
    if critical:
        reading, verdict = critical[0]
        resident_id = visit.resident_id if person else None
        open_referral(
            OpenReferral(visit.visit_id, place.id, place.street, reading.reading_id, resident_id, reading.item, verdict.rule),
            unit,
        )
    return {"visit_id": visit.visit_id, "result": "stored", "readings": told}


def _known(visit: VisitIn, seen: set[UUID]) -> Answer:
    told = [
        _line(reading, "known", "known") if reading.reading_id in seen else _line(reading, "refused", "not_in_visit")
        for reading in visit.readings
    ]
    return {"visit_id": visit.visit_id, "result": "known", "code": "known", "why": WHY["known"], "readings": told}


def _refused(weighed: Weighed, code: str, at_fault: int) -> Answer:
    told = [
        _line(reading, "refused", code if index == at_fault else "visit_refused")
        for index, reading in enumerate(weighed.visit.readings)
    ]
    return {"visit_id": weighed.visit.visit_id, "result": "refused", "code": code, "why": WHY[code], "readings": told}


def _line(reading: ReadingIn, result: str, code: str) -> Answer:
    return {"reading_id": reading.reading_id, "result": result, "code": code, "why": WHY[code]}


_NULL = "\\N"


def _reading_row(visit: str, reading: ReadingIn, numbers: Numbers, verdict: Verdict) -> str:
    unit = CATALOGUE[reading.item].unit if reading.item in CATALOGUE else ""
    second = numbers[1] if len(numbers) == 2 else _NULL
    return (
        f"{reading.reading_id.hex}\t{visit}\t{reading.item}\t{numbers[0]}\t{second}\t{unit}\t{reading.meal or _NULL}\t"
        f"{reading.taken_at.isoformat()}\t{verdict.grade or _NULL}\t{verdict.rule}\t{verdict.doubt}\n"
    )


def copy_rows(unit: Unit, statement: LiteralString, rows: str) -> None:
    """Write rows given in COPY's text format: ids, numbers, times and codes only, so nothing in them needs escaping."""
    with unit.cursor().copy(statement) as copy:
        copy.write(rows)


def _known_visits(command: Iterable[Weighed], unit: Unit) -> dict[UUID, UUID]:
    ids = [weighed.visit.visit_id for weighed in command]
    return dict(unit.cursor().execute("SELECT id, station_id FROM visit WHERE id = ANY(%b)", (ids,)).fetchall())


def _known_readings(command: Iterable[Weighed], unit: Unit) -> set[UUID]:
    ids = [reading.reading_id for weighed in command for reading in weighed.visit.readings]
    return {row[0] for row in unit.cursor().execute("SELECT id FROM reading WHERE id = ANY(%b)", (ids,)).fetchall()}


def _people(command: Iterable[Weighed], unit: Unit) -> dict[UUID, UUID]:
    """The pseudonyms of the visitors who consented."""
    ids = list({weighed.visit.resident_id for weighed in command if weighed.visit.resident_id})
    if not ids:
        return {}
    query = "SELECT resident_id, person_id FROM person WHERE resident_id = ANY(%b) AND consent"
    return dict(unit.cursor().execute(query, (ids,)).fetchall())
