"""The staff's page of one resident: what is written down, who acts for them, what they agreed to; in clear only for a reason."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api.people import WholeOut
from services.registration.domain.people import Ground, Purpose, Relation
from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.change_resident import ChangeResident, change_resident, lock_resident
from services.registration.features.end_authority import EndAuthority, end_authority
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.features.mobile import as_mobile
from services.registration.features.register_resident import phone_mark_of, resident_with_phone
from services.registration.features.share_household import ShareHousehold, share_household
from services.registration.features.wordings import wordings_now
from services.registration.pages.forms import Typed, TypedForm
from services.registration.pages.people import fault_at
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.pages.words import WORDS
from services.registration.projections.calendar import programmes_to_come
from services.registration.projections.carers import access_log, carers_of, elders_of, lives_with
from services.registration.projections.duplicates import duplicates_of, merges_into
from services.registration.projections.people import Person, consent_history, consents_of
from services.registration.projections.places import places_of
from services.registration.tables import Resident
from shared.auth import Principal
from shared.errors import Problem
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter(prefix="/residents/{resident_id}")

NOBODY = phrase("没有找到这个手机号，请核对，或先登记居民。")
NO_REASON = phrase("请写明为什么要看，本人能看到这个原因。")
TEXTS = ("name", "phone", "landline", "id_number")
"""Fields that are masked on the page: left empty in the form they stay as they are."""


@router.get("")
def show_resident(request: Request, resident_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """One resident, masked; that it was looked at is in their log."""
    resident = unit.find(Resident, resident_id)
    if resident is not None and resident.merged_into is not None:
        return see(f"/registration/residents/{resident.merged_into}")
    if resident is not None:
        note(unit, who=staff, resident_id=resident.id, action="viewed")
    return _resident(request, resident_id, staff, unit)


@router.post("")
def reveal(request: Request, resident_id: UUID, staff: StaffDep, unit: UnitDep, why: Typed = "") -> Response:
    """Show the record in clear, once, for a reason that the person can read."""
    resident = unit.get(Resident, resident_id)
    if len(why.strip()) < 2:
        return _resident(request, resident_id, staff, unit, faults={"why": NO_REASON}, status_code=422)
    note(unit, who=staff, resident_id=resident.id, action="revealed", why=why.strip()[:200])
    return _resident(request, resident_id, staff, unit, whole=WholeOut.whole(resident, unit))


@router.get("/edit")
def show_edit(request: Request, resident_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """A form for corrections."""
    resident = unit.get(Resident, resident_id)
    form = {
        "street": resident.street,
        "neighbourhood": resident.neighbourhood,
        "birth_year": str(resident.birth_year or ""),
        "sex": resident.sex or "",
    }
    return _edit(request, resident, unit, form=form, needs=tuple(resident.needs), faults={})


@router.post("/edit")
def correct(
    request: Request,
    resident_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    form: TypedForm,
    needs: Annotated[tuple[str, ...], Form()] = (),
    gone: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """Correct the record; a number is taken away only where `gone` says so."""
    given: dict[str, Any] = {name: form[name] for name in TEXTS if form.get(name)} | {name: "" for name in gone if name in TEXTS}
    given |= {name: form[name] for name in ("street", "neighbourhood") if name in form}
    given |= {name: form[name] or None for name in ("birth_year", "sex") if name in form}
    try:
        command = ChangeResident.model_validate(given | {"needs": needs, "resident_id": resident_id, "by": staff})
        change_resident(command, unit)
    except ValidationError as error:
        return _edit(
            request, unit.get(Resident, resident_id), unit, form=form, needs=needs, faults=faults_of(error), status_code=422
        )
    except Problem as problem:
        resident = unit.get(Resident, resident_id)
        return _edit(request, resident, unit, form=form, needs=needs, faults=fault_at(problem), status_code=problem.status)
    return see(f"/registration/residents/{resident_id}")


@router.post("/consents")
def switch_consent(
    resident_id: UUID, staff: StaffDep, unit: UnitDep, purpose: Annotated[Purpose, Form()], given: Annotated[bool, Form()]
) -> Response:
    """Write down a consent given or withdrawn at the counter."""
    change_consent(ChangeConsent(resident_id=resident_id, purpose=purpose, given=given, channel="staff", by=staff), unit)
    return see(f"/registration/residents/{resident_id}#consents")


@router.post("/carers")
def add_carer(
    request: Request,
    resident_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    relation: Annotated[Relation, Form()],
    ground: Annotated[Ground, Form()],
    phone: Typed = "",
) -> Response:
    """Let somebody act for the resident, by the phone they are registered with."""
    try:
        carer = _with_phone(phone, unit)
        give_authority(
            GiveAuthority(elder_id=resident_id, carer_id=carer.id, relation=relation, ground=ground, by=staff),
            unit,
        )
    except Problem as problem:
        return _resident(request, resident_id, staff, unit, faults={"phone": problem.detail}, typed=phone, status_code=422)
    return see(f"/registration/residents/{resident_id}#carers")


@router.post("/carers/end")
def end_carer(resident_id: UUID, staff: StaffDep, unit: UnitDep, authority_id: Annotated[UUID, Form()]) -> Response:
    """End an authority."""
    end_authority(EndAuthority(authority_id=authority_id, by=staff), unit)
    return see(f"/registration/residents/{resident_id}#carers")


@router.post("/household")
def move_in(request: Request, resident_id: UUID, staff: StaffDep, unit: UnitDep, housemate: Typed = "") -> Response:
    """Write down whom the resident lives with, by that person's phone; empty: alone."""
    try:
        other = _with_phone(housemate, unit).id if housemate.strip() else None
        share_household(ShareHousehold(resident_id=resident_id, lives_with=other, by=staff), unit)
    except Problem as problem:
        return _resident(
            request, resident_id, staff, unit, faults={"housemate": problem.detail}, typed=housemate, status_code=422
        )
    return see(f"/registration/residents/{resident_id}#household")


def _with_phone(typed: str, unit: Unit) -> Resident:
    try:
        mark = phone_mark_of(as_mobile(typed), unit)
    except ValueError:
        mark = None
    found = resident_with_phone(mark, unit) if mark else None
    if found is None:
        raise problems.UnknownResident(NOBODY)
    return found


def _resident(
    request: Request,
    resident_id: UUID,
    staff: Principal,
    unit: Unit,
    *,
    whole: WholeOut | None = None,
    faults: dict[str, str] | None = None,
    typed: str = "",
    status_code: int = 200,
) -> Response:
    resident = lock_resident(resident_id, unit)
    return pages.render(
        request,
        "resident_one.html",
        person=Person.of(resident, unit),
        whole=whole,
        carers=carers_of(resident.id, unit),
        elders=elders_of(resident.id, unit),
        household=lives_with(resident, unit),
        consents=consents_of(resident.id, unit),
        history=consent_history(resident.id, unit),
        wordings=wordings_now(),
        twice=duplicates_of(resident, unit, staff),
        merges=merges_into(resident.id, unit),
        places=places_of(resident.id, unit),
        terms=programmes_to_come(unit, staff),
        looked=access_log(resident.id, unit)[:20],
        faults=faults or {},
        typed=typed,
        new="new" in request.query_params,
        status_code=status_code,
        **WORDS,
    )


def _edit(request: Request, resident: Resident, unit: Unit, *, status_code: int = 200, **context: Any) -> Response:
    return pages.render(
        request, "resident_edit.html", person=Person.of(resident, unit), status_code=status_code, **context, **WORDS
    )
