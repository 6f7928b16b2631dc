"""Lecturers, volunteers, and calendars for phones."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.registration.api.common import Made, Out
from services.registration.domain.calendar import Part
from services.registration.features.assign import (
    AddInstructor,
    Assign,
    EditInstructor,
    Role,
    add_instructor,
    assign,
    edit_instructor,
)
from services.registration.features.calendar_feed import EndFeed, MakeFeed, end_feed, make_feed, whose
from services.registration.projections.feeds import programme_feed, resident_feed
from services.registration.projections.instructors import clashes_of, instructors, people_at
from services.registration.tables import Programme, Session
from shared.http import ResidentDep, StaffDep, UnitDep, service_of
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

MY_PLACES = phrase("我在家门口的活动")


class InstructorOut(Out):
    """Somebody on the list, as staff see them."""

    id: UUID
    name: str
    title: str
    organisation: str
    may_be_named: bool


class AtSessionOut(BaseModel):
    """Somebody at a session; `public` is what residents read."""

    instructor_id: UUID
    part: Part
    public: str


class ClashOut(BaseModel):
    """Another session meanwhile in the same room, or with the same person."""

    kind: str
    session_id: UUID
    title: str


class PeopleOut(BaseModel):
    """Who is at a session, and what that clashes with."""

    people: list[AtSessionOut]
    clashes: list[ClashOut]


class People(BaseModel):
    """Exactly these people are at the session."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"people": [{"instructor_id": "01792fc3-9f20-7f3a-b1ec-ebbd1410ab41", "part": "lecturer"}]}
        },
    )

    people: Annotated[tuple[Role, ...], Field(max_length=30)]


class FeedOut(BaseModel):
    """A secret address for one's phone; a new one ends the old."""

    url: str


@router.get("/instructors")
def get_instructors(_: StaffDep, unit: UnitDep) -> list[InstructorOut]:
    """Lecturers and volunteers."""
    return [InstructorOut.model_validate(person) for person in instructors(unit)]


@router.post("/instructors", status_code=201)
def post_instructor(command: AddInstructor, _: StaffDep, unit: UnitDep) -> Made:
    """Put somebody on the list."""
    return Made.model_validate(add_instructor(command, unit))


@router.post("/instructors/{instructor_id}/edit")
def post_edit_instructor(instructor_id: UUID, command: AddInstructor, _: StaffDep, unit: UnitDep) -> Made:
    """Correct what is kept of somebody."""
    return Made.model_validate(edit_instructor(EditInstructor(instructor_id=instructor_id, **command.model_dump()), unit))


@router.put("/sessions/{session_id}/people")
def put_people(session_id: UUID, people: People, _: StaffDep, unit: UnitDep) -> PeopleOut:
    """Say who is at a session; the answer names what that clashes with."""
    assign(Assign(session_id=session_id, people=people.people), unit)
    unit.session.flush()
    return get_people(session_id, _, unit)


@router.get("/sessions/{session_id}/people")
def get_people(session_id: UUID, _: StaffDep, unit: UnitDep) -> PeopleOut:
    """Who is at a session, and what that clashes with."""
    session = unit.get(Session, session_id)
    return PeopleOut(
        people=[
            AtSessionOut(instructor_id=each.person.id, part=each.part, public=each.public) for each in people_at(session.id, unit)
        ],
        clashes=[
            ClashOut(kind=clash.kind, session_id=clash.session.id, title=clash.session.title)
            for clash in clashes_of(session, unit)
        ],
    )


@router.post("/mine/calendar", status_code=201)
def post_feed(request: Request, resident: ResidentDep, unit: UnitDep) -> FeedOut:
    """Make a secret address for one's phone; the one made before stops working."""
    return FeedOut(url=feed_url(request, make_feed(MakeFeed(resident_id=resident.id), unit)))


@router.delete("/mine/calendar", status_code=204)
def delete_feed(resident: ResidentDep, unit: UnitDep) -> None:
    """End one's secret address."""
    end_feed(EndFeed(resident_id=resident.id), unit)


@router.get("/programmes/{programme_id}/calendar.ics")
def get_programme_feed(request: Request, programme_id: UUID, unit: UnitDep) -> Response:
    """A programme's sessions as iCalendar, for everybody."""
    return _ics(programme_feed(unit.get(Programme, programme_id), unit, origin=_origin(request)))


@router.get("/calendars/{token}.ics")
def get_resident_feed(request: Request, token: str, unit: UnitDep) -> Response:
    """The places of whoever was given this secret address, as iCalendar."""
    return _mine(request, whose(token, unit), unit)


def feed_url(request: Request, token: str) -> str:
    """The whole address of a resident's calendar."""
    return f"{_origin(request)}/registration/api/calendars/{token}.ics"


def _mine(request: Request, resident_id: UUID, unit: Unit) -> Response:
    return _ics(resident_feed(resident_id, unit, name=MY_PLACES, origin=_origin(request)))


def _origin(request: Request) -> str:
    return service_of(request).settings.public_url


def _ics(text: str) -> Response:
    headers = {"cache-control": "private, max-age=300", "content-disposition": 'inline; filename="calendar.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)
