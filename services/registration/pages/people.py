"""The staff's residents."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.features import problems
from services.registration.features.mobile import as_mobile
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.pages.forms import TypedForm, street_of
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.projections.people import PAGE, how_many_residents, people
from shared.http import StaffDep, UnitDep

router = APIRouter()


@router.get("/residents")
def show_residents(request: Request, _: StaffDep, unit: UnitDep, phone: str = "", before: UUID | None = None) -> Response:
    """Residents, names and numbers masked; one is found by the whole number."""
    try:
        number = as_mobile(phone)
        found = people(unit, before=before, phone=number)
    except ValueError:
        found = []
    return pages.render(
        request,
        "residents.html",
        people=found,
        count=how_many_residents(unit),
        phone=phone,
        more=found[-1].id if len(found) == PAGE else None,
    )


@router.get("/residents/new")
def show_new_resident(request: Request, _: StaffDep) -> Response:
    """A form for somebody new."""
    return pages.render(request, "resident_new.html", form={"street": street_of(request)}, consents=(), faults={})


@router.post("/residents/new")
def add_resident(
    request: Request, _: StaffDep, unit: UnitDep, form: TypedForm, consents: Annotated[tuple[str, ...], Form()] = ()
) -> Response:
    """Register a resident."""
    given = {name: form[name] for name in ("name", "phone", "street", "birth_year") if form.get(name)}
    try:
        command = RegisterResident.model_validate(given | {"consents": consents})
        resident = register_resident(command, unit)
    except ValidationError as error:
        faults = faults_of(error)
        return pages.render(request, "resident_new.html", form=form, consents=consents, faults=faults, status_code=422)
    except problems.PhoneTaken as problem:
        faults = {"phone": problem.detail}
        return pages.render(request, "resident_new.html", form=form, consents=consents, faults=faults, status_code=409)
    return see(f"/registration/residents?new={resident.id}")
