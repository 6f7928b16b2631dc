"""Calls and walks to the door in the place of texts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.notify.api.inbox import ReaderDep
from services.notify.domain.calls import CallOutcome, DoorOutcome
from services.notify.features.call import NoteCall, list_calls, note_call
from services.notify.features.go_to_door import NoteErrand, list_errands, note_errand
from shared.http import UnitDep

router = APIRouter()


class TryOut(BaseModel):
    """A call that was made."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    staff_id: UUID
    outcome: CallOutcome


class CallOut(BaseModel):
    """A call to make: the person's numbers in the order in which to try them, and what to say; `asks`: whether they come."""

    message_id: UUID
    resident_id: UUID | None
    name: str
    numbers: list[str]
    words: str
    why: str
    asks: bool
    call_by: datetime
    again_at: datetime | None
    tries: list[TryOut]


class CallWish(BaseModel):
    """What came of a call; `again_at`: when they asked to be called again."""

    model_config = ConfigDict(extra="forbid")

    outcome: CallOutcome = Field(examples=["not_coming"])
    again_at: AwareDatetime | None = Field(default=None, examples=["2021-05-11T10:00:00+08:00"])


class CallNoted(BaseModel):
    """Where the call stands now: `ended_at` when nobody need call again."""

    model_config = ConfigDict(from_attributes=True)

    message_id: UUID
    tries: int
    again_at: datetime | None
    ended_at: datetime | None


class DoorOut(BaseModel):
    """A door to go to, and what to say there."""

    message_id: UUID
    neighbourhood: str
    name: str
    words: str
    why: str
    do_by: datetime


class DoorWish(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid")

    outcome: DoorOutcome = Field(examples=["told"])


class DoorNoted(BaseModel):
    """Where the errand stands: `done_at` when nobody need go again."""

    model_config = ConfigDict(from_attributes=True)

    message_id: UUID
    tries: int
    done_at: datetime | None


@router.get("/calls")
def get_calls(unit: UnitDep, staff: ReaderDep) -> list[CallOut]:
    """The calls to make inside your limits, those to make now first."""
    return [
        CallOut(
            message_id=it.call.message_id,
            resident_id=it.resident_id,
            name=it.name,
            numbers=list(it.numbers),
            words=it.words,
            why=it.call.why,
            asks=it.asks,
            call_by=it.call.call_by,
            again_at=it.call.again_at,
            tries=[TryOut.model_validate(tried) for tried in it.tries],
        )
        for it in list_calls(unit, staff.limits)
    ]


@router.post("/calls/{message_id}", status_code=201)
def post_call(message_id: UUID, wish: CallWish, unit: UnitDep, staff: ReaderDep) -> CallNoted:
    """Note a call; that they come or not counts as the same said by text."""
    call = note_call(NoteCall(message_id=message_id, outcome=wish.outcome, staff_id=staff.id, again_at=wish.again_at), unit)
    return CallNoted.model_validate(call)


@router.get("/errands")
def get_errands(unit: UnitDep, staff: ReaderDep) -> list[DoorOut]:
    """The doors that volunteers are asked to go to inside your limits, by neighbourhood."""
    return [
        DoorOut(
            message_id=door.errand.message_id,
            neighbourhood=around.neighbourhood,
            name=door.name,
            words=door.words,
            why=door.errand.why,
            do_by=door.errand.do_by,
        )
        for around in list_errands(unit, staff.limits)
        for door in around.doors
    ]


@router.post("/errands/{message_id}", status_code=201)
def post_errand(message_id: UUID, wish: DoorWish, unit: UnitDep, staff: ReaderDep) -> DoorNoted:
    """Note that somebody was at the door."""
    errand = note_errand(NoteErrand(message_id=message_id, outcome=wish.outcome, staff_id=staff.id), unit)
    return DoorNoted.model_validate(errand)
