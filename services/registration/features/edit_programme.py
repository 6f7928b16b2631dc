"""Change what a programme is called and its rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, StringConstraints

from services.registration.features.calendar import change, opening, refuse_too_small, to_come
from services.registration.features.materialise import materialise_all
from services.registration.features.open_programme import Rules, Title
from services.registration.tables import Programme, Session
from shared.unit import Unit


class ProgrammeEdit(Rules):
    """All that a programme says. With `planned` its sessions to come take the rules over too, else only later ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "title": "午间半小时",
                "organiser": "老西门红十字会",
                "place": "庄家街51弄1号社区食堂",
                "audience": {"age_from": 60},
                "opens_days": 7,
                "cancel_hours": 2,
                "party_max": 2,
                "holidays": "skip",
                "planned": True,
            }
        }
    )

    title: Title
    organiser: Title
    place: Title
    rhythm: Annotated[str, StringConstraints(max_length=60)] = ""
    planned: bool = False


class EditProgramme(ProgrammeEdit):
    """Change `programme_id`."""

    programme_id: UUID


def edit_programme(command: EditProgramme, unit: Unit) -> Programme:
    """Change the programme, and its sessions to come if wished; another holiday policy holds for them at once."""
    programme = unit.lock(Programme, command.programme_id)
    sessions = to_come(programme, unit) if command.planned else []
    values = [(session, _values(session, command)) for session in sessions]
    for session, wanted in values:
        refuse_too_small(
            session, wanted.get("capacity", session.capacity), wanted.get("online_capacity", session.online_capacity)
        )
    policy = programme.holidays
    for name, value in command.rules().items():
        setattr(programme, name, value)
    programme.title, programme.organiser = command.title, command.organiser
    programme.place, programme.rhythm = command.place, command.rhythm
    for session, wanted in values:
        change(session, programme, unit, **wanted, **_sign_up_times(session, programme, unit))
    if policy != programme.holidays:
        materialise_all(unit, [programme])
    return programme


def _values(session: Session, command: EditProgramme) -> dict[str, Any]:
    values: dict[str, Any] = {"party_max": command.party_max, "waitlist_policy": command.waitlist_policy}
    if session.recurrence_id is None and "capacity" not in session.own:
        values |= {"capacity": command.capacity, "online_capacity": command.online_capacity}
    return values


def _sign_up_times(session: Session, programme: Programme, unit: Unit) -> dict[str, Any]:
    opens_at = session.opens_at if session.opens_at <= unit.now else opening(programme, session.starts_at, unit)
    closes_at = session.starts_at - timedelta(hours=programme.closes_hours)
    return {
        "opens_at": min(opens_at, closes_at - timedelta(minutes=1)),
        "closes_at": closes_at,
        "cancel_until": session.starts_at - timedelta(hours=programme.cancel_hours),
    }
