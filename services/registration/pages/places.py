"""Signing up for a session, one's ticket with the answer to an offer, and the staff's view of who waits."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.registration.api.places import acting, for_whom
from services.registration.domain.places import Mode
from services.registration.features import problems
from services.registration.features.accept_offer import AcceptOffer, accept_offer
from services.registration.features.access_log import note_list
from services.registration.features.acting import may_act_for
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_mode import ChangeMode, change_mode
from services.registration.features.decline_offer import DeclineOffer, decline_offer
from services.registration.features.door_codes import ticket_of
from services.registration.features.places import UNKNOWN, active, free, has_places_for, position
from services.registration.features.register import Party, Register
from services.registration.pages.rendering import pages, qr, see
from services.registration.pages.resident import room_is_open
from services.registration.projections.calendar import sign_up_of
from services.registration.projections.instructors import people_at
from services.registration.projections.places import cared_for, progress_of
from services.registration.projections.waitlist import explain, lines_of, on_offer
from services.registration.sign_ups import sign_ups_of
from services.registration.tables import Registration, Session
from shared.event import new_id
from shared.http import PrincipalDep, ResidentDep, StaffDep, UnitDep, service_of
from shared.unit import Unit

router = APIRouter()

Act = Literal["give_back", "accept", "room", "online", "online_meanwhile"]


@router.get("/sessions/{session_id}")
def show_session(request: Request, session_id: UUID, principal: PrincipalDep, unit: UnitDep) -> Response:
    """One session: when, where, how many places, and one button."""
    session = unit.get(Session, session_id)
    resident = principal.id if principal and principal.kind == "resident" else None
    mine = active(session.id, resident, unit) if resident else None
    family = cared_for(resident, unit) if resident else []
    return pages.render(
        request,
        "session.html",
        session=session,
        sign_up=sign_up_of(session, unit),
        waiting=progress_of([session], unit)[0].waiting,
        people=people_at(session.id, unit),
        mine=mine,
        position=position(mine, unit) if mine else None,
        family=[(person, active(session.id, person.id, unit)) for person in family],
        online_free=free(session, "online"),
        once=new_id(),
        room_is_open=room_is_open(session, unit),
    )


@router.post("/sessions/{session_id}")
async def sign_up(
    request: Request,
    session_id: UUID,
    resident: ResidentDep,
    who: Annotated[UUID | None, Form()] = None,
    party: Annotated[Party, Form()] = 1,
    mode: Annotated[Mode, Form()] = "room",
    at_once: Annotated[bool, Form()] = False,
) -> Response:
    """Sign up, oneself or somebody one cares for; the ticket shows what came of it."""

    def wish(unit: Unit) -> Register:
        resident_id = for_whom(resident, who, unit)
        return Register(
            session_id=session_id,
            resident_id=resident_id,
            party=party,
            mode=mode,
            at_once=at_once,
            acted_by=acting(resident, resident_id),
        )

    def new_ticket(registration: Registration, _: Unit) -> Response:
        return see(f"/registration/mine/{registration.id}?new")

    try:
        return await sign_ups_of(request).take(request, session_id, wish, new_ticket)
    except problems.AlreadyRegistered as problem:
        return see(f"/registration/mine/{problem.facts['registration_id']}")


@router.get("/mine/{registration_id}")
def show_ticket(request: Request, registration_id: UUID, resident: ResidentDep, unit: UnitDep) -> Response:
    """A ticket of mine, or of somebody I care for: what it is, why it waits, and what can be done about it."""
    registration = unit.find(Registration, registration_id)
    if registration is None or not may_act_for(resident.id, registration.resident_id, unit):
        raise problems.UnknownRegistration(UNKNOWN)
    session = unit.get(Session, registration.session_id)
    secret = ticket_of(registration.id, unit.keys)
    door = f"{service_of(request).settings.public_url}/registration/desk/sessions/{session.id}?ticket={secret}"
    to_come = session.state == "planned" and unit.now < session.starts_at
    changeable = to_come and registration.state in ("confirmed", "waitlisted") and registration.checked_in_at is None
    return pages.render(
        request,
        "ticket.html",
        registration=registration,
        session=session,
        whose=None if registration.resident_id == resident.id else _name(registration.resident_id, resident.id, unit),
        position=position(registration, unit),
        explained=explain(registration, session, unit) if to_come else None,
        moves=[mode for mode in _moves(registration, session, unit) if changeable],
        qr=qr(door) if _for_the_door(registration, session) else None,
        new="new" in request.query_params,
        once=new_id(),
        may_answer=registration.state == "offered" and session.state == "planned",
        may_cancel=changeable,
    )


@router.post("/mine/{registration_id}")
def act(registration_id: UUID, resident: ResidentDep, unit: UnitDep, act: Annotated[Act, Form()] = "give_back") -> Response:
    """Do what one of the ticket's buttons says."""
    found = unit.find(Registration, registration_id)
    by: dict[str, Any] = {
        "registration_id": registration_id,
        "resident_id": resident.id,
        "acted_by": acting(resident, found.resident_id) if found else None,
    }
    match act:
        case "accept":
            accept_offer(AcceptOffer(**by), unit)
        case "give_back":
            cancel(Cancel(channel="web", **by), unit)
        case "room" | "online":
            change_mode(ChangeMode(mode=act, **by), unit)
        case "online_meanwhile":
            change_mode(ChangeMode(mode="online", keep_waiting=True, **by), unit)
    return see(f"/registration/mine/{registration_id}")


@router.get("/desk/sessions/{session_id}/waitlist")
def show_waitlist(request: Request, session_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """Who is being asked, who waits, and why in this order."""
    session = unit.get(Session, session_id)
    offers, lines = on_offer(session, unit), lines_of(session, unit)
    named = [offer.registration for offer in offers] + [waiter.registration for line in lines for waiter in line.waiters]
    note_list(unit, who=staff, residents=[each.resident_id for each in named], action="waitlist_read")
    return pages.render(
        request,
        "waitlist.html",
        session=session,
        offers=offers,
        lines=lines,
        open=session.state == "planned" and unit.now < session.starts_at,
    )


@router.post("/desk/sessions/{session_id}/waitlist")
def answer_for_somebody(
    session_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    registration_id: Annotated[UUID, Form()],
    answer: Annotated[Literal["accept", "decline"], Form()],
) -> Response:
    """Note what somebody said on the phone about the place kept for them."""
    if answer == "accept":
        accept_offer(AcceptOffer(registration_id=registration_id, acted_by=staff.id), unit)
    else:
        decline_offer(DeclineOffer(registration_id=registration_id, channel="staff", acted_by=staff.id), unit)
    return see(f"/registration/desk/sessions/{session_id}/waitlist")


def _moves(registration: Registration, session: Session, unit: Unit) -> list[Mode]:
    """The modes with room for this registration, where it is not already."""
    others: tuple[Mode, ...] = ("online",) if registration.mode == "room" else ("room",)
    return [mode for mode in others if has_places_for(registration, mode, session, unit)]


def _for_the_door(registration: Registration, session: Session) -> bool:
    return registration.state == "confirmed" and registration.mode == "room" and session.kind != "livestream"


def _name(resident_id: UUID, carer_id: UUID, unit: Unit) -> str:
    known = {person.id: person.name for person in cared_for(carer_id, unit)}
    return known.get(resident_id, "")
