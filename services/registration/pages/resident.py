"""The residents' rooms: home, what is on, one's own places."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.registration.pages.rendering import pages
from services.registration.projections.calendar import coming_sessions, sessions_between
from services.registration.projections.places import places_of
from services.registration.tables import LiveRoom, Session
from shared.clock import today
from shared.http import PrincipalDep, ResidentDep, UnitDep
from shared.unit import Unit

router = APIRouter()


@router.get("/")
def show_home(request: Request, principal: PrincipalDep, unit: UnitDep) -> Response:
    """The front door: my next place, and what is on within a week."""
    resident = principal.id if principal and principal.kind == "resident" else None
    places = places_of(resident, unit) if resident else []
    week = sessions_between(today(), today() + timedelta(days=7), unit)
    still = [session for session in week if session.state == "planned" and session.ends_at > unit.now]
    live = [session for session in coming_sessions(unit) if room_is_open(session, unit)]
    return pages.render(
        request,
        "home.html",
        next=next((place for place in places if place.session.state == "planned"), None),
        mine={place.session.id: place for place in places},
        sessions=still,
        live=live,
    )


@router.get("/sessions")
def show_sessions(request: Request, principal: PrincipalDep, unit: UnitDep) -> Response:
    """What is to come, with how many places are left."""
    places = places_of(principal.id, unit) if principal and principal.kind == "resident" else []
    mine = {place.session.id: place for place in places}
    return pages.render(request, "sessions.html", sessions=coming_sessions(unit), mine=mine)


@router.get("/mine")
def show_mine(request: Request, resident: ResidentDep, unit: UnitDep) -> Response:
    """My places as tickets, and the ways to what else is mine."""
    return pages.render(request, "mine.html", places=places_of(resident.id, unit))


def room_is_open(session: Session, unit: Unit) -> bool:
    """Whether the session is a livestream that is on."""
    room = unit.find(LiveRoom, session.id) if session.kind == "livestream" else None
    return room is not None and room.closed_at is None
