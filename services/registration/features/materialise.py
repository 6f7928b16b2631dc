"""Put the sessions of a recurrence on the calendar, some weeks ahead; running it again, or in pieces, makes no difference."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlmodel import col, or_, select

from services.registration.domain.recurrence import Slot, slots
from services.registration.features.calendar import change, deal, moved, occurrence, put_on, take_off
from services.registration.features.holidays import special_days
from services.registration.features.recurrence import days_of
from services.registration.tables import Programme, Recurrence, Session, SkippedDate
from shared.clock import SHANGHAI
from shared.unit import Unit

AROUND = timedelta(days=45)
"""How far a make-up day may be from the day off that it stands for; notices keep within three weeks."""


def plan(series: Recurrence, programme: Programme, first: date, last: date, unit: Unit) -> list[Slot]:
    """The dates that the series means from `first` to `last`, with the day each is held and why not."""
    last = min(last, series.last_on) if series.last_on else last
    days = [day for day in days_of(series.rule, series.anchored_on, last) if day >= max(first, series.from_on)]
    skipped = set(unit.session.exec(select(col(SkippedDate.on)).where(col(SkippedDate.recurrence_id) == series.id)).all())
    return slots(days, programme.holidays, special_days(first - AROUND, last + AROUND, unit), skipped)


def times(series: Recurrence, on: date) -> tuple[datetime, datetime]:
    """When a session of the series on that day begins and ends."""
    starts_at = datetime.combine(on, series.begins, SHANGHAI)
    return starts_at, starts_at + timedelta(minutes=series.minutes)


def materialise(series: Recurrence, programme: Programme, unit: Unit) -> list[Session]:
    """Make what is missing from today to so many weeks ahead, and follow what the holiday calendar says meanwhile.

    The caller holds the programme's lock. Dates in the past are left: nobody could sign up for them any more. A session whose
    time was changed by hand stays where it is.
    """
    today = unit.now.astimezone(SHANGHAI).date()
    horizon = today + timedelta(weeks=series.weeks_ahead)
    wanted = plan(series, programme, today - AROUND, horizon + AROUND, unit)
    unit.session.flush()
    have = sessions_in(series, unit)
    busy = set(
        unit.session.exec(
            select(col(Session.starts_at)).where(col(Session.programme_id) == programme.id, col(Session.state) != "cancelled")
        ).all()
    )
    touched, new = False, []
    for slot in wanted:
        session = have.get(slot.slot)
        if session is not None:
            touched |= _follow(session, slot, series, programme, busy, unit)
        elif slot.on is not None and slot.on <= horizon:
            starts_at, ends_at = times(series, slot.on)
            if starts_at > unit.now and starts_at not in busy:
                new.append(occurrence(programme, unit, starts_at=starts_at, ends_at=ends_at, series=series, slot=slot.slot))
                busy.add(starts_at)
    if new:
        put_on(new, programme, unit)
    elif touched:
        deal(programme, unit)
    return new


def _follow(session: Session, slot: Slot, series: Recurrence, programme: Programme, busy: set[datetime], unit: Unit) -> bool:
    """Take a session off that is on a holiday now, or to its make-up day; True if anything changed."""
    if session.state != "planned" or session.starts_at <= unit.now or "time" in session.own:
        return False
    starts_at, ends_at = times(series, slot.on or slot.slot)
    if slot.on is not None and (starts_at, ends_at) == (session.starts_at, session.ends_at):
        return False
    blocked = starts_at <= unit.now or (starts_at in busy and starts_at != session.starts_at)
    if blocked and slot.why == "":
        return False
    session = unit.lock(Session, session.id)
    busy.discard(session.starts_at)
    if slot.on is None or blocked:
        take_off(session, "holiday", slot.name, unit)
    else:
        busy.add(starts_at)
        change(session, programme, unit, **moved(session, starts_at, ends_at, unit))
    return True


def sessions_in(series: Recurrence, unit: Unit) -> dict[date, Session]:
    """The sessions of a series by the date they were meant for, cancelled ones left out."""
    found = select(Session).where(col(Session.recurrence_id) == series.id, col(Session.state) != "cancelled")
    return {session.slot: session for session in unit.session.exec(found) if session.slot is not None}


def materialise_all(unit: Unit, programmes: Iterable[Programme] | None = None) -> None:
    """Every series that is not over, of every programme or of those named."""
    since = unit.now.astimezone(SHANGHAI).date() - AROUND
    found = select(Recurrence).where(or_(col(Recurrence.last_on).is_(None), col(Recurrence.last_on) >= since))
    if programmes is not None:
        found = found.where(col(Recurrence.programme_id).in_([programme.id for programme in programmes]))
    for series in unit.session.exec(found.order_by(col(Recurrence.programme_id), col(Recurrence.from_on))).all():
        materialise(series, unit.lock(Programme, series.programme_id), unit)
