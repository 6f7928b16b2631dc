"""Programmes and sessions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.registration.api.common import Made, Out
from services.registration.domain.calendar import CancelReason, Kind, SessionState, WaitlistPolicy
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.edit_session import EditSession, SessionEdit, edit_session
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.open_programme import OpenProgramme, open_programme
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.projections.calendar import sessions_on
from services.registration.tables import Session
from shared.clock import today
from shared.http import StaffDep, UnitDep

router = APIRouter()


class SessionOut(Out):
    """A session as everybody may see it."""

    id: UUID
    programme_id: UUID
    kind: Kind
    title: str
    topic: str
    topic_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    room: str
    capacity: int
    free: int
    online_capacity: int
    online_taken: int
    party_max: int
    waitlist_policy: WaitlistPolicy
    opens_at: datetime
    closes_at: datetime
    cancel_until: datetime
    state: SessionState
    reason_code: str
    revision: int
    recurrence_id: UUID | None
    slot: date | None


class Reason(BaseModel):
    """Why a session does not take place: a code, which the texts say, and words, which pages show beside it."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"example": {"reason": "weather", "words": "台风预警"}}
    )

    reason: CancelReason
    words: Annotated[str, Field(max_length=40)] = ""


@router.post("/programmes", status_code=201)
def post_programme(command: OpenProgramme, _: StaffDep, unit: UnitDep) -> Made:
    """Open a programme."""
    return Made.model_validate(open_programme(command, unit))


@router.post("/sessions", status_code=201)
def post_session(command: ScheduleSession, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Schedule a session."""
    return SessionOut.model_validate(schedule_session(command, unit))


@router.get("/sessions")
def get_sessions(
    unit: UnitDep, on: Annotated[date | None, Query(description="A day in Shanghai; today if left out.")] = None
) -> list[SessionOut]:
    """The sessions of one day."""
    return [SessionOut.model_validate(session) for session in sessions_on(on or today().date(), unit)]


@router.get("/sessions/{session_id}")
def get_session(session_id: UUID, unit: UnitDep) -> SessionOut:
    """One session."""
    return SessionOut.model_validate(unit.get(Session, session_id))


@router.post("/sessions/{session_id}/hold")
def post_hold(session_id: UUID, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Close a session that took place."""
    return SessionOut.model_validate(hold_session(HoldSession(session_id=session_id), unit))


@router.post("/sessions/{session_id}/cancel")
def post_cancel_session(session_id: UUID, reason: Reason, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Call a session off."""
    return SessionOut.model_validate(cancel_session(CancelSession(session_id=session_id, **reason.model_dump()), unit))


@router.post("/sessions/{session_id}/edit")
def post_edit_session(session_id: UUID, edit: SessionEdit, _: StaffDep, unit: UnitDep) -> SessionOut:
    """Change one session; whoever signed up keeps the place and is told of another time or place."""
    return SessionOut.model_validate(
        edit_session(EditSession(session_id=session_id, **edit.model_dump(exclude_unset=True)), unit)
    )
