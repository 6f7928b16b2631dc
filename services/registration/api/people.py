"""Residents and their consents."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.registration.api.common import Made
from services.registration.api.places import RegistrationOut
from services.registration.domain.people import Purpose
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.projections.people import consents_of, name_of, phone_of
from services.registration.projections.places import places_of
from services.registration.tables import Resident
from shared.http import ResidentDep, StaffDep, UnitDep

router = APIRouter()


class MeOut(BaseModel):
    """What is kept about the resident who asks."""

    id: UUID
    name: str
    phone: str
    street: str
    birth_year: int | None
    consents: dict[str, bool]
    registrations: list[RegistrationOut]


class ConsentWish(BaseModel):
    """A purpose, and whether it is consented to."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose
    given: bool


@router.post("/residents", status_code=201, response_model=Made)
def post_resident(command: RegisterResident, _: StaffDep, unit: UnitDep) -> Resident:
    """Register a resident."""
    return register_resident(command.model_copy(update={"channel": "staff"}), unit)


@router.get("/residents/me")
def get_me(resident: ResidentDep, unit: UnitDep) -> MeOut:
    """What is kept about me."""
    me = unit.get(Resident, resident.id)
    return MeOut(
        id=me.id,
        name=name_of(me, unit),
        phone=phone_of(me, unit),
        street=me.street,
        birth_year=me.birth_year,
        consents=consents_of(me.id, unit),
        registrations=[RegistrationOut.of(place.registration, unit) for place in places_of(me.id, unit)],
    )


@router.post("/residents/me/consents")
def post_consent(wish: ConsentWish, resident: ResidentDep, unit: UnitDep) -> dict[str, bool]:
    """Give or withdraw a consent; answers with all of them."""
    change_consent(ChangeConsent(resident_id=resident.id, purpose=wish.purpose, given=wish.given, channel="web"), unit)
    return consents_of(resident.id, unit)
