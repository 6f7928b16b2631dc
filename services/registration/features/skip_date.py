"""Leave a date of a series out, or put it back."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.registration.features import Command, problems
from services.registration.features.materialise import materialise, sessions_in
from services.registration.features.recurrence import days_of
from services.registration.tables import Programme, Recurrence, SkippedDate
from shared.unit import Unit
from shared.web import phrase


class SkipDate(Command):
    """On `on` there is no session of the series; with `back` there is one again."""

    recurrence_id: UUID
    on: date
    back: bool = False


def skip_date(command: SkipDate, unit: Unit) -> Recurrence:
    """Keep the exception. A date whose session is on the calendar already is called off like any other."""
    series = unit.get(Recurrence, command.recurrence_id)
    programme = unit.lock(Programme, series.programme_id)
    unit.session.refresh(series)
    known = unit.find(SkippedDate, (series.id, command.on))
    if command.back:
        if known is None:
            raise problems.NotInSeries(phrase("这一天没有停过。"))
        unit.session.delete(known)
        unit.session.flush()
        materialise(series, programme, unit)
        return series
    within = series.from_on <= command.on and (series.last_on is None or command.on <= series.last_on)
    if not within or command.on not in days_of(series.rule, series.anchored_on, command.on):
        raise problems.NotInSeries(phrase("按规律，这一天本来就没有活动。"))
    if command.on in sessions_in(series, unit):
        raise problems.SameTime(phrase("这一天的一场已经排上了，请到那一场去取消，报了名的人会收到短信。"))
    unit.session.merge(SkippedDate(recurrence_id=series.id, on=command.on))
    return series
