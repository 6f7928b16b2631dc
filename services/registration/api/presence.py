"""Who is here."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.registration.api.places import RegistrationOut
from services.registration.features.check_in import CheckIn, check_in
from services.registration.projections.places import roster
from services.registration.tables import Session
from shared.http import StaffDep, UnitDep

router = APIRouter()


class CheckInOut(BaseModel):
    """Who came; `again` when that was known before."""

    registration: RegistrationOut
    again: bool


class RosterLineOut(BaseModel):
    """A name on the roster, with its masked phone."""

    registration: RegistrationOut
    name: str
    phone: str


@router.get("/sessions/{session_id}/roster")
def get_roster(session_id: UUID, _: StaffDep, unit: UnitDep) -> list[RosterLineOut]:
    """Who has a place, came, or waits."""
    unit.get(Session, session_id)
    return [
        RosterLineOut(registration=RegistrationOut.of(line.registration, unit), name=line.name, phone=line.phone)
        for line in roster(session_id, unit)
    ]


@router.post("/check-ins")
def post_check_in(command: CheckIn, _: StaffDep, unit: UnitDep) -> CheckInOut:
    """Note that somebody came."""
    registration, again = check_in(command, unit)
    return CheckInOut(registration=RegistrationOut.of(registration, unit), again=again)
