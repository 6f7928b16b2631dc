"""Put a session on the calendar, with the topic whose turn it is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from services.registration.features import Command, problems
from services.registration.features.calendar import occurrence, put_on, refuse_same_time, refuse_times
from services.registration.tables import Programme, Session
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase


class ScheduleSession(Command):
    """One occurrence of a programme.

    Left out: place, places and sign-up times are as the programme says, `topic` is the next in turn.
    """

    programme_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: Annotated[int, Field(gt=0, le=1_000_000)] | None = None
    online_capacity: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    place: Annotated[str, StringConstraints(max_length=60)] = ""
    room: Annotated[str, StringConstraints(max_length=40)] | None = None
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    topic: str | None = None


def schedule_session(command: ScheduleSession, unit: Unit) -> Session:
    """Schedule it; two sessions of a programme never start at the same moment."""
    programme = unit.lock(Programme, command.programme_id)
    refuse_times(command.starts_at, command.ends_at, unit)
    given: dict[str, Any] = {
        "capacity": command.capacity,
        "online_capacity": command.online_capacity,
        "place": command.place or None,
        "room": "" if command.place and command.room is None else command.room,
        "opens_at": command.opens_at,
        "closes_at": command.closes_at,
    }
    session = occurrence(
        programme,
        unit,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        **{name: value for name, value in given.items() if value is not None},
    )
    if not session.opens_at < session.closes_at <= session.ends_at:
        raise Invalid(phrase("报名要先开始、后结束，并且不晚于活动结束。"))
    if command.topic:
        topics = {topic["code"]: topic for topic in programme.topics}
        if command.topic not in topics:
            raise problems.UnknownTopic(f"这个活动没有“{command.topic}”这个主题。")
        session.topic, session.topic_chosen = command.topic, True
    refuse_same_time(programme, session.starts_at, unit)
    put_on([session], programme, unit)
    return session
