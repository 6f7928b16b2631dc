"""Put a session on the calendar, with the topic whose turn it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints
from sqlmodel import col, select

from services.registration.domain.calendar import next_topic
from services.registration.features import Command, problems
from services.registration.tables import Programme, Session
from shared.contracts.registration import SessionScheduled
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase


class ScheduleSession(Command):
    """One occurrence of a programme.

    Left out: `place` is the programme's, sign-up opens now and closes when the session starts, `topic` is the next in turn.
    """

    programme_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: Annotated[int, Field(gt=0, le=1_000_000)]
    place: Annotated[str, StringConstraints(max_length=60)] = ""
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    topic: str | None = None


def schedule_session(command: ScheduleSession, unit: Unit) -> Session:
    """Schedule it; two sessions of a programme never start at the same moment."""
    programme = unit.lock(Programme, command.programme_id)
    topics = {topic["code"]: topic["title"] for topic in programme.topics}
    topic = _next_topic(programme, unit) if command.topic is None else command.topic
    if topic and topic not in topics:
        raise problems.UnknownTopic(f"这个活动没有“{topic}”这个主题。")
    session = Session(
        programme_id=programme.id,
        kind=programme.kind,
        title=programme.title,
        topic=topic,
        topic_title=topics.get(topic, ""),
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        place=command.place or programme.place,
        capacity=command.capacity,
        opens_at=command.opens_at or _opening(programme, command.starts_at, unit),
        closes_at=command.closes_at or command.starts_at - timedelta(hours=programme.closes_hours),
        cancel_until=command.starts_at - timedelta(hours=programme.cancel_hours),
        waitlist_policy=programme.waitlist_policy,
        party_max=programme.party_max,
        online_capacity=programme.online_capacity,
    )
    _refuse_impossible_times(session, unit)
    unit.add(session)
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
            place=session.place,
            capacity=session.capacity,
            street=programme.street,
        )
    )
    return session


def _opening(programme: Programme, starts_at: datetime, unit: Unit) -> datetime:
    """When sign-up begins by the programme's rule: at once, or so many days before."""
    if programme.opens_days is None:
        return min(unit.now, starts_at)
    return starts_at - timedelta(days=programme.opens_days)


def _next_topic(programme: Programme, unit: Unit) -> str:
    """Whose turn it is: the one after the topic of the latest session that was not cancelled."""
    latest = (
        select(Session.topic)
        .where(col(Session.programme_id) == programme.id, col(Session.state) != "cancelled", col(Session.topic) != "")
        .order_by(col(Session.starts_at).desc())
        .limit(1)
    )
    return next_topic([topic["code"] for topic in programme.topics], unit.session.exec(latest).one_or_none())


def _refuse_impossible_times(session: Session, unit: Unit) -> None:
    if session.ends_at <= session.starts_at:
        raise Invalid(phrase("结束时间要晚于开始时间。"))
    if session.starts_at <= unit.now:
        raise Invalid(phrase("开始时间已经过了，请填以后的时间。"))
    if not session.opens_at < session.closes_at <= session.ends_at:
        raise Invalid(phrase("报名要先开始、后结束，并且不晚于活动结束。"))
    same = select(Session.id).where(
        col(Session.programme_id) == session.programme_id,
        col(Session.starts_at) == session.starts_at,
        col(Session.state) != "cancelled",
    )
    if unit.session.exec(same).first() is not None:
        raise problems.SameTime(phrase("这个活动在这个时间已经有一场了。"))
