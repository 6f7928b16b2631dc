"""The residents' family pages: whom I act for, who acts for me, what I agreed to, and who looked at my record."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.domain.people import Purpose, Relation
from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.acting import may_act_for
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.end_authority import EndAuthority, end_authority
from services.registration.features.name_carer import NameCarer, name_carer
from services.registration.features.register import Register, register
from services.registration.features.wordings import wordings_now
from services.registration.pages.forms import Typed
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.pages.words import WORDS
from services.registration.projections.calendar import coming_sessions
from services.registration.projections.carers import access_log, carers_of, elders_of, lives_with
from services.registration.projections.people import consent_history, consents_of, name_of
from services.registration.projections.places import places_of
from services.registration.tables import Resident
from shared.auth import Principal
from shared.errors import Problem
from shared.http import ResidentDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NOT_YOURS = phrase("没有找到这位家人；要替人办事，请先让本人同意，或到居委会登记。")
SOON = 10
"""How many sessions to come are offered for an elder."""


@router.get("/family")
def show_family(request: Request, me: ResidentDep, unit: UnitDep) -> Response:
    """Whom I act for, and who acts for me."""
    return _family(request, me, unit)


@router.post("/family")
def let_act(
    request: Request,
    me: ResidentDep,
    unit: UnitDep,
    relation: Annotated[Relation, Form()] = "other",
    name: Typed = "",
    phone: Typed = "",
) -> Response:
    """Let somebody act for me."""
    typed = {"name": name, "phone": phone, "relation": relation}
    try:
        name_carer(NameCarer(name=name, phone=phone, relation=relation, by=me), unit)
    except ValidationError as error:
        return _family(request, me, unit, typed=typed, faults=faults_of(error), status_code=422)
    except Problem as problem:
        return _family(request, me, unit, typed=typed, faults={"name": problem.detail}, status_code=422)
    return see("/registration/family")


@router.post("/family/end")
def end(me: ResidentDep, unit: UnitDep, authority_id: Annotated[UUID, Form()]) -> Response:
    """End an authority that I gave or was given."""
    end_authority(EndAuthority(authority_id=authority_id, by=me), unit)
    return see("/registration/family")


@router.get("/family/{elder_id}")
def show_elder(request: Request, elder_id: UUID, me: ResidentDep, unit: UnitDep) -> Response:
    """The places of somebody I act for, and what they could sign up for."""
    elder = _elder(elder_id, me, unit)
    places = places_of(elder.id, unit)
    taken = {place.session.id for place in places}
    free = [each for each in coming_sessions(unit) if each.id not in taken and each.state == "planned"]
    return pages.render(
        request, "family_elder.html", elder_id=elder.id, name=name_of(elder, unit), places=places, sessions=free[:SOON]
    )


@router.post("/family/{elder_id}")
def sign_up_for(elder_id: UUID, me: ResidentDep, unit: UnitDep, session_id: Annotated[UUID, Form()]) -> Response:
    """Sign them up."""
    elder = _elder(elder_id, me, unit)
    register(Register(session_id=session_id, resident_id=elder.id, acted_by=me.id), unit)
    note(unit, who=me, resident_id=elder.id, action="signed_up")
    return see(f"/registration/family/{elder.id}")


@router.post("/family/{elder_id}/give-back")
def give_back_for(elder_id: UUID, me: ResidentDep, unit: UnitDep, registration_id: Annotated[UUID, Form()]) -> Response:
    """Give their place back."""
    elder = _elder(elder_id, me, unit)
    cancel(Cancel(registration_id=registration_id, resident_id=elder.id, channel="web", acted_by=me.id), unit)
    note(unit, who=me, resident_id=elder.id, action="cancelled")
    return see(f"/registration/family/{elder.id}")


@router.get("/consents")
def show_consents(request: Request, me: ResidentDep, unit: UnitDep) -> Response:
    """What I agreed to, in plain words, each with its switch."""
    return pages.render(
        request,
        "consents.html",
        wordings=wordings_now(),
        consents=consents_of(me.id, unit),
        history=consent_history(me.id, unit),
        **WORDS,
    )


@router.post("/consents")
def switch_consent(
    me: ResidentDep, unit: UnitDep, purpose: Annotated[Purpose, Form()], given: Annotated[bool, Form()]
) -> Response:
    """Give or withdraw one consent."""
    change_consent(ChangeConsent(resident_id=me.id, purpose=purpose, given=given, channel="web"), unit)
    return see(f"/registration/consents#{purpose}")


@router.get("/looked")
def show_looked(request: Request, me: ResidentDep, unit: UnitDep) -> Response:
    """Who looked at my record or changed it, when and why."""
    return pages.render(request, "looked.html", looked=access_log(me.id, unit), **WORDS)


def _elder(elder_id: UUID, me: Principal, unit: Unit) -> Resident:
    """Somebody whom I act for; a stranger's id is answered like an unknown one."""
    elder = unit.find(Resident, elder_id)
    if elder is None or elder.id == me.id or not may_act_for(me.id, elder.id, unit):
        raise problems.UnknownResident(NOT_YOURS)
    return elder


def _family(
    request: Request,
    me: Principal,
    unit: Unit,
    *,
    typed: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
    status_code: int = 200,
) -> Response:
    return pages.render(
        request,
        "family.html",
        elders=elders_of(me.id, unit),
        carers=carers_of(me.id, unit),
        household=lives_with(unit.get(Resident, me.id), unit),
        typed=typed or {},
        faults=faults or {},
        status_code=status_code,
        **WORDS,
    )
