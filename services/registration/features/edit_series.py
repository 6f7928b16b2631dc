"""Change this and all following sessions of a series, or all that are still to come."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlmodel import col, select

from services.registration.domain.recurrence import Slot
from services.registration.features import Command, problems
from services.registration.features.calendar import change, deal, moved, refuse_too_small, take_off, to_come
from services.registration.features.materialise import materialise, plan, times
from services.registration.features.open_programme import Places, PlacesOnline, Room, Title
from services.registration.features.recurrence import Weekday, on_weekdays, read_rule
from services.registration.features.repeat import Minutes, Rule, next_slots
from services.registration.tables import Programme, Recurrence, Session
from shared.clock import SHANGHAI
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

NO_SERIES = phrase("这一场不是按规律排的，只能单独改。")


class SeriesEdit(Command):
    """What is different from `session_id`'s date on (`following`), or wherever the series is still to come (`all`).

    A new `rule`, or other `weekdays` for a weekly one, is counted from that date; the sessions there are move to its dates in
    order and stay the same sessions.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"scope": "following", "begins": "14:00", "room": "二楼"}})

    scope: Literal["following", "all"]
    rule: Rule | None = None
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] | None = None
    begins: time | None = None
    minutes: Minutes | None = None
    title: Title | None = None
    place: Title | None = None
    room: Room | None = None
    capacity: Places | None = None
    online_capacity: PlacesOnline | None = None


class EditSeries(SeriesEdit):
    """Start from this session of the series."""

    session_id: UUID


def edit_series(command: EditSeries, unit: Unit) -> Recurrence:
    """Carry the change to every session concerned, but for what was changed on one date alone; sign-ups stay.

    `following` splits the series: what was before keeps its rule and ends there.
    """
    session = unit.get(Session, command.session_id)
    programme = unit.lock(Programme, session.programme_id)
    session = unit.lock(Session, session.id)
    series = _series_of(session, unit)
    coming = [each for each in to_come(programme, unit, series) if each.slot is not None]
    first = _first_slot(command, session, series, coming, unit)
    changes = _changes(command, series, first)
    concerned = [each for each in coming if each.slot is not None and each.slot >= first]
    _refuse_too_small(concerned, changes)
    target = _split(series, first, unit) if first > series.from_on else series
    for name, value in changes.items():
        setattr(target, name, value)
    unit.session.flush()
    _carry(target, concerned, changes, programme, unit)
    materialise(target, programme, unit)
    deal(programme, unit)
    return target


def preview_series(command: EditSeries, unit: Unit, *, count: int = 8) -> list[Slot]:
    """The next dates of the series from this session on as the change would have them; nothing is kept."""
    session = unit.get(Session, command.session_id)
    series, programme = _series_of(session, unit), unit.get(Programme, session.programme_id)
    coming = [each for each in to_come(programme, unit, series) if each.slot is not None]
    first = _first_slot(command, session, series, coming, unit)
    changed = Recurrence(**series.model_dump(exclude={"from_on"}) | {"from_on": first} | _changes(command, series, first))
    return next_slots(changed, programme, unit, count=count)


def _series_of(session: Session, unit: Unit) -> Recurrence:
    if session.recurrence_id is None or session.slot is None:
        raise problems.NotInSeries(NO_SERIES)
    if session.state == "cancelled":
        raise problems.SessionIsCancelled(phrase("这一场已经取消过了。"))
    return unit.get(Recurrence, session.recurrence_id)


def _first_slot(command: EditSeries, session: Session, series: Recurrence, coming: list[Session], unit: Unit) -> date:
    """From which date on the change holds. A new rule never touches what is past."""
    assert session.slot is not None
    if command.scope == "following" or command.rule is not None or command.weekdays is not None:
        if session.starts_at <= unit.now:
            raise problems.SessionIsOver(phrase("这一场已经开始，请从以后的一场改起。"))
        begins = [each.slot for each in coming if each.slot is not None]
        return session.slot if command.scope == "following" else min(begins)
    return series.from_on


def _changes(command: EditSeries, series: Recurrence, first: date) -> dict[str, Any]:
    if command.begins is not None and command.begins.tzinfo is not None:
        raise Invalid(phrase("时间按上海的钟写，比如 12:00。"))
    if command.rule is not None and command.weekdays is not None:
        raise Invalid(phrase("新的规律和星期几请只写一样。"))
    changes = command.model_dump(exclude={"session_id", "scope", "weekdays"}, exclude_none=True)
    if command.rule is not None:
        changes |= {"rule": read_rule(command.rule, first), "anchored_on": first}
    if command.weekdays is not None:
        rule = on_weekdays(series.rule, command.weekdays, anchor=series.anchored_on, first=first)
        changes |= {"rule": rule, "anchored_on": first}
    return changes


def _refuse_too_small(sessions: list[Session], changes: dict[str, Any]) -> None:
    for session in sessions:
        if "capacity" not in session.own:
            refuse_too_small(
                session,
                changes.get("capacity", session.capacity),
                changes.get("online_capacity", session.online_capacity),
            )


def _split(series: Recurrence, first: date, unit: Unit) -> Recurrence:
    """End the series before `first`, and let another begin there with its sessions and its skipped dates."""
    kept = series.model_dump(exclude={"id", "from_on"})
    following = Recurrence(**kept, from_on=first)
    series.last_on = first - timedelta(days=1)
    unit.add(following)
    unit.session.flush()
    unit.cursor().execute(
        "UPDATE session SET recurrence_id = %s WHERE recurrence_id = %s AND slot >= %s", (following.id, series.id, first)
    )
    unit.cursor().execute(
        'UPDATE skipped_date SET recurrence_id = %s WHERE recurrence_id = %s AND "on" >= %s', (following.id, series.id, first)
    )
    unit.session.expire_all()
    return following


def _carry(series: Recurrence, sessions: list[Session], changes: dict[str, Any], programme: Programme, unit: Unit) -> None:
    """Bring the sessions to what the series says now."""
    homes = _homes(series, sessions, programme, unit) if "rule" in changes else {}
    if "rule" in changes:
        for session in sessions:
            if session.id not in homes:
                take_off(session, "other", "", unit)
        sessions = [session for session in sessions if session.id in homes]
    wanted: dict[UUID, dict[str, Any]] = {}
    for session in sessions:
        slot = homes.get(session.id)
        wanted[session.id] = _values(session, series, slot, changes, unit)
    _refuse_times(sessions, wanted, programme, unit)
    _set_aside(sessions, wanted, homes, unit)
    for session in sessions:
        if session.id in homes:
            session.slot = homes[session.id].slot
        change(session, programme, unit, **wanted[session.id])
    unit.session.flush()


def _homes(series: Recurrence, sessions: list[Session], programme: Programme, unit: Unit) -> dict[UUID, Slot]:
    """Which date of a new rule each session moves to: in order, the earliest first."""
    today = unit.now.astimezone(SHANGHAI).date()
    found = plan(series, programme, series.from_on, today + timedelta(weeks=series.weeks_ahead), unit)
    held = [slot for slot in found if slot.on is not None and times(series, slot.on)[0] > unit.now]
    ordered = sorted(sessions, key=lambda session: session.slot or date.min)
    return {session.id: slot for session, slot in zip(ordered, held, strict=False)}


def _values(session: Session, series: Recurrence, home: Slot | None, changes: dict[str, Any], unit: Unit) -> dict[str, Any]:
    """What the session is to be; what was changed on its date alone stays."""
    values: dict[str, Any] = {}
    kinds = {"title": "title", "place": "place", "room": "place", "capacity": "capacity", "online_capacity": "capacity"}
    for name, kind in kinds.items():
        if name in changes and kind not in session.own:
            values[name] = changes[name]
    if "time" not in session.own and (home is not None or {"begins", "minutes"} & changes.keys()):
        on = home.on if home is not None else session.starts_at.astimezone(SHANGHAI).date()
        assert on is not None
        starts_at, ends_at = times(series, on)
        if (starts_at, ends_at) != (session.starts_at, session.ends_at):
            values |= moved(session, starts_at, ends_at, unit)
    return values


def _refuse_times(sessions: list[Session], wanted: dict[UUID, dict[str, Any]], programme: Programme, unit: Unit) -> None:
    """No session is moved into the past, and no two of the programme to the same moment."""
    starts = [wanted[session.id].get("starts_at", session.starts_at) for session in sessions]
    if any(at <= unit.now for at in starts):
        raise Invalid(phrase("照这样改，有一场会落到已经过去的时间，请换一个时间，或从下一场改起。"))
    others = select(Session.starts_at).where(
        col(Session.programme_id) == programme.id,
        col(Session.state) != "cancelled",
        col(Session.id).not_in([session.id for session in sessions]),
    )
    taken: set[datetime] = set(unit.session.exec(others).all())
    if len(set(starts)) < len(starts) or taken & set(starts):
        raise problems.SameTime(phrase("照这样改，有两场会排在同一个时间。"))


def _set_aside(sessions: list[Session], wanted: dict[UUID, dict[str, Any]], homes: dict[UUID, Slot], unit: Unit) -> None:
    """Make room: sessions that change places would meet on the way, which the database does not allow for a moment."""
    unit.session.flush()
    for number, session in enumerate(sessions, 1):
        if "starts_at" in wanted[session.id]:
            unit.cursor().execute(
                "UPDATE session SET starts_at = starts_at + %s * interval '1 microsecond' WHERE id = %s", (number, session.id)
            )
        if session.id in homes and homes[session.id].slot != session.slot:
            unit.cursor().execute("UPDATE session SET slot = slot + 1000000 WHERE id = %s", (session.id,))
