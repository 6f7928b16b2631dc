"""Signing up and giving back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.registration.api.common import Out
from services.registration.domain.places import RegistrationState
from services.registration.features import problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.places import position
from services.registration.features.register import Register, register
from services.registration.tables import Registration
from shared.auth import Principal, require
from shared.http import PrincipalDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()


class RegistrationOut(Out):
    """A registration; `position` counts from 1 for those who wait."""

    id: UUID
    session_id: UUID
    resident_id: UUID
    state: RegistrationState
    position: int | None
    walk_in: bool
    checked_in_at: datetime | None

    @classmethod
    def of(cls, registration: Registration, unit: Unit) -> RegistrationOut:
        """As it stands now."""
        return cls(**registration.model_dump(include=set(cls.model_fields)), position=position(registration, unit))


class Wish(BaseModel):
    """A session to take part in; staff add for whom."""

    model_config = ConfigDict(extra="forbid")

    session_id: UUID
    resident_id: UUID | None = None


@router.post("/registrations", status_code=201)
def post_registration(wish: Wish, principal: PrincipalDep, unit: UnitDep) -> RegistrationOut:
    """Sign up: residents for themselves, staff for anybody."""
    return RegistrationOut.of(register(for_whom(wish, principal), unit), unit)


@router.post("/registrations/{registration_id}/cancel")
def post_cancel(registration_id: UUID, principal: PrincipalDep, unit: UnitDep) -> RegistrationOut:
    """Give a place back, or leave the line."""
    return RegistrationOut.of(cancel(giving_back(registration_id, principal), unit), unit)


def for_whom(wish: Wish, principal: Principal | None) -> Register:
    """The registration that this caller may ask for."""
    who = require(principal, "resident", "clerk", "nurse", "editor", "operator")
    if who.kind == "resident":
        if wish.resident_id not in (None, who.id):
            raise problems.UnknownResident(phrase("您只能给自己报名。"))
        return Register(session_id=wish.session_id, resident_id=who.id)
    if wish.resident_id is None:
        raise problems.UnknownResident(phrase("请写明给哪位居民报名。"))
    return Register(session_id=wish.session_id, resident_id=wish.resident_id)


def giving_back(registration_id: UUID, principal: Principal | None) -> Cancel:
    """The cancellation that this caller may ask for: residents their own, staff any."""
    who = require(principal, "resident", "clerk", "nurse", "editor", "operator")
    if who.kind == "resident":
        return Cancel(registration_id=registration_id, channel="web", resident_id=who.id)
    return Cancel(registration_id=registration_id, channel="staff")
