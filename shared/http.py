"""What every service's web application has: units per request, problems as answers, the log for its subscribers, a size limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from random import getrandbits
from typing import Annotated, Any, cast
from uuid import UUID

import anyio
import psycopg
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import outbox
from shared.auth import COOKIE, STAFF, Principal, calling_service, read_session, require
from shared.errors import Conflict, Forbidden, Invalid, NotFound, Problem, TooLarge, TooMany
from shared.faults import DATABASE_AWAY
from shared.limits import named_in, stay_inside
from shared.log import bound, log
from shared.service import Service
from shared.unit import Unit
from shared.web import Guard, mount_static
from shared.web.errors import error_response
from shared.web.faults import detail_of

MAX_BODY = 64 * 1024

CONNECTIONS = 12
"""How many requests have a unit at once: fewer than the engine has connections, some of which other threads use."""

PROBLEM: dict[str, Any] = {
    "description": "What went wrong and what to do, in the reader's words; the class may add facts",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("type", "title", "code", "detail")}
                | {"status": {"type": "integer"}},
            }
        }
    },
}
"""How every interface describes the answers of `shared.errors`."""


async def open_unit(request: Request) -> AsyncIterator[Unit]:
    """One request, one transaction: committed before the answer is sent, undone when the endpoint raises.

    No more requests at once than there are connections, so that none holds one while all threads wait for another. The unit is
    kept in the request's state for whoever wraps the route; what such a one put there as `first` is run in it before everything
    else, what it put there as `last` just before the commit.
    """
    async with request.app.state.at_once, contextmanager_in_threadpool(_unit_of(request)) as unit:
        yield unit


@contextmanager
def _unit_of(request: Request) -> Iterator[Unit]:
    with service_of(request).begin() as unit:
        request.state.unit = unit
        _run(request, "first", unit)
        yield unit
        _run(request, "last", unit)


def _run(request: Request, moment: str, unit: Unit) -> None:
    wanted = getattr(request.state, moment, None)
    if wanted is not None:
        wanted(unit)


async def principal_of(request: Request) -> Principal | None:
    """Who is asking, from the session cookie; read once and kept in the request's state, where pages find it."""
    if not hasattr(request.state, "principal"):
        service, cookie = service_of(request), request.cookies.get(COOKIE)
        if cookie is not None and not service.log_ins.is_fresh:
            await run_in_threadpool(service.log_ins.read)
        request.state.principal = who_holds(cookie, service)
    return cast("Principal | None", request.state.principal)


def who_holds(cookie: str | None, service: Service) -> Principal | None:
    """Who the cookie speaks for, unless its log-in was ended."""
    principal = read_session(service.keys, cookie)
    return None if principal is None or service.log_ins.is_over(principal.log_in) else principal


def service_of(request: Request) -> Service:
    """The service this application belongs to."""
    return cast(Service, request.app.state.service)


UnitDep = Annotated[Unit, Depends(open_unit, scope="function")]
PrincipalDep = Annotated[Principal | None, Depends(principal_of)]


async def _staff(request: Request, principal: PrincipalDep) -> Principal:
    staff = require(principal, *STAFF)
    if staff.limits:
        await run_in_threadpool(stay_inside, staff, await named_in(request), service_of(request))
    return staff


async def _resident(principal: PrincipalDep) -> Principal:
    return require(principal, "resident")


async def _somebody(request: Request, principal: PrincipalDep) -> Principal:
    return await _staff(request, principal) if principal and principal.may(*STAFF) else require(principal, "resident")


StaffDep = Annotated[Principal, Depends(_staff)]
ResidentDep = Annotated[Principal, Depends(_resident)]
SomebodyDep = Annotated[Principal, Depends(_somebody)]
"""Who is asking: staff inside their limits, a resident, or whoever is logged in as either."""


def create_app(service: Service, title: str, routers: Sequence[APIRouter], *, max_body: int = MAX_BODY) -> FastAPI:
    """The web application of `service`: its own routers, pages' static files, `/health`, and the log for the other services."""
    production = service.settings.profile == "production"
    app = FastAPI(
        title=title,
        openapi_url=None if production else f"/{service.name}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.at_once = anyio.Semaphore(CONNECTIONS)
    mount_static(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=max_body)
    app.add_middleware(SizeTold)
    app.add_middleware(Guard)
    app.add_middleware(Correlated)
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(ValidationError, _answer_invalid_command)
    app.add_exception_handler(HTTPException, _answer_http)
    for fault in DATABASE_AWAY:
        app.add_exception_handler(fault, _answer_database_away)
    app.add_exception_handler(IntegrityError, _answer_overtaken)
    app.add_exception_handler(DataError, _answer_unstorable)
    app.add_exception_handler(psycopg.DataError, _answer_unstorable)
    app.add_exception_handler(Exception, _answer_bug)
    app.include_router(_internal)
    for router in routers:
        app.include_router(router, responses={"default": PROBLEM})
    return app


class Correlated:
    """Binds one correlation id per request to everything logged and said in it; it is no secret, so any random number will do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request under a fresh id."""
        with bound(correlationid=f"{getrandbits(128):032x}"):
            await self.app(scope, receive, send)


class SizeTold:
    """Puts a problem one can act on in the place of the bare answer with which Starlette refuses a body that is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but that answer."""
        told = False

        async def tell(message: Message) -> None:
            nonlocal told
            if message["type"] == "http.response.start" and message["status"] == 413 and not _is_problem(message):
                told = True
                problem = TooLarge("内容太大，没有收下：请分成几次提交，或选小一些的文件。")
                await error_response(Request(scope), problem)(scope, receive, send)
            elif not told:
                await send(message)

        await self.app(scope, receive, tell)


def _is_problem(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith(("application/problem+json", "text/html"))


_internal = APIRouter(include_in_schema=False)


class Subscription(BaseModel):
    """What a subscriber hears, and up to which number it has applied everything."""

    types: list[str]
    applied: int


@_internal.get("/health")
def get_health(request: Request) -> dict[str, str]:
    """Answers when the process can reach its database."""
    with service_of(request).engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return {"service": service_of(request).name, "status": "ok"}


@_internal.get("/internal/events/head")
def get_head(request: Request) -> dict[str, Any]:
    """Where this service's log ends."""
    calling_service(service_of(request).keys, request.headers.get("authorization"))
    with Session(service_of(request).engine) as session:
        end = outbox.head(cast(Any, session.connection().connection.cursor()), service_of(request).source)
    return {"source": end.source, "log_id": str(end.log_id), "seq": end.seq}


@_internal.get("/internal/events")
def get_events(
    request: Request,
    types: str,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = outbox.PARCEL,
) -> Response:
    """The facts of `types` (comma-separated) after number `after`, as one parcel."""
    calling_service(service_of(request).keys, request.headers.get("authorization"))
    with Session(service_of(request).engine) as session:
        cursor = cast(Any, session.connection().connection.cursor())
        parcel = outbox.read(cursor, service_of(request).source, after, types.split(","), limit)
    return JSONResponse(parcel.as_json())


@_internal.get("/internal/recount")
def get_recount(request: Request) -> dict[str, int]:
    """What this service's own tables add up to, whatever was told about it."""
    calling_service(service_of(request).keys, request.headers.get("authorization"))
    with Session(service_of(request).engine) as session:
        return service_of(request).recount(cast(Any, session.connection().connection.cursor()))


@_internal.get("/internal/people/{resident_id}")
def get_person(request: Request, resident_id: UUID, unit: UnitDep) -> dict[str, Any]:
    """Everything that is kept here about somebody who asked for it: registration alone gathers that."""
    if calling_service(service_of(request).keys, request.headers.get("authorization")) != "registration":
        raise Forbidden("Only registration gathers what is kept about a person.")
    return service_of(request).about(resident_id, unit)


@_internal.put("/internal/subscriptions/{name}")
def put_subscription(request: Request, name: str, wish: Subscription, unit: UnitDep) -> dict[str, Any]:
    """A subscriber says what it hears and how far it is; it is told where the log ends."""
    if calling_service(service_of(request).keys, request.headers.get("authorization")) != name:
        raise Invalid("A service subscribes for itself only.")
    end = outbox.subscribe(unit.cursor(), unit.source, name, wish.types, wish.applied)
    return {"source": end.source, "log_id": str(end.log_id), "seq": end.seq}


def _answer_problem(request: Request, error: Exception) -> Response:
    return _answer(request, cast(Problem, error))


def _answer_invalid(request: Request, error: Exception) -> Response:
    return _refuse(request, list(cast(RequestValidationError, error).errors()))


def _answer_invalid_command(request: Request, error: Exception) -> Response:
    """A command is checked when it is made: what its description could not say is refused like the rest."""
    found = cast(ValidationError, error).errors(include_url=False, include_input=False)
    return _refuse(request, [dict(item) | {"loc": ("body", *item["loc"])} for item in found])


def _refuse(request: Request, found: list[Any]) -> Response:
    wrong = [{"field": ".".join(str(part) for part in item["loc"][1:]), "message": item["msg"]} for item in found]
    return _answer(request, Invalid(detail_of(found), errors=wrong))


def _answer_http(request: Request, error: Exception) -> Response:
    known = cast(HTTPException, error)
    problem: Problem = (
        NotFound("没有这个页面，请检查网址或从首页进入。")
        if known.status_code == 404
        else Problem(str(known.detail), status=known.status_code)
    )
    return _answer(request, problem, dict(known.headers or {}))


def _answer_database_away(request: Request, error: Exception) -> Response:
    log.warning("database_away", path=request.url.path, reason=type(error).__name__)
    return _answer(
        request,
        Problem("系统正忙，请过一分钟再试一次；您刚才填写的内容如未显示成功，请再提交一次。", status=503),
        {"Retry-After": "5"},
    )


def _answer_overtaken(request: Request, error: Exception) -> Response:
    """What a request relied on has gone, or what it wanted to make was made meanwhile: the constraints say so."""
    cause = cast(IntegrityError, error).orig
    constraint = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    if isinstance(cause, ForeignKeyViolation):
        problem: Problem = NotFound("要用到的资料已经不在了，请回到上一页再看看。")
    elif isinstance(cause, UniqueViolation):
        problem = Conflict("刚刚有人办了同一件事，请刷新页面看看，再试一次。")
    else:
        return _answer_bug(request, error)
    log.warning("request_overtaken", path=request.url.path, constraint=constraint)
    return _answer(request, problem)


def _answer_unstorable(request: Request, error: Exception) -> Response:
    log.warning("value_unstorable", path=request.url.path, reason=type(error).__name__)
    return _answer(request, Invalid("填写的内容里有存不下的字符或数字，请改一改再提交。"))


def _answer_bug(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return _answer(request, Problem("我们这边出了问题，已经记录下来。请稍后再试，或打电话给居委会。", status=500))


def _answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    response = error_response(request, problem)
    response.headers.update(headers or {})
    if isinstance(problem, TooMany) and "retry_after" in problem.facts:
        response.headers["Retry-After"] = str(problem.facts["retry_after"])
    return response
