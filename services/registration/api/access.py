"""Logging in and out, on every device."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from services.registration import cookies
from services.registration.api.common import Made
from services.registration.features import problems
from services.registration.features.log_in import LogInStaff, VerifyLoginCode, log_in_staff, verify_login_code
from services.registration.features.log_ins import EndLogIns, end_log_ins, open_log_ins
from services.registration.features.mobile import SomeMobile
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from services.registration.features.second_factor import (
    GiveFactor,
    SetUpFactor,
    give_factor,
    needs_set_up,
    set_up_factor,
)
from services.registration.settings import RegistrationSettings
from services.registration.tables import HalfLogIn
from shared import clock
from shared.auth import Principal
from shared.errors import NotLoggedIn
from shared.http import SomebodyDep, UnitDep, service_of
from shared.web.errors import error_response

router = APIRouter()


class WhoOut(BaseModel):
    """Who is logged in now."""

    id: UUID
    kind: str
    name: str
    roles: list[str]

    @classmethod
    def of(cls, principal: Principal) -> WhoOut:
        """The principal, roles in order."""
        return cls(id=principal.id, kind=principal.kind, name=principal.name, roles=sorted(principal.roles))


class CodeWish(BaseModel):
    """The number that wants to log in."""

    model_config = ConfigDict(extra="forbid")

    phone: Annotated[SomeMobile, Field(max_length=40, examples=["13800138000"])]


class CodeAsked(BaseModel):
    """A code is on its way, if the number is known; it dies at `expires_at`."""

    login_id: UUID
    expires_at: datetime


@router.post("/login/code", status_code=202)
def post_login_code(wish: CodeWish, request: Request, unit: UnitDep) -> CodeAsked:
    """Ask for a code by text; the answer is the same for numbers nobody has."""
    login = request_login_code(RequestLoginCode(phone=wish.phone, address=address_of(request)), unit)
    return CodeAsked(login_id=login.id, expires_at=login.expires_at)


class StaffWish(BaseModel):
    """A staff account's name and password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=40, examples=["clerk"])]
    password: Annotated[str, Field(max_length=200, examples=["jiamenkou"])]


class FactorNeeded(BaseModel):
    """The password is right; the log-in goes on with `half_id`: `set_up` first where the account has no second factor yet."""

    half_id: UUID
    set_up: bool


class FactorOut(BaseModel):
    """What an authenticator has to know."""

    secret: str
    address: str


class FactorWish(BaseModel):
    """What the authenticator shows, or a recovery code."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=40, examples=["492039"])]


class LetInOut(WhoOut):
    """Who is in; the recovery codes are told once, after a second factor was set up."""

    recovery_codes: list[str]


class DeviceOut(BaseModel):
    """A device that is logged in: `device` is its system and browser as two codes."""

    id: UUID
    device: str
    began_at: datetime
    seen_at: datetime
    here: bool


@router.post("/login/code/verify", response_model=WhoOut)
def post_login_verify(command: VerifyLoginCode, request: Request, response: Response, unit: UnitDep) -> WhoOut | Response:
    """Log in with the code from the text."""
    principal = verify_login_code(command, unit)
    if principal is None:
        return _refused(problems.WrongCode(problems.WrongCode.words), request)
    cookies.log_in(response, principal, request, unit)
    return WhoOut.of(principal)


@router.post("/login/staff", response_model=WhoOut, responses={202: {"model": FactorNeeded}})
def post_login_staff(wish: StaffWish, request: Request, response: Response, unit: UnitDep) -> WhoOut | Response:
    """Log in with a staff account; 202 where the second factor is still to come."""
    found = log_in_staff(LogInStaff(name=wish.name, password=wish.password, factor_required=factor_required(request)), unit)
    if found is None:
        return _refused(problems.WrongPassword(problems.WrongPassword.words), request)
    if isinstance(found, HalfLogIn):
        needed = FactorNeeded(half_id=found.id, set_up=needs_set_up(found.id, unit))
        return JSONResponse(needed.model_dump(mode="json"), status_code=202)
    cookies.log_in(response, found, request, unit)
    return WhoOut.of(found)


@router.post("/login/staff/{half_id}/set-up")
def post_set_up(half_id: UUID, unit: UnitDep) -> FactorOut:
    """Set a second factor up: put the secret into an authenticator, then send the code that it shows."""
    factor = set_up_factor(SetUpFactor(half_id=half_id), unit)
    return FactorOut(secret=factor.secret, address=factor.address)


@router.post("/login/staff/{half_id}", response_model=LetInOut)
def post_factor(half_id: UUID, wish: FactorWish, request: Request, response: Response, unit: UnitDep) -> LetInOut | Response:
    """Finish a staff log-in with the second factor; five tries, then again from the password."""
    found = give_factor(GiveFactor(half_id=half_id, code=wish.code), unit)
    if found is None:
        return _refused(problems.WrongFactor(problems.WrongFactor.words), request)
    cookies.log_in(response, found.principal, request, unit)
    return LetInOut(**WhoOut.of(found.principal).model_dump(), recovery_codes=found.recovery_codes)


@router.get("/log-ins")
def get_log_ins(me: SomebodyDep, unit: UnitDep) -> list[DeviceOut]:
    """The devices on which I am logged in."""
    return [
        DeviceOut(
            id=log_in.id,
            device=log_in.device,
            began_at=log_in.began_at,
            seen_at=log_in.seen_at,
            here=log_in.id == me.log_in,
        )
        for log_in in open_log_ins(me.id, unit)
    ]


@router.delete("/log-ins/{log_in_id}", response_model=Made)
def delete_log_in(log_in_id: UUID, me: SomebodyDep, unit: UnitDep) -> Made:
    """Log one of my devices out; every service knows within a minute."""
    end_log_ins(EndLogIns(person_id=me.id, log_in_id=log_in_id, by=me.id), unit)
    return Made(id=log_in_id)


@router.delete("/log-ins")
def delete_log_ins(me: SomebodyDep, unit: UnitDep) -> dict[str, int]:
    """Log all my other devices out; answers with how many."""
    return {"ended": end_log_ins(EndLogIns(person_id=me.id, keep=me.log_in, by=me.id), unit)}


def address_of(request: Request) -> str:
    """The network address the request came from."""
    return request.client.host if request.client else ""


def factor_required(request: Request) -> bool:
    """Whether this deployment lets no staff in without a second factor today."""
    return settings_of(request).needs_second_factor(clock.today().date())


def settings_of(request: Request) -> RegistrationSettings:
    """What this deployment was told."""
    return cast(RegistrationSettings, service_of(request).settings)


def _refused(refusal: NotLoggedIn, request: Request) -> Response:
    """The refusal, returned and not raised, so that the try that was counted stays counted."""
    return error_response(request, refusal)
