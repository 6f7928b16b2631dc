"""The sessions of one programme: put on the calendar, changed, taken off, and what each is about.

Whoever calls holds the programme's row lock, which keeps two changes of its calendar apart. Session rows are locked after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import col, select

from services.registration.domain.calendar import CancelReason, turns
from services.registration.features import problems
from services.registration.features.places import LOCK_ORDER, fill_free_places, shorten_offers
from services.registration.tables import LiveRoom, Programme, Recurrence, Session, SkippedDate
from shared.contracts.registration import SessionCancelled, SessionChanged, SessionScheduled
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

Changed = Literal["time", "place", "capacity", "title", "topic", "rules"]
KINDS: dict[str, Changed] = {
    "starts_at": "time",
    "ends_at": "time",
    "place": "place",
    "room": "place",
    "capacity": "capacity",
    "online_capacity": "capacity",
    "title": "title",
    "topic": "topic",
    "topic_title": "topic",
    "topic_version": "topic",
}
"""What a change of a column is called; of any other: `rules`."""


def occurrence(
    programme: Programme, unit: Unit, *, starts_at: datetime, ends_at: datetime, series: Recurrence | None = None, **given: Any
) -> Session:
    """A session with the rules of its programme, for what was not given; not yet on the calendar."""
    rules: dict[str, Any] = {
        "opens_at": opening(programme, starts_at, unit),
        "closes_at": starts_at - timedelta(hours=programme.closes_hours),
        "cancel_until": starts_at - timedelta(hours=programme.cancel_hours),
        "place": series.place if series else programme.place,
        "room": series.room if series else programme.room,
        "capacity": series.capacity if series else programme.capacity,
        "online_capacity": series.online_capacity if series else programme.online_capacity,
        "title": (series.title if series else "") or programme.title,
        "recurrence_id": series.id if series else None,
    }
    return Session(
        programme_id=programme.id,
        kind=programme.kind,
        topic="",
        topic_title="",
        starts_at=starts_at,
        ends_at=ends_at,
        waitlist_policy=programme.waitlist_policy,
        party_max=programme.party_max,
        **rules | given,
    )


def opening(programme: Programme, starts_at: datetime, unit: Unit) -> datetime:
    """When sign-up begins by the programme's rule: at once, or so many days before."""
    closes_at = starts_at - timedelta(hours=programme.closes_hours)
    if programme.opens_days is None:
        return min(unit.now, closes_at - timedelta(minutes=1))
    return min(starts_at - timedelta(days=programme.opens_days), closes_at - timedelta(minutes=1))


def put_on(sessions: Iterable[Session], programme: Programme, unit: Unit) -> None:
    """Put new sessions on the calendar, deal the topics anew, and tell."""
    new = list(sessions)
    unit.add(*new)
    deal(programme, unit, new=new)
    for session in sorted(new, key=lambda session: session.starts_at):
        unit.emit(
            SessionScheduled(
                session_id=session.id,
                programme_id=programme.id,
                kind=session.kind,
                title=session.title,
                topic=session.topic,
                topic_title=session.topic_title,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                place=session.where,
                capacity=session.capacity,
                street=programme.street,
            )
        )


def change(session: Session, programme: Programme, unit: Unit, **values: Any) -> bool:
    """Set what is different, and tell; False when nothing is. More places are offered to those who wait; offers of a session that
    comes sooner end sooner."""
    changed = sorted({KINDS.get(name, "rules") for name, value in values.items() if getattr(session, name) != value})
    if not changed:
        return False
    before = session.starts_at, session.ends_at
    for name, value in values.items():
        setattr(session, name, value)
    session.revision += 1
    unit.emit(
        SessionChanged(
            session_id=session.id,
            programme_id=session.programme_id,
            changed=tuple(changed),
            title=session.title,
            topic=session.topic,
            topic_title=session.topic_title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            place=session.where,
            capacity=session.capacity,
            old_starts_at=before[0],
            old_ends_at=before[1],
            street=programme.street,
        )
    )
    if session.starts_at < before[0]:
        shorten_offers(session, unit)
    if not {"capacity", "rules"}.isdisjoint(changed):
        fill_free_places(session, unit)
    return True


def moved(session: Session, starts_at: datetime, ends_at: datetime, unit: Unit) -> dict[str, datetime]:
    """What a session is with another time: its deadlines move along; sign-up that has begun stays open."""
    shift = starts_at - session.starts_at
    closes_at = min(session.closes_at + shift, ends_at)
    opens_at = session.opens_at if session.opens_at <= unit.now else session.opens_at + shift
    return {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "opens_at": min(opens_at, closes_at - timedelta(minutes=1)),
        "closes_at": closes_at,
        "cancel_until": session.cancel_until + shift,
    }


def take_off(session: Session, reason: CancelReason, words: str, unit: Unit) -> None:
    """The session is off, for its registrants to learn; its date in the series stays empty unless a holiday emptied it."""
    session.state = "cancelled"
    session.reason_code = reason
    session.reason = words
    session.revision += 1
    unit.emit(SessionCancelled(session_id=session.id, programme_id=session.programme_id, reason=reason))


def leave_empty(session: Session, unit: Unit) -> None:
    """The date of a session that was taken off by hand stays empty in its series."""
    if session.recurrence_id is not None and session.slot is not None:
        unit.session.merge(SkippedDate(recurrence_id=session.recurrence_id, on=session.slot))


def to_come(programme: Programme, unit: Unit, series: Recurrence | None = None) -> list[Session]:
    """The planned sessions that have not begun, locked, in order; of one series if it is named."""
    found = select(Session).where(
        col(Session.programme_id) == programme.id, col(Session.state) == "planned", col(Session.starts_at) > unit.now
    )
    if series is not None:
        found = found.where(col(Session.recurrence_id) == series.id)
    rows = unit.session.exec(found.order_by(*LOCK_ORDER).with_for_update().execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda session: session.starts_at)


def deal(programme: Programme, unit: Unit, new: Iterable[Session] = ()) -> None:
    """Give every session its topic: what took place, was chosen, or was signed up for stays; the others take turns.

    A topic that was called something else when it was scheduled is renamed in what is still to come.
    """
    known = {topic["code"]: topic for topic in programme.topics}
    if not known:
        return
    unit.session.flush()
    coming = {session.id: session for session in to_come(programme, unit)}
    every = (
        select(Session.id, Session.topic)
        .where(col(Session.programme_id) == programme.id, col(Session.state) != "cancelled")
        .order_by(col(Session.starts_at), col(Session.id))
    )
    rows = unit.session.exec(every).all()
    settled = [None if id in coming and _open_topic(coming[id], known) else topic for id, topic in rows]
    fresh = {session.id for session in new}
    for (id, _), topic in zip(rows, turns(list(known), settled), strict=True):
        if id in coming and topic in known:
            said = {"topic": topic, "topic_title": known[topic]["title"], "topic_version": known[topic].get("version", 1)}
            if id in fresh:
                for name, value in said.items():
                    setattr(coming[id], name, value)
            else:
                change(coming[id], programme, unit, **said)


def _open_topic(session: Session, known: dict[str, Any]) -> bool:
    """Whether the session's topic may still become another."""
    if not session.topic:
        return True
    return not session.asked_for and (not session.topic_chosen or session.topic not in known)


def refuse_unless_planned(session: Session, unit: Unit) -> None:
    """Only what is still to come can be changed."""
    if session.state == "cancelled":
        raise problems.SessionIsCancelled(phrase("这一场已经取消过了。"))
    if session.state == "held" or unit.now >= session.ends_at or unit.find(LiveRoom, session.id) is not None:
        raise problems.SessionIsOver(phrase("这一场已经办过，不能再改。"))


def refuse_times(starts_at: datetime, ends_at: datetime, unit: Unit) -> None:
    """A session ends after it starts, and starts later than now."""
    if ends_at <= starts_at:
        raise Invalid(phrase("结束时间要晚于开始时间。"))
    if starts_at <= unit.now:
        raise Invalid(phrase("开始时间已经过了，请填以后的时间。"))


def refuse_same_time(programme: Programme, starts_at: datetime, unit: Unit, *, but: Session | None = None) -> None:
    """Two sessions of a programme never start at the same moment."""
    same = select(Session.id).where(
        col(Session.programme_id) == programme.id, col(Session.starts_at) == starts_at, col(Session.state) != "cancelled"
    )
    if but is not None:
        same = same.where(col(Session.id) != but.id)
    if unit.session.exec(same).first() is not None:
        raise problems.SameTime(phrase("这个活动在这个时间已经有一场了。"))


def refuse_too_small(session: Session, capacity: int, online_capacity: int) -> None:
    """Places that were given are not taken away."""
    if capacity < session.taken or online_capacity < session.online_taken:
        raise problems.TooFewPlaces(
            phrase("已经给出去的名额比这个数多，不能再少；请先和报了名的人商量。"),
            session_id=str(session.id),
            taken=session.taken,
            online_taken=session.online_taken,
        )
