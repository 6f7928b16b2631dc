"""What residents see of the calendar: one day, one programme, and the address for their phone."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from sqlmodel import col, select
from starlette.responses import Response

from services.registration.api.instructors import feed_url
from services.registration.domain.places import SignUp
from services.registration.features.calendar_feed import EndFeed, MakeFeed, end_feed, make_feed, token_of
from services.registration.pages.forms import TypedForm
from services.registration.pages.rendering import pages, qr, see
from services.registration.projections.calendar import sessions_between, sessions_on, sign_up_of
from services.registration.projections.places import places_of
from services.registration.tables import Programme, Session
from shared.auth import Principal
from shared.clock import today
from shared.http import PrincipalDep, ResidentDep, UnitDep, service_of
from shared.unit import Unit

router = APIRouter()


@router.get("/days")
def show_day(request: Request, principal: PrincipalDep, unit: UnitDep, on: str = "") -> Response:
    """What is on, on one day; the days of two weeks to choose from."""
    day = _day(on)
    first = today()
    coming = [first.date() + timedelta(days=number) for number in range(14)]
    busy = {
        session.starts_at.astimezone(first.tzinfo).date() for session in sessions_between(first, first + timedelta(days=14), unit)
    }
    return pages.render(
        request,
        "day.html",
        day=day,
        days=[(each, each in busy) for each in coming],
        sessions=sessions_on(day, unit),
        mine=_mine(principal, unit),
    )


@router.get("/programmes/{programme_id}")
def show_programme(request: Request, programme_id: UUID, principal: PrincipalDep, unit: UnitDep) -> Response:
    """One programme: what it is, when it is next, and its calendar."""
    programme = unit.get(Programme, programme_id)
    found = select(Session).where(col(Session.programme_id) == programme.id, col(Session.ends_at) > unit.now)
    sessions = unit.session.exec(found.order_by(col(Session.starts_at)).limit(12)).all()
    visitor = principal is None or principal.kind == "resident"
    return pages.render(
        request,
        "programme_public.html",
        programme=programme,
        sessions=sessions,
        term=visitor and len([session for session in sessions if sign_up_of(session, unit) is SignUp.OPEN]) > 1,
        mine=_mine(principal, unit),
        address=f"{service_of(request).settings.public_url}/registration/api/programmes/{programme.id}/calendar.ics",
    )


@router.get("/calendar")
def show_feed(request: Request, resident: ResidentDep, unit: UnitDep) -> Response:
    """The secret address of my places, for the calendar of my phone."""
    token = token_of(resident.id, unit)
    address = feed_url(request, token) if token else None
    return pages.render(request, "feed.html", address=address, code=qr(address) if address else None)


@router.post("/calendar")
def change_feed(resident: ResidentDep, unit: UnitDep, form: TypedForm) -> Response:
    """Make a new address, or end the one there is."""
    if form.get("act") == "end":
        end_feed(EndFeed(resident_id=resident.id), unit)
    else:
        make_feed(MakeFeed(resident_id=resident.id), unit)
    return see("/registration/calendar")


def _mine(principal: Principal | None, unit: Unit) -> dict[UUID, object]:
    places = places_of(principal.id, unit) if principal and principal.kind == "resident" else []
    return {place.session.id: place for place in places}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today().date()
