"""Residents, their consents, who acts for them, and who looked at their record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.registration.api.common import Made, Out
from services.registration.api.places import RegistrationOut
from services.registration.domain.people import Ground, Need, Purpose, Relation, Sex
from services.registration.features.access_log import note
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.change_resident import ChangeResident, Corrections, change_resident
from services.registration.features.end_authority import EndAuthority, end_authority
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.features.name_carer import NameCarer, name_carer
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.features.share_household import ShareHousehold, share_household
from services.registration.projections.carers import Carer, Looked, access_log, carers_of, elders_of, lives_with
from services.registration.projections.people import (
    Person,
    consents_of,
    find_people,
    id_number_of,
    landline_of,
    name_of,
    people,
    phone_of,
)
from services.registration.projections.places import places_of
from services.registration.tables import Resident
from shared.http import ResidentDep, StaffDep, UnitDep
from shared.unit import Unit

router = APIRouter()

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


def _shown(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"example": example})


class PersonOut(Out):
    """A resident as staff see them: masked."""

    id: UUID
    name: str
    phone: str
    id_number: str
    birth_year: int | None
    sex: Sex | None
    street: str
    neighbourhood: str
    needs: list[Need]


class WholeOut(BaseModel):
    """Everything written down of a resident, in clear."""

    id: UUID
    name: str
    phone: str
    landline: str
    id_number: str
    street: str
    neighbourhood: str
    birth_year: int | None
    sex: Sex | None
    needs: list[Need]

    @classmethod
    def whole(cls, resident: Resident, unit: Unit) -> WholeOut:
        """Decrypted."""
        return cls(
            id=resident.id,
            name=name_of(resident, unit),
            phone=phone_of(resident, unit),
            landline=landline_of(resident, unit),
            id_number=id_number_of(resident, unit),
            street=resident.street,
            neighbourhood=resident.neighbourhood,
            birth_year=resident.birth_year,
            sex=resident.sex,
            needs=list(resident.needs),
        )


class CarerOut(Out):
    """Somebody at the other end of an authority."""

    authority_id: UUID
    resident_id: UUID
    name: str
    relation: Relation
    ground: Ground
    given_at: datetime

    @classmethod
    def all_of(cls, carers: list[Carer]) -> list[CarerOut]:
        """In their order."""
        return [cls.model_validate(carer) for carer in carers]


class MeOut(WholeOut):
    """What is kept about the resident who asks, whom they act for, and who acts for them."""

    consents: dict[str, bool]
    registrations: list[RegistrationOut]
    household: list[str]
    carers: list[CarerOut]
    elders: list[CarerOut]


class LookedOut(Out):
    """Who looked at or changed the record: staff by role, residents by masked name."""

    kind: str
    role: str
    name: str
    action: str
    why: str
    at: datetime


class ConsentWish(BaseModel):
    """A purpose, and whether it is consented to."""

    model_config = _shown(purpose="texts", given=True)

    purpose: Purpose
    given: bool


class Reason(BaseModel):
    """Why a record has to be seen in clear; the person can read it."""

    model_config = _shown(why="核对医保报销的姓名和号码")

    why: Why


class LivesWith(BaseModel):
    """Whom a resident lives with; nobody: alone."""

    model_config = _shown(lives_with="0179302a-0000-7000-8000-000000000001")

    lives_with: UUID | None = None


class CarerWish(BaseModel):
    """A carer for an elder, written down by staff."""

    model_config = _shown(
        elder_id="0179302a-0000-7000-8000-000000000001",
        carer_id="0179302a-0000-7000-8000-000000000002",
        relation="child",
        ground="own_word",
    )

    elder_id: UUID
    carer_id: UUID
    relation: Relation
    ground: Ground


class OwnCarerWish(BaseModel):
    """A carer whom the elder names: the name and number they are registered with."""

    model_config = _shown(name="王小明", phone="13900139000", relation="child")

    name: Annotated[str, Field(max_length=40)]
    phone: Annotated[str, Field(max_length=40)]
    relation: Relation


@router.post("/residents", status_code=201, response_model=Made)
def post_resident(command: RegisterResident, staff: StaffDep, unit: UnitDep) -> Resident:
    """Register a resident."""
    resident = register_resident(command.model_copy(update={"channel": "staff", "given_by": staff.id}), unit)
    note(unit, who=staff, resident_id=resident.id, action="registered")
    return resident


@router.get("/residents")
def get_residents(
    staff: StaffDep,
    unit: UnitDep,
    search: Annotated[
        str, Query(max_length=60, description="王, wangxiu, wxz, last four of the phone, whole phone, ID", examples=["wxz"])
    ] = "",
    page: Annotated[int, Query(ge=0, le=40)] = 0,
) -> list[PersonOut]:
    """List residents, masked: who fits a search, sorted by pinyin; without one, the newest first."""
    found: list[Person] = find_people(search, unit, staff, page=page).people if search else people(unit, staff)
    return [PersonOut.model_validate(person) for person in found]


@router.get("/residents/me")
def get_me(resident: ResidentDep, unit: UnitDep) -> MeOut:
    """What is kept about me."""
    me = unit.get(Resident, resident.id)
    return MeOut(
        **WholeOut.whole(me, unit).model_dump(),
        consents=consents_of(me.id, unit),
        registrations=[RegistrationOut.of(place.registration, unit) for place in places_of(me.id, unit)],
        household=[name for _, name in lives_with(me, unit)],
        carers=CarerOut.all_of(carers_of(me.id, unit)),
        elders=CarerOut.all_of(elders_of(me.id, unit)),
    )


@router.get("/residents/me/access-log")
def get_access_log(resident: ResidentDep, unit: UnitDep) -> list[LookedOut]:
    """Who looked at my record or changed it, when and why."""
    looked: list[Looked] = access_log(resident.id, unit)
    return [LookedOut.model_validate(line) for line in looked]


@router.post("/residents/me/consents")
def post_consent(wish: ConsentWish, resident: ResidentDep, unit: UnitDep) -> dict[str, bool]:
    """Give or withdraw a consent; answers with all of them."""
    change_consent(ChangeConsent(resident_id=resident.id, purpose=wish.purpose, given=wish.given, channel="web"), unit)
    return consents_of(resident.id, unit)


@router.post("/residents/me/carers", status_code=201)
def post_own_carer(wish: OwnCarerWish, resident: ResidentDep, unit: UnitDep) -> Made:
    """Let somebody act for me: a registered resident, named with name and number."""
    return Made.model_validate(name_carer(NameCarer(**wish.model_dump(), by=resident), unit))


@router.post("/residents/me/authorities/{authority_id}/end", status_code=204)
def post_end_own(authority_id: UUID, resident: ResidentDep, unit: UnitDep) -> None:
    """End an authority that I gave or was given."""
    end_authority(EndAuthority(authority_id=authority_id, by=resident), unit)


@router.get("/residents/{resident_id}")
def get_resident(resident_id: UUID, _: StaffDep, unit: UnitDep) -> PersonOut:
    """One resident, masked."""
    return PersonOut.model_validate(Person.of(unit.get(Resident, resident_id), unit))


@router.patch("/residents/{resident_id}")
def patch_resident(resident_id: UUID, changes: Corrections, staff: StaffDep, unit: UnitDep) -> PersonOut:
    """Correct what is written down of a resident."""
    command = ChangeResident(**changes.model_dump(exclude_unset=True), resident_id=resident_id, by=staff)
    return PersonOut.model_validate(Person.of(change_resident(command, unit), unit))


@router.post("/residents/{resident_id}/reveal")
def post_reveal(resident_id: UUID, reason: Reason, staff: StaffDep, unit: UnitDep) -> WholeOut:
    """See a record in clear, for a reason that the person can read."""
    resident = unit.get(Resident, resident_id)
    note(unit, who=staff, resident_id=resident.id, action="revealed", why=reason.why)
    return WholeOut.whole(resident, unit)


@router.post("/residents/{resident_id}/consents")
def post_consent_for(resident_id: UUID, wish: ConsentWish, staff: StaffDep, unit: UnitDep) -> dict[str, bool]:
    """Write down a consent that a resident gave or withdrew at the counter."""
    change_consent(
        ChangeConsent(resident_id=resident_id, purpose=wish.purpose, given=wish.given, channel="staff", by=staff), unit
    )
    return consents_of(resident_id, unit)


@router.post("/residents/{resident_id}/household", status_code=204)
def post_household(resident_id: UUID, wish: LivesWith, staff: StaffDep, unit: UnitDep) -> None:
    """Write down whom a resident lives with."""
    share_household(ShareHousehold(resident_id=resident_id, lives_with=wish.lives_with, by=staff), unit)


@router.post("/authorities", status_code=201)
def post_authority(wish: CarerWish, staff: StaffDep, unit: UnitDep) -> Made:
    """Let a carer act for an elder."""
    return Made.model_validate(give_authority(GiveAuthority(**wish.model_dump(), by=staff), unit))


@router.post("/authorities/{authority_id}/end", status_code=204)
def post_end_authority(authority_id: UUID, staff: StaffDep, unit: UnitDep) -> None:
    """End a carer's authority."""
    end_authority(EndAuthority(authority_id=authority_id, by=staff), unit)
