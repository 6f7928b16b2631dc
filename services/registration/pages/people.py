"""The staff's residents: finding one, and writing down somebody new."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.features.wordings import wordings_now
from services.registration.pages.forms import TypedForm, street_of
from services.registration.pages.rendering import faults_of, pages, see
from services.registration.pages.words import WORDS
from services.registration.projections.people import PAGE, find_people, how_many_residents, people
from shared.errors import Problem
from shared.http import StaffDep, UnitDep

router = APIRouter()

FIELDS = ("name", "phone", "landline", "id_number", "street", "neighbourhood", "birth_year", "sex")
AT_FIELD: dict[type[Problem], str] = {
    problems.PhoneTaken: "phone",
    problems.IdNumberTaken: "id_number",
    problems.WrongIdNumber: "id_number",
}
"""Which field a refusal is shown at."""


@router.get("/residents")
def show_residents(
    request: Request,
    staff: StaffDep,
    unit: UnitDep,
    search: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=0, le=40)] = 0,
    before: UUID | None = None,
) -> Response:
    """Residents, names and numbers masked: who fits a search, sorted by pinyin, or the newest first."""
    found = find_people(search, unit, staff, page=page) if search else None
    shown = found.people if found else people(unit, staff, before=before)
    return pages.render(
        request,
        "residents.html",
        people=shown,
        found=found,
        count=how_many_residents(unit, staff),
        search=search,
        more=shown[-1].id if found is None and len(shown) == PAGE else None,
        next_page=page + 1 if found and (page + 1) * PAGE < found.total else None,
        **WORDS,
    )


@router.get("/residents/new")
def show_new_resident(request: Request, _: StaffDep) -> Response:
    """A form for somebody new."""
    return _form(request, form={"street": street_of(request)}, consents=(), needs=(), faults={})


@router.post("/residents/new")
def add_resident(
    request: Request,
    staff: StaffDep,
    unit: UnitDep,
    form: TypedForm,
    consents: Annotated[tuple[str, ...], Form()] = (),
    needs: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """Register a resident."""
    given = {name: form[name] for name in FIELDS if form.get(name)}
    kept: dict[str, Any] = {"form": form, "consents": consents, "needs": needs}
    try:
        command = RegisterResident.model_validate(given | {"consents": consents, "needs": needs, "given_by": staff.id})
        resident = register_resident(command, unit)
    except ValidationError as error:
        return _form(request, **kept, faults=faults_of(error), status_code=422)
    except Problem as problem:
        return _form(request, **kept, faults=fault_at(problem), status_code=problem.status)
    note(unit, who=staff, resident_id=resident.id, action="registered")
    return see(f"/registration/residents/{resident.id}?new")


def fault_at(problem: Problem) -> dict[str, str]:
    """A refusal, at the field that it is about."""
    return {str(problem.facts.get("field") or AT_FIELD.get(type(problem), "form")): problem.detail}


def _form(request: Request, *, status_code: int = 200, **context: Any) -> Response:
    return pages.render(request, "resident_new.html", wordings=wordings_now(), status_code=status_code, **context, **WORDS)
