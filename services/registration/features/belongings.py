"""What courses and doors keep of somebody, and how it changes hands when two records are one person's.

The rule where both records have one of what counts once: the kept record's stays and counts, the merged one's stays where it is,
as it was. A seat in a course cannot be had twice: while both are on one list, and not both completed it, there is no merging; nor
while a lesson that both have a place in would be missing from the minutes of whoever keeps the seat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Table as Columns
from sqlalchemy import select, update
from sqlmodel import col
from sqlmodel import select as select_rows

from services.registration.domain.courses import cycle_ends
from services.registration.features.nominate import ON_THE_LIST
from services.registration.tables import (
    Course,
    Cycle,
    Excuse,
    FollowUp,
    HourEntry,
    MakeUp,
    Nomination,
    Practical,
    Programme,
    Scan,
    Session,
    SurveyLetter,
    TestTaken,
)
from services.registration.tables import Table as Base
from shared.unit import Unit

Row = dict[str, Any]


def _alike(*names: str) -> Callable[[Row, Row], bool]:
    return lambda one, other: all(one[name] is not None and one[name] == other[name] for name in names)


def _one_seat(one: Row, other: Row) -> bool:
    return one["programme_id"] == other["programme_id"] and one["state"] in ON_THE_LIST and other["state"] in ON_THE_LIST


def _overlap(one: Row, other: Row) -> bool:
    return bool(one["starts_on"] < cycle_ends(other["starts_on"]) and other["starts_on"] < cycle_ends(one["starts_on"]))


def _entered_twice(one: Row, other: Row) -> bool:
    return _alike("programme_id")(one, other) or _alike("evidence", "earned_on")(one, other)


def _never(_: Row, __: Row) -> bool:
    return False


CLASH: dict[type[Base], Callable[[Row, Row], bool]] = {
    Nomination: _one_seat,
    Excuse: _alike("session_id"),
    MakeUp: _alike("missed_session_id"),
    Cycle: _overlap,
    HourEntry: _entered_twice,
    TestTaken: _alike("programme_id", "moment"),
    Practical: _alike("programme_id"),
    SurveyLetter: _alike("programme_id"),
    FollowUp: _alike("programme_id", "days", "asked"),
    Scan: _never,
}
"""What moves, and when two rows are the same thing twice."""


class Belonging(NamedTuple):
    """One row of one of those tables."""

    table: str
    row: Row


@dataclass(frozen=True, slots=True)
class Belongings:
    """What would move and what stays; the courses for whose seats the two records cannot be merged, by title."""

    moving: list[Belonging]
    staying: list[Belonging]
    two_seats: list[str]
    torn: list[str]

    @property
    def learning(self) -> list[Belonging]:
        """What courses keep, of all that moves."""
        return [each for each in self.moving if each.table != "scan"]

    @property
    def scans(self) -> int:
        """How often the person was scanned at doors."""
        return len(self.moving) - len(self.learning)


def plan_belongings(kept_id: UUID, merged_id: UUID, apart: Iterable[UUID], unit: Unit) -> Belongings:
    """See what would happen; `apart` are the sessions in which both keep a place of their own."""
    unit.session.flush()
    apart = set(apart)
    moving: list[Belonging] = []
    staying: list[Belonging] = []
    for table, clash in CLASH.items():
        own = _rows(table, kept_id, unit)
        for row in _rows(table, merged_id, unit):
            stays = row["session_id"] in apart if table is Scan else any(clash(row, other) for other in own)
            (staying if stays else moving).append(Belonging(str(table.__tablename__), row))
    both = {
        each.row["programme_id"] for each in staying if each.table == "nomination" and not _both_done(each.row, kept_id, unit)
    }
    seats = {row["programme_id"] for table, row in moving if table == "nomination" and row["state"] in ON_THE_LIST}
    lessons = unit.session.exec(select_rows(Session.programme_id).where(col(Session.id).in_(apart))).all()
    return Belongings(moving, staying, _titles(both, unit), _titles(seats & set(lessons), unit))


def lock_courses(kept_id: UUID, merged_id: UUID, unit: Unit) -> None:
    """Nobody is put on a list meanwhile on which one of the two already is."""
    theirs = select_rows(Nomination.programme_id).where(col(Nomination.resident_id).in_((kept_id, merged_id)))
    found = select_rows(Course).where(col(Course.programme_id).in_(theirs)).order_by(col(Course.programme_id)).with_for_update()
    unit.session.exec(found).all()


def hand_over(belonging: Belonging, kept_id: UUID, unit: Unit) -> dict[str, Any]:
    """Make it the kept record's; returns what the journal says of that."""
    columns = _columns(belonging.table)
    key = {column.name: belonging.row[column.name] for column in columns.primary_key if column.name != "resident_id"}
    was = belonging.row["resident_id"]
    _give(columns, key, was, kept_id, unit)
    return {"belonging": belonging.table, "key": {name: _as_kept(value) for name, value in key.items()}, "was": str(was)}


def hand_back(change: dict[str, Any], kept_id: UUID, unit: Unit) -> None:
    """Make it the merged record's again, if it is still there."""
    columns = _columns(change["belonging"])
    key = {name: _read(columns.columns[name].type.python_type, value) for name, value in change["key"].items()}
    _give(columns, key, kept_id, UUID(change["was"]), unit)


def course_of(belonging: Belonging, unit: Unit) -> str:
    """The title of the course that it belongs to, or of the training; empty when there is none."""
    row = belonging.row
    session_id = row.get("missed_session_id") or row.get("session_id")
    programme_id = row.get("programme_id") or (unit.get(Session, session_id).programme_id if session_id else None)
    return unit.get(Programme, programme_id).title if programme_id else row.get("title", "")


def _give(columns: Columns, key: dict[str, Any], was: UUID, becomes: UUID, unit: Unit) -> None:
    mine = [columns.columns[name] == value for name, value in key.items()]
    unit.session.connection().execute(
        update(columns).where(columns.columns["resident_id"] == was, *mine).values(resident_id=becomes)
    )


def _columns(table: Any) -> Columns:
    return Base.metadata.tables[table]


def _rows(table: type[Base], resident_id: UUID, unit: Unit) -> list[Row]:
    columns = _columns(table.__tablename__)
    found = select(columns).where(columns.columns["resident_id"] == resident_id).order_by(*columns.primary_key)
    return [dict(row._mapping) for row in unit.session.connection().execute(found)]


def _both_done(row: Row, kept_id: UUID, unit: Unit) -> bool:
    still = [
        other
        for other in _rows(Nomination, kept_id, unit)
        if _one_seat(row, other) and (other["completed_at"] is None or row["completed_at"] is None)
    ]
    return not still


def _titles(programme_ids: Iterable[UUID], unit: Unit) -> list[str]:
    return [unit.get(Programme, id).title for id in sorted(programme_ids)]


def _as_kept(value: Any) -> Any:
    return value if isinstance(value, int | str) else value.isoformat() if isinstance(value, date) else str(value)


def _read(kind: type[Any], value: Any) -> Any:
    return UUID(value) if kind is UUID else date.fromisoformat(value) if kind is date else value
