"""Logging in: residents with a code by text, staff with a password and a second factor."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration import cookies
from services.registration.api.access import address_of, factor_required, settings_of
from services.registration.features import problems
from services.registration.features.add_staff import DEMO_ACCOUNTS, DEMO_PASSWORD
from services.registration.features.log_in import LogInStaff, VerifyLoginCode, log_in_staff, verify_login_code
from services.registration.features.log_ins import EndLogIns, end_log_ins
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from services.registration.features.second_factor import GiveFactor, SetUpFactor, give_factor, needs_set_up, set_up_factor
from services.registration.pages.rendering import faults_of, pages, qr, see
from services.registration.tables import HalfLogIn
from shared.auth import Principal
from shared.http import PrincipalDep, UnitDep
from shared.unit import Unit
from shared.web import local_path

router = APIRouter()

HOME = "/registration/"
DESK = "/registration/desk"
Typed = Annotated[str, Form(max_length=200)]


@router.get("/login")
def show_log_in(request: Request) -> Response:
    """Where residents say their number."""
    return pages.render(request, "login.html", next=_next(request, HOME), phone="", faults={})


@router.post("/login")
def ask_for_code(request: Request, unit: UnitDep, phone: Typed = "") -> Response:
    """Send a code, and ask for it."""
    try:
        login = request_login_code(RequestLoginCode(phone=phone, address=address_of(request)), unit)
    except ValidationError as error:
        return pages.render(
            request, "login.html", next=_next(request, HOME), phone=phone, faults=faults_of(error), status_code=422
        )
    except problems.TooManyCodes as problem:
        faults = {"phone": problem.words}
        response = pages.render(request, "login.html", next=_next(request, HOME), phone=phone, faults=faults, status_code=429)
        response.headers["Retry-After"] = str(problem.facts["retry_after"])
        return response
    return see(f"/registration/login/code?login={login.id}&next={quote(_next(request, HOME), safe='')}")


@router.get("/login/code")
def show_code(request: Request, login: UUID) -> Response:
    """Where they type the code from the text."""
    return pages.render(request, "login_code.html", next=_next(request, HOME), login=login, fault=None)


@router.post("/login/code")
def check_code(request: Request, login: UUID, unit: UnitDep, code: Typed = "") -> Response:
    """Let them in, or say that the code is not right."""
    principal = verify_login_code(VerifyLoginCode(login_id=login, code=code), unit)
    if principal is None:
        fault = problems.WrongCode.words
        return pages.render(request, "login_code.html", next=_next(request, HOME), login=login, fault=fault, status_code=401)
    return _let_in(request, principal, _next(request, HOME), unit)


@router.get("/login/staff")
def show_staff_log_in(request: Request) -> Response:
    """Where staff log in."""
    return staff_form(request)


@router.post("/login/staff")
def check_password(request: Request, unit: UnitDep, name: Typed = "", password: Typed = "") -> Response:
    """Let them in, ask for the second factor, or say that the pair is not right."""
    found = log_in_staff(LogInStaff(name=name, password=password, factor_required=factor_required(request)), unit)
    if found is None:
        return staff_form(request, name=name, fault=problems.WrongPassword.words, status_code=401)
    if isinstance(found, HalfLogIn):
        return see(factor_page(found, _next(request, DESK)))
    return _let_in(request, found, _next(request, DESK), unit)


@router.get("/login/factor")
def show_factor(request: Request, half: UUID, unit: UnitDep) -> Response:
    """Where staff give the second factor, or set it up when they have none."""
    return _factor_form(request, half, unit)


@router.post("/login/factor")
def check_factor(request: Request, half: UUID, unit: UnitDep, code: Typed = "") -> Response:
    """Let them in, or say that the code is not right."""
    found = give_factor(GiveFactor(half_id=half, code=code), unit)
    if found is None:
        return _factor_form(request, half, unit, fault=problems.WrongFactor.words, status_code=401)
    if not found.recovery_codes:
        return _let_in(request, found.principal, _next(request, DESK), unit)
    response = pages.render(
        request,
        "recovery_codes.html",
        principal=found.principal,
        codes=found.recovery_codes,
        next=_next(request, DESK),
    )
    cookies.log_in(response, found.principal, request, unit)
    return response


@router.post("/logout")
def log_out(principal: PrincipalDep, unit: UnitDep) -> Response:
    """Forget who this is, here and wherever a copy of the cookie may be."""
    if principal is not None:
        with suppress(problems.UnknownLogIn):
            end_log_ins(EndLogIns(person_id=principal.id, log_in_id=principal.log_in), unit)
    response = see(HOME)
    cookies.log_out(response)
    return response


def factor_page(half: HalfLogIn, path: str) -> str:
    """Where the second factor is given, on the way to `path`."""
    return f"/registration/login/factor?half={half.id}&next={quote(path, safe='')}"


def _factor_form(request: Request, half: UUID, unit: Unit, *, fault: str | None = None, status_code: int = 200) -> Response:
    """The form as long as the half log-in lasts; afterwards the password is asked for again."""
    try:
        factor = set_up_factor(SetUpFactor(half_id=half), unit) if needs_set_up(half, unit) else None
    except problems.WrongFactor:
        return staff_form(request, fault=problems.WrongFactor.words, status_code=401)
    return pages.render(
        request,
        "login_factor.html",
        next=_next(request, DESK),
        half=half,
        secret=factor.secret if factor else None,
        qr=qr(factor.address) if factor else None,
        fault=fault,
        status_code=status_code,
    )


def staff_form(request: Request, *, name: str = "", fault: str | None = None, status_code: int = 200) -> Response:
    """The staff's log-in, with the organisation's own where there is one."""
    settings = settings_of(request)
    demo = settings.profile == "demo"
    return pages.render(
        request,
        "login_staff.html",
        next=_next(request, DESK),
        name=name,
        fault=fault,
        accounts=DEMO_ACCOUNTS if demo else (),
        password=DEMO_PASSWORD if demo else "",
        oidc=bool(settings.oidc_issuer),
        status_code=status_code,
    )


def _next(request: Request, otherwise: str) -> str:
    """Where to go on to afterwards: a path of this site."""
    return local_path(request.query_params.get("next"), otherwise)


def _let_in(request: Request, principal: Principal, path: str, unit: Unit) -> Response:
    response = see(path)
    cookies.log_in(response, principal, request, unit)
    return response
