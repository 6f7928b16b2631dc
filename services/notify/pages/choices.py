"""The staff desk's page of what somebody wants to be reached by."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.features.choose import Choose, choose
from services.notify.features.show_choices import show_choices
from services.notify.pages.words import READERS, WORDS, pages
from shared.auth import require
from shared.contracts.notify import Choosable
from shared.http import StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NO_REASON = phrase("请写明本人是怎么说的，至少两个字。")


@router.get("/messages/people/{resident_id}")
def get_choices(request: Request, resident_id: UUID, unit: UnitDep, staff: StaffDep) -> Response:
    """What is in force, and the ledger."""
    require(staff, *READERS)
    return _page(request, resident_id, unit)


@router.post("/messages/people/{resident_id}")
def post_choice(
    request: Request,
    resident_id: UUID,
    unit: UnitDep,
    staff: StaffDep,
    category: Annotated[Choosable, Form()],
    wanted: Annotated[bool, Form()],
    why: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Write down what the person said at the desk or on the phone."""
    require(staff, *READERS)
    if len(why.strip()) < 2:
        return _page(request, resident_id, unit, fault=NO_REASON, status_code=422)
    resident = show_choices(resident_id, unit).resident_id
    choose(Choose(resident_id=resident, category=category, wanted=wanted, channel="staff", proof=staff.id, why=why.strip()), unit)
    return RedirectResponse(f"/notify/messages/people/{resident}", status_code=303)


def _page(request: Request, resident_id: UUID, unit: Unit, *, fault: str = "", status_code: int = 200) -> Response:
    found = show_choices(resident_id, unit)
    return pages.render(request, "choices.html", person=found, fault=fault, status_code=status_code, **WORDS)
