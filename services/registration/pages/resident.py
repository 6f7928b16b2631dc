"""The residents' rooms: home, what is on, one session, one's own places."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.registration.features import problems
from services.registration.features.cancel import UNKNOWN, Cancel, cancel
from services.registration.features.places import active, position
from services.registration.features.register import Register, register
from services.registration.pages.rendering import pages, qr, see
from services.registration.projections.calendar import coming_sessions, sessions_between, sign_up_of
from services.registration.projections.places import places_of, progress_of
from services.registration.tables import LiveRoom, Registration, Session
from shared.clock import today
from shared.http import PrincipalDep, ResidentDep, UnitDep, service_of
from shared.unit import Unit

router = APIRouter()


@router.get("/")
def show_home(request: Request, principal: PrincipalDep, unit: UnitDep) -> Response:
    """The front door: my next place, and what is on within a week."""
    resident = principal.id if principal and principal.kind == "resident" else None
    places = places_of(resident, unit) if resident else []
    week = sessions_between(today(), today() + timedelta(days=7), unit)
    still = [session for session in week if session.state == "planned" and session.ends_at > unit.now]
    live = [session for session in coming_sessions(unit) if _room_is_open(session, unit)]
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


@router.get("/sessions/{session_id}")
def show_session(request: Request, session_id: UUID, principal: PrincipalDep, unit: UnitDep) -> Response:
    """One session: when, where, how many places, and one button."""
    session = unit.get(Session, session_id)
    mine = active(session.id, principal.id, unit) if principal and principal.kind == "resident" else None
    return pages.render(
        request,
        "session.html",
        session=session,
        sign_up=sign_up_of(session, unit),
        waiting=progress_of([session], unit)[0].waiting,
        mine=mine,
        position=position(mine, unit) if mine else None,
        room_is_open=_room_is_open(session, unit),
    )


@router.post("/sessions/{session_id}")
def sign_up(session_id: UUID, resident: ResidentDep, unit: UnitDep) -> Response:
    """Sign up; the ticket shows what came of it."""
    try:
        registration = register(Register(session_id=session_id, resident_id=resident.id), unit)
    except problems.AlreadyRegistered as problem:
        return see(f"/registration/mine/{problem.facts['registration_id']}")
    return see(f"/registration/mine/{registration.id}?new")


@router.get("/mine")
def show_mine(request: Request, resident: ResidentDep, unit: UnitDep) -> Response:
    """My places as tickets, and the ways to what else is mine."""
    return pages.render(request, "mine.html", places=places_of(resident.id, unit))


@router.get("/mine/{registration_id}")
def show_ticket(request: Request, registration_id: UUID, resident: ResidentDep, unit: UnitDep) -> Response:
    """One of my tickets, with a code for the door, and the way to give the place back."""
    registration = unit.find(Registration, registration_id)
    if registration is None or registration.resident_id != resident.id:
        raise problems.UnknownRegistration(UNKNOWN)
    session = unit.get(Session, registration.session_id)
    door = f"{service_of(request).settings.public_url}/registration/desk/sessions/{session.id}#{registration.id}"
    return pages.render(
        request,
        "ticket.html",
        registration=registration,
        session=session,
        position=position(registration, unit),
        qr=qr(door) if registration.state == "confirmed" and session.kind != "livestream" else None,
        new="new" in request.query_params,
        may_cancel=registration.state in ("confirmed", "waitlisted")
        and session.state == "planned"
        and unit.now < session.starts_at,
    )


@router.post("/mine/{registration_id}")
def give_back(registration_id: UUID, resident: ResidentDep, unit: UnitDep) -> Response:
    """Give the place back, or leave the line."""
    cancel(Cancel(registration_id=registration_id, resident_id=resident.id, channel="web"), unit)
    return see(f"/registration/mine/{registration_id}")


def _room_is_open(session: Session, unit: Unit) -> bool:
    room = unit.find(LiveRoom, session.id) if session.kind == "livestream" else None
    return room is not None and room.closed_at is None
