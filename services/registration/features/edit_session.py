"""Change one session: when, where, how many, what it is called and what it is about."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, ConfigDict

from services.registration.features import Command, problems
from services.registration.features.calendar import (
    KINDS,
    change,
    deal,
    moved,
    refuse_same_time,
    refuse_times,
    refuse_too_small,
    refuse_unless_planned,
)
from services.registration.features.open_programme import Places, PlacesOnline, Room, Title
from services.registration.tables import Programme, Session
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase


class SessionEdit(Command):
    """What is different about one session; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"starts_at": "2021-05-12T14:00:00+08:00", "ends_at": "2021-05-12T14:30:00+08:00", "room": "二楼"}
        }
    )

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    title: Title | None = None
    place: Title | None = None
    room: Room | None = None
    capacity: Places | None = None
    online_capacity: PlacesOnline | None = None
    topic: str | None = None


class EditSession(SessionEdit):
    """Only `session_id` is changed; the other dates of its series stay as they are."""

    session_id: UUID


def edit_session(command: EditSession, unit: Unit) -> Session:
    """Change it: it stays the same session, whoever signed up keeps the place and is told of another time or place."""
    programme = unit.lock(Programme, unit.get(Session, command.session_id).programme_id)
    session = unit.lock(Session, command.session_id)
    refuse_unless_planned(session, unit)
    values = command.model_dump(exclude={"session_id", "starts_at", "ends_at", "topic"}, exclude_none=True)
    refuse_too_small(session, values.get("capacity", session.capacity), values.get("online_capacity", session.online_capacity))
    if command.starts_at is not None or command.ends_at is not None:
        starts_at = command.starts_at or session.starts_at
        ends_at = command.ends_at or starts_at + (session.ends_at - session.starts_at)
        if (starts_at, ends_at) != (session.starts_at, session.ends_at):
            if session.starts_at <= unit.now:
                raise problems.SessionIsOver(phrase("这一场已经开始，时间不能再改。"))
            refuse_times(starts_at, ends_at, unit)
            refuse_same_time(programme, starts_at, unit, but=session)
            values |= moved(session, starts_at, ends_at, unit)
    if command.topic is not None:
        values |= _topic(command.topic, programme)
    own = {KINDS[name] for name, value in values.items() if name in KINDS and getattr(session, name) != value}
    if change(session, programme, unit, **values):
        session.own = sorted({*session.own, *(own - {"topic"})})
        deal(programme, unit)
    return session


def _topic(code: str, programme: Programme) -> dict[str, object]:
    if not programme.topics:
        raise Invalid(phrase("这个活动没有分主题。"))
    found = next((topic for topic in programme.topics if topic["code"] == code), None)
    if found is None:
        raise problems.UnknownTopic(f"这个活动没有“{code}”这个主题。")
    return {
        "topic": code,
        "topic_title": found["title"],
        "topic_version": found.get("version", 1),
        "topic_chosen": True,
    }
