"""Who may be registered twice, and what was merged."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.finding import understand
from services.registration.features.finding import mark_of
from services.registration.projections.people import Person, landline_of, name_of, phone_of
from services.registration.tables import Merge, Resident
from shared.auth import Principal
from shared.limits import limits_of, within, within_text
from shared.unit import Unit

NEWEST = 300
"""Of how many residents, the newest first, namesakes are looked for on the page of all duplicates."""

_NAMESAKES = """
    SELECT wanted.id, marks.resident_id
    FROM unnest(%(ids)s::uuid[], %(marks)s::bigint[]) AS wanted (id, mark)
    JOIN resident_marks AS marks ON marks.marks @> ARRAY[wanted.mark] AND marks.resident_id <> wanted.id
    JOIN resident ON resident.id = marks.resident_id AND resident.merged_into IS NULL
    WHERE {within} ORDER BY 1, 2 LIMIT 2000
""".format(within=within_text(street="resident.street"))


class Twice(NamedTuple):
    """Two records that may be one person's, and why; the older is the one to keep."""

    older: Person
    newer: Person
    same_tail: bool
    same_year: bool


class Merged(NamedTuple):
    """A merge in force, with the record that was merged."""

    merge: Merge
    person: Person


def duplicates(unit: Unit, staff: Principal) -> list[Twice]:
    """Pairs among the newest residents and anybody, both of whom `staff` may see."""
    seen = select(Resident).where(col(Resident.merged_into).is_(None), within(staff, street=Resident.street))
    return _pairs(list(unit.session.exec(seen.order_by(col(Resident.id).desc()).limit(NEWEST))), unit, staff)


def duplicates_of(resident: Resident, unit: Unit, staff: Principal) -> list[Twice]:
    """Who, of those whom `staff` may see, may be this person too."""
    return _pairs([resident], unit, staff)


def merges_into(resident_id: UUID, unit: Unit) -> list[Merged]:
    """What was merged into the resident and not taken back, the last first."""
    found = (
        select(Merge, Resident)
        .join(Resident, col(Resident.id) == col(Merge.merged_id))
        .where(col(Merge.kept_id) == resident_id, col(Merge.undone_at).is_(None))
        .order_by(col(Merge.id).desc())
    )
    return [Merged(merge, Person.of(resident, unit)) for merge, resident in unit.session.exec(found)]


def _pairs(residents: list[Resident], unit: Unit, staff: Principal) -> list[Twice]:
    """Namesakes with the same last four digits or the same birth year, each pair once."""
    marks = [(resident.id, _name_mark(resident, unit)) for resident in residents]
    wished = {"ids": [id for id, _ in marks], "marks": [mark for _, mark in marks]} | limits_of(staff)
    cursor = unit.cursor().execute(_NAMESAKES, wished)
    ids = dict.fromkeys((min(pair), max(pair)) for pair in cursor.fetchall())
    wanted = {id for pair in ids for id in pair}
    known = {each.id: each for each in unit.session.exec(select(Resident).where(col(Resident.id).in_(wanted)))}
    compared = (_compare(known[older], known[newer], unit) for older, newer in ids)
    return [pair for pair in compared if pair is not None]


def _name_mark(resident: Resident, unit: Unit) -> int:
    search = understand(name_of(resident, unit))
    return mark_of(search.kind, search.word, unit.keys) if search else 0


def _compare(older: Resident, newer: Resident, unit: Unit) -> Twice | None:
    if name_of(older, unit) != name_of(newer, unit):
        return None
    same_tail = not _tails(older, unit).isdisjoint(_tails(newer, unit))
    same_year = older.birth_year is not None and older.birth_year == newer.birth_year
    if not (same_tail or same_year):
        return None
    return Twice(Person.of(older, unit), Person.of(newer, unit), same_tail, same_year)


def _tails(resident: Resident, unit: Unit) -> set[str]:
    return {number[-4:] for number in (phone_of(resident, unit), landline_of(resident, unit)) if number}
