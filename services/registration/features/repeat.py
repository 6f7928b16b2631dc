"""Let sessions of a programme come round by a rule."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.registration.domain.recurrence import Slot
from services.registration.features import Command
from services.registration.features.holidays import fill_holidays
from services.registration.features.materialise import AROUND, materialise, plan
from services.registration.features.open_programme import Places, PlacesOnline, Room, Title
from services.registration.features.recurrence import read_rule
from services.registration.tables import Programme, Recurrence
from shared.clock import SHANGHAI
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

Rule = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Minutes = Annotated[int, Field(ge=1, le=1440)]


class Rhythm(Command):
    """When sessions come round: an RRULE counted from `first_on`, in Shanghai's time. What is left out is the programme's."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"rule": "FREQ=WEEKLY;BYDAY=WE", "first_on": "2021-05-12", "begins": "12:00", "minutes": 30}
        }
    )

    rule: Rule
    first_on: date
    begins: time
    minutes: Minutes
    title: Annotated[str, StringConstraints(max_length=60)] = ""
    place: Title | None = None
    room: Room | None = None
    capacity: Places | None = None
    online_capacity: PlacesOnline | None = None
    weeks_ahead: Annotated[int, Field(ge=1, le=53)] = 8


class Repeat(Rhythm):
    """The rhythm of `programme_id`; a programme may have several, as on two weekdays at two hours."""

    programme_id: UUID


def repeat(command: Repeat, unit: Unit) -> Recurrence:
    """Keep the rule, and put the sessions of the next weeks on the calendar at once, around the holidays known by then."""
    fill_holidays(unit)
    programme = unit.lock(Programme, command.programme_id)
    series = series_of(command, programme, unit)
    unit.add(series)
    materialise(series, programme, unit)
    return series


def preview(command: Repeat, unit: Unit, *, count: int = 8) -> list[Slot]:
    """The next dates that the rule would mean, with the reason where there would be no session; nothing is kept."""
    programme = unit.get(Programme, command.programme_id)
    return next_slots(series_of(command, programme, unit), programme, unit, count=count)


def next_slots(series: Recurrence, programme: Programme, unit: Unit, *, count: int = 8) -> list[Slot]:
    """The next dates of a series, held or not, within two years."""
    today = unit.now.astimezone(SHANGHAI).date()
    found = plan(series, programme, today - AROUND, today + timedelta(days=731), unit)
    return [slot for slot in found if (slot.on or slot.slot) >= today][:count]


def series_of(command: Repeat, programme: Programme, unit: Unit) -> Recurrence:
    """The recurrence that a command describes, checked; the programme's place and places where it says nothing."""
    if command.first_on < unit.now.astimezone(SHANGHAI).date():
        raise Invalid(phrase("开始的日子已经过了，请填今天或以后的日子。"))
    if command.begins.tzinfo is not None:
        raise Invalid(phrase("时间按上海的钟写，比如 12:00。"))
    return Recurrence(
        programme_id=programme.id,
        rule=read_rule(command.rule, command.first_on),
        anchored_on=command.first_on,
        from_on=command.first_on,
        begins=command.begins,
        minutes=command.minutes,
        title=command.title,
        place=command.place or programme.place,
        room=programme.room if command.room is None else command.room,
        capacity=command.capacity or programme.capacity,
        online_capacity=programme.online_capacity if command.online_capacity is None else command.online_capacity,
        weeks_ahead=command.weeks_ahead,
    )
