"""Logging in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration import cookies
from services.registration.features import problems
from services.registration.features.log_in import LogInStaff, VerifyLoginCode, log_in_staff, verify_login_code
from services.registration.features.mobile import SomeMobile
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from shared.auth import Principal
from shared.errors import NotLoggedIn
from shared.http import UnitDep, service_of
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


@router.post("/login/code/verify", response_model=WhoOut)
def post_login_verify(command: VerifyLoginCode, request: Request, response: Response, unit: UnitDep) -> WhoOut | Response:
    """Log in with the code from the text."""
    return _logged_in(verify_login_code(command, unit), problems.WrongCode(problems.WrongCode.words), request, response)


@router.post("/login/staff", response_model=WhoOut)
def post_login_staff(command: LogInStaff, request: Request, response: Response, unit: UnitDep) -> WhoOut | Response:
    """Log in with a staff account."""
    return _logged_in(log_in_staff(command, unit), problems.WrongPassword(problems.WrongPassword.words), request, response)


def address_of(request: Request) -> str:
    """The network address the request came from."""
    return request.client.host if request.client else ""


def _logged_in(principal: Principal | None, refusal: NotLoggedIn, request: Request, response: Response) -> WhoOut | Response:
    """Set the cookie, or answer with the refusal: returned, not raised, so that the try that was counted stays counted."""
    if principal is None:
        return error_response(request, refusal)
    cookies.log_in(response, principal, service_of(request))
    return WhoOut.of(principal)
