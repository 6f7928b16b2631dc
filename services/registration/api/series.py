"""How sessions come round: rules, exceptions, topics, holidays."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from services.registration.api.common import Made, Out
from services.registration.domain.calendar import DayKind
from services.registration.domain.recurrence import Why
from services.registration.features.edit_programme import EditProgramme, ProgrammeEdit, edit_programme
from services.registration.features.edit_series import EditSeries, SeriesEdit, edit_series
from services.registration.features.edit_topics import EditTopics, Topics, edit_topics
from services.registration.features.end_series import EndSeries, end_series
from services.registration.features.holidays import (
    ClearDay,
    ConfirmYear,
    SetDay,
    clear_day,
    confirm_year,
    known_years,
    set_day,
    special_days,
)
from services.registration.features.materialise import materialise_all
from services.registration.features.repeat import Repeat, Rhythm, next_slots, preview, repeat
from services.registration.features.skip_date import SkipDate, skip_date
from services.registration.tables import Programme, Recurrence
from shared.http import StaffDep, UnitDep
from shared.unit import Unit

router = APIRouter()


class SlotOut(Out):
    """A date that a rule means, the day on which it is held (none: it is not) and why."""

    slot: date
    on: date | None
    why: Why
    name: str


class SeriesOut(Out):
    """A rule in force, with its next eight dates."""

    id: UUID
    programme_id: UUID
    rule: str
    from_on: date
    last_on: date | None
    begins: time
    minutes: int
    place: str
    room: str
    capacity: int
    online_capacity: int
    next: tuple[SlotOut, ...] = ()

    @classmethod
    def of(cls, series: Recurrence, unit: Unit) -> SeriesOut:
        """As it stands now."""
        programme = unit.get(Programme, series.programme_id)
        found = cls.model_validate(series)
        found.next = tuple(SlotOut.model_validate(slot) for slot in next_slots(series, programme, unit))
        return found


class Skip(BaseModel):
    """A date of the series on which there is no session; `back`: there is one again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"on": "2021-06-16", "back": False}})

    on: date
    back: bool = False


class End(BaseModel):
    """The last date that the series means."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"last_on": "2021-06-30"}})

    last_on: date


class SpecialDayOut(Out):
    """A day off, or a working day at a weekend with the day off that it makes up for."""

    on: date
    kind: DayKind
    name: str
    stands_for: date | None


class HolidaysOut(Out):
    """The days of a year that are not like any other; not `known`: its notice is not out, so that they are provisional."""

    year: int
    known: bool
    days: list[SpecialDayOut]


@router.post("/programmes/{programme_id}/edit")
def post_edit_programme(programme_id: UUID, edit: ProgrammeEdit, _: StaffDep, unit: UnitDep) -> Made:
    """Change what a programme is called and its rules."""
    command = EditProgramme(programme_id=programme_id, **edit.model_dump(exclude_unset=True))
    return Made.model_validate(edit_programme(command, unit))


@router.put("/programmes/{programme_id}/topics")
def put_topics(programme_id: UUID, topics: Topics, _: StaffDep, unit: UnitDep) -> Made:
    """Change a programme's topics; past sessions keep what they said."""
    return Made.model_validate(edit_topics(EditTopics(programme_id=programme_id, topics=topics.topics), unit))


@router.post("/programmes/{programme_id}/recurrences", status_code=201)
def post_recurrence(programme_id: UUID, rhythm: Rhythm, _: StaffDep, unit: UnitDep) -> SeriesOut:
    """Let sessions come round by a rule; those of the next weeks are put on at once."""
    return SeriesOut.of(repeat(Repeat(programme_id=programme_id, **rhythm.model_dump()), unit), unit)


@router.post("/programmes/{programme_id}/recurrences/preview")
def post_preview(programme_id: UUID, rhythm: Rhythm, _: StaffDep, unit: UnitDep) -> list[SlotOut]:
    """The next eight dates that a rule would mean, with why one is left out; nothing is kept."""
    found = preview(Repeat(programme_id=programme_id, **rhythm.model_dump()), unit)
    return [SlotOut.model_validate(slot) for slot in found]


@router.get("/recurrences/{recurrence_id}")
def get_recurrence(recurrence_id: UUID, _: StaffDep, unit: UnitDep) -> SeriesOut:
    """One rule with its next eight dates."""
    return SeriesOut.of(unit.get(Recurrence, recurrence_id), unit)


@router.post("/recurrences/{recurrence_id}/skip")
def post_skip(recurrence_id: UUID, skip: Skip, _: StaffDep, unit: UnitDep) -> SeriesOut:
    """Leave a date out, or put it back."""
    return SeriesOut.of(skip_date(SkipDate(recurrence_id=recurrence_id, **skip.model_dump()), unit), unit)


@router.post("/recurrences/{recurrence_id}/end")
def post_end(recurrence_id: UUID, end: End, _: StaffDep, unit: UnitDep) -> SeriesOut:
    """Let a series end; sessions after its last date are called off."""
    return SeriesOut.of(end_series(EndSeries(recurrence_id=recurrence_id, last_on=end.last_on), unit), unit)


@router.post("/sessions/{session_id}/series/edit")
def post_edit_series(session_id: UUID, edit: SeriesEdit, _: StaffDep, unit: UnitDep) -> SeriesOut:
    """Change this and all following sessions of a series, or all that are to come; sign-ups stay."""
    command = EditSeries(session_id=session_id, **edit.model_dump(exclude_unset=True))
    return SeriesOut.of(edit_series(command, unit), unit)


@router.get("/holidays/{year}")
def get_holidays(year: Annotated[int, Path(ge=2000, le=2200)], unit: UnitDep) -> HolidaysOut:
    """The days off and make-up days of a year."""
    found = special_days(date(year, 1, 1), date(year, 12, 31), unit)
    days = [SpecialDayOut(on=on, kind=day.kind, name=day.name, stands_for=day.stands_for) for on, day in found.items()]
    return HolidaysOut(year=year, known=year in known_years(unit), days=days)


@router.put("/holidays/days")
def put_day(command: SetDay, _: StaffDep, unit: UnitDep) -> SpecialDayOut:
    """Mark a day; sessions that it concerns follow at once, whoever signed up is told."""
    row = SpecialDayOut.model_validate(set_day(command, unit))
    materialise_all(unit)
    return row


@router.post("/holidays/days/clear", status_code=204)
def post_clear_day(command: ClearDay, _: StaffDep, unit: UnitDep) -> None:
    """Take a day off the calendar."""
    clear_day(command, unit)
    materialise_all(unit)


@router.post("/holidays/confirm")
def post_confirm_year(command: ConfirmYear, _: StaffDep, unit: UnitDep) -> HolidaysOut:
    """Say that a year's notice is out and its days here are right."""
    confirm_year(command, unit)
    unit.session.flush()
    return get_holidays(command.year, unit)
