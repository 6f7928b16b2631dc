"""Let a series end."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.registration.features import Command
from services.registration.features.calendar import deal, take_off, to_come
from services.registration.tables import Programme, Recurrence
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase


class EndSeries(Command):
    """`last_on` is the last date that the series means; sessions after it are called off."""

    recurrence_id: UUID
    last_on: date


def end_series(command: EndSeries, unit: Unit) -> Recurrence:
    """End it there; whoever signed up for a later date is told."""
    series = unit.get(Recurrence, command.recurrence_id)
    programme = unit.lock(Programme, series.programme_id)
    unit.session.refresh(series)
    if series.last_on is not None and series.last_on < command.last_on:
        raise Invalid(phrase("这个规律更早就结束了。"))
    series.last_on = command.last_on
    for session in to_come(programme, unit, series):
        if session.slot is not None and session.slot > command.last_on:
            take_off(session, "other", "", unit)
    deal(programme, unit)
    return series
