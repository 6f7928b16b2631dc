"""Record visits and their readings, many at a time: what intake commits for all requests that wait together.

A visit is stored whole or refused whole. What was stored before is `known` and changes nothing, whichever request brings it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString
from uuid import UUID

from services.stations.domain import Grade, Verdict
from services.stations.features.open_referral import OpenReferral, open_referral
from services.stations.features.weigh_visits import NULL, ReadingIn, VisitIn, Weighed
from shared.contracts.stations import CriticalReadingSeen, VisitRecorded
from shared.unit import Unit

VISIT_COLUMNS = "id, station_id, at, day, person_id, items, imported"
READING_COLUMNS = "id, visit_id, item, value, second, unit, meal, taken_at, grade, rule, doubt"

PEOPLE = """
    WITH RECURSIVE who (asked, id) AS (
        SELECT id, id FROM unnest(%b::text[]::uuid[]) AS id
        UNION SELECT asked, kept FROM who JOIN same_person ON merged = who.id
    )
    SELECT asked::text, person_id FROM who JOIN person ON resident_id = who.id AND consent
    WHERE NOT EXISTS (SELECT FROM same_person WHERE merged = who.id)
"""

WHY = {
    "known": "这一项以前已经收到，没有重复记录。",
    "out_of_range": "读数超出可信范围，已另存待查，请复测。",
    "diastolic_not_below_systolic": "舒张压不低于收缩压，已另存待查，请复测。",
    "unknown_item": "目录里没有这个项目，已另存待查，请更新设备或联系管理员。",
    "in_the_future": "测量时间晚于现在五分钟以上：请校准设备时钟后，整次重发。",
    "no_such_time": "没有这样的日期或时间：请校准设备时钟后，整次重发。",
    "before_opening": "测量时间早于驿站开放日：请校准设备时钟后，整次重发。",
    "numbers_missing": "血压要有 systolic 和 diastolic，其他项目要有 value：请补全后整次重发。",
    "visit_refused": "这次到访没有收下，这一项请随整次重发。",
    "not_in_visit": "这次到访早已收下，当时没有这一项：请作为另一次到访发送。",
    "id_in_use": "这个到访编号已属于别的驿站：请换一个编号重发。",
}
"""What the answer says about each code."""

Answer = dict[str, Any]
"""What became of one visit: `visit_id`, `result` (stored, known, refused), `code`, `why`, and the same of its `readings`."""


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
            answers.append(_refused(visit, weighed.refused, weighed.at_fault))
        elif (owner := known.get(visit.visit_id)) is None:
            known[visit.visit_id] = weighed.place.id
            answers.append(_store(weighed, unit, people, seen, visits, readings))
        elif owner == weighed.place.id:
            answers.append(_known(visit, seen))
        else:
            answers.append(_refused(visit, "id_in_use", None))
    if visits:
        copy_rows(unit, f"COPY visit ({VISIT_COLUMNS}) FROM STDIN", "".join(visits))
        copy_rows(unit, f"COPY reading ({READING_COLUMNS}) FROM STDIN", "".join(readings))
    return answers


def copy_rows(unit: Unit, statement: LiteralString, rows: str) -> None:
    """Write rows given in COPY's text format: ids, numbers, times and codes only, so nothing in them needs escaping."""
    with unit.cursor().copy(statement) as copy:
        copy.write(rows)


def _store(
    weighed: Weighed, unit: Unit, people: dict[str, UUID], seen: set[str], visits: list[str], readings: list[str]
) -> Answer:
    visit, place = weighed.visit, weighed.place
    told: list[Answer] = []
    critical: list[tuple[ReadingIn, Verdict]] = []
    items, id = 0, visit.visit_id
    for reading, (verdict, before, after) in zip(visit.readings, weighed.judged, strict=True):
        if reading.reading_id in seen:
            told.append(_line(reading, "known", "known"))
            continue
        seen.add(reading.reading_id)
        readings.append(f"{reading.reading_id}\t{id}\t{before}\t{reading.taken_at}\t{after}")
        if verdict.doubt:
            told.append(_line(reading, "quarantined", verdict.doubt))
            continue
        items += 1
        told.append({"reading_id": reading.reading_id, "result": "stored", "class": verdict.grade})
        if verdict.grade is Grade.CRITICAL:
            critical.append((reading, verdict))
    person = people.get(visit.resident_id) if visit.resident_id else None
    visits.append(f"{id}\t{place.id}\t{visit.at}\t{weighed.day}\t{person or NULL}\t{items}\tf\n")
    told_of = {"visit_id": id, "station_id": place.id, "day": weighed.day, "person_id": person, "items": items}
    unit.emit(VisitRecorded.model_validate(told_of))
    if critical:
        _alarm(weighed, critical, UUID(visit.resident_id) if visit.resident_id and person else None, unit)
    return {"visit_id": id, "result": "stored", "readings": told}


def _alarm(weighed: Weighed, critical: list[tuple[ReadingIn, Verdict]], resident_id: UUID | None, unit: Unit) -> None:
    """Tell every critical reading of a visit, and open one referral for the first."""
    visit_id, place = UUID(weighed.visit.visit_id), weighed.place
    for reading, verdict in critical:
        unit.emit(
            CriticalReadingSeen(
                visit_id=visit_id,
                reading_id=UUID(reading.reading_id),
                station_id=place.id,
                street=place.street,
                item=reading.item,
                rule=verdict.rule,
            )
        )
    reading, verdict = critical[0]
    wish = OpenReferral(visit_id, place.id, place.street, UUID(reading.reading_id), resident_id, reading.item, verdict.rule)
    open_referral(wish, unit)


def _known(visit: VisitIn, seen: set[str]) -> Answer:
    told = [
        _line(reading, "known", "known") if reading.reading_id in seen else _line(reading, "refused", "not_in_visit")
        for reading in visit.readings
    ]
    return {"visit_id": visit.visit_id, "result": "known", "code": "known", "why": WHY["known"], "readings": told}


def _refused(visit: VisitIn, code: str, at_fault: int | None) -> Answer:
    told = [
        _line(reading, "refused", code if index == at_fault else "visit_refused") for index, reading in enumerate(visit.readings)
    ]
    return {"visit_id": visit.visit_id, "result": "refused", "code": code, "why": WHY[code], "readings": told}


def _line(reading: ReadingIn, result: str, code: str) -> Answer:
    return {"reading_id": reading.reading_id, "result": result, "code": code, "why": WHY[code]}


def _known_visits(command: Iterable[Weighed], unit: Unit) -> dict[str, UUID]:
    """Which of the visits are stored already, and for which station."""
    ids = [weighed.visit.visit_id for weighed in command]
    rows = unit.cursor().execute("SELECT id::text, station_id FROM visit WHERE id = ANY(%b::text[]::uuid[])", (ids,)).fetchall()
    return dict(rows)


def _known_readings(command: Iterable[Weighed], unit: Unit) -> set[str]:
    ids = [reading.reading_id for weighed in command for reading in weighed.visit.readings]
    rows = unit.cursor().execute("SELECT id::text FROM reading WHERE id = ANY(%b::text[]::uuid[])", (ids,)).fetchall()
    return {row[0] for row in rows}


def _people(command: Iterable[Weighed], unit: Unit) -> dict[str, UUID]:
    """The pseudonyms of the visitors who consented; of merged records, that of the one they were merged into."""
    ids = list({weighed.visit.resident_id for weighed in command if weighed.visit.resident_id})
    if not ids:
        return {}
    return dict(unit.cursor().execute(PEOPLE, (ids,)).fetchall())
