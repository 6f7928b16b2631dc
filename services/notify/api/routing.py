"""Carriers in and out of use, and what becomes of texts nobody can be asked about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from services.notify.domain.outcomes import State
from services.notify.domain.routing import CarrierState
from services.notify.features.decide_unknown import DecideUnknown, decide_unknown
from services.notify.features.judge_carriers import standings
from services.notify.features.set_carrier import SetCarrier, set_carrier
from services.notify.settings import NotifySettings
from services.notify.tables import CarrierStanding
from shared.auth import Principal, require
from shared.http import StaffDep, UnitDep, service_of

router = APIRouter()


def _operator(staff: StaffDep) -> Principal:
    return require(staff, "operator")


def _clerk(staff: StaffDep) -> Principal:
    return require(staff, "clerk", "operator")


def _shares(request: Request) -> dict[str, int]:
    return cast(NotifySettings, service_of(request).settings).weights


class CarrierOut(BaseModel):
    """Where a carrier stands: `open` (used), `left` (fails, and is tried again at `trial_at`) or `out` (taken out by staff)."""

    name: str
    share: int
    state: CarrierState
    since: datetime
    trial_at: datetime | None

    @classmethod
    def of(cls, standing: CarrierStanding, share: int) -> CarrierOut:
        """The standing with the share that the settings give."""
        return cls(name=standing.name, share=share, state=standing.state, since=standing.since, trial_at=standing.trial_at)


class Use(BaseModel):
    """Whether a carrier is to be used."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"used": False}})

    used: bool


class Decision(BaseModel):
    """Whether a text of which nobody knows went out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"went": True}})

    went: bool


class DecidedOut(BaseModel):
    """Where the text is now."""

    id: UUID
    state: State


@router.get("/carriers")
def get_carriers(request: Request, unit: UnitDep, _: StaffDep) -> list[CarrierOut]:
    """Where each carrier of the settings stands."""
    shares = _shares(request)
    return [CarrierOut.of(standing, shares[name]) for name, standing in standings(shares, unit).items()]


@router.put("/carriers/{name}")
def put_carrier(
    name: str, wish: Use, request: Request, unit: UnitDep, staff: Annotated[Principal, Depends(_operator)]
) -> CarrierOut:
    """Take a carrier out of use, or put it back. Texts of which nobody knows stay with it."""
    shares = _shares(request)
    standing = set_carrier(SetCarrier(carrier=name, used=wish.used, staff_id=staff.id), shares, unit)
    return CarrierOut.of(standing, shares[name])


@router.post("/messages/{message_id}/decision")
def post_decision(
    message_id: UUID, decision: Decision, unit: UnitDep, staff: Annotated[Principal, Depends(_clerk)]
) -> DecidedOut:
    """Decide about a text of which nobody knows: one that did not go is sent again while it makes sense."""
    message = decide_unknown(DecideUnknown(message_id=message_id, went=decision.went, staff_id=staff.id), unit)
    return DecidedOut(id=message.id, state=message.state)
