"""Where a member of staff may act: whatever a request names has to be inside their limits, and lists show nothing outside them.

A request names things by ids in its path, its query, its form or its JSON. For each such name a service has a query that says
where the thing is (`Service.whereabouts`). What cannot be placed, because it does not exist, is left to the endpoint.

A list is asked for by its endpoint with who is asking, and leaves out in its query what they may not see, so that it also counts
without it: `found.where(within(staff, street=Programme.street, programme=Programme.id))`. Queries that are written as text say
the same with `WITHIN = within_text(street="p.street", programme="p.id")` and the parameters `limits_of(staff)`. For who has no
limits both let everything through; a kind of limit that is not mentioned lets nothing through.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from sqlalchemy import ColumnElement, Text, false, or_, true
from sqlalchemy import cast as as_type
from sqlalchemy.exc import DataError
from starlette.requests import Request

from shared.auth import LIMITS, Principal
from shared.errors import Forbidden
from shared.service import Service

OUTSIDE = "这不在您负责的街道、项目或驿站范围里，请联系街道管理员。"

PERSONS = frozenset({"resident_id", "elder_id", "lives_with", "kept", "merged", "authority_id", "merge_id", "erasure_id"})
"""Somebody at the door of a session inside the limits may live elsewhere: a person's street counts when no thing is named."""

Named = list[tuple[str, str]]


def within(staff: Principal, **columns: Any) -> ColumnElement[bool]:
    """Whether a row is inside the limits of `staff`, for a list's query. `columns`: the row's place by kind of limit."""
    if not staff.limits:
        return true()
    seen = [
        as_type(columns[kind], Text).in_(sorted(allowed)) for kind, allowed in sorted(staff.limits.items()) if kind in columns
    ]
    return or_(false(), *seen)


def within_text(**columns: str) -> str:
    """The condition of `within` for a query that is written as text; its parameters are `limits_of(staff)`."""
    seen = [f"{column}::text = ANY(%(within_{kind})s)" for kind, column in columns.items()]
    return f"({' OR '.join(['%(everywhere)s', *seen])})"


def limits_of(staff: Principal) -> dict[str, Any]:
    """The parameters of `within_text`."""
    return {"everywhere": not staff.limits} | {f"within_{kind}": sorted(staff.limits.get(kind, ())) for kind in LIMITS}


async def named_in(request: Request) -> Named:
    """Every name and value of the request's path, query, form and JSON."""
    kind = request.headers.get("content-type", "")
    inside: list[tuple[str, str]] = []
    if kind.startswith("application/json"):
        try:
            inside = list(_texts(json.loads(await request.body() or b"null")))
        except ValueError:
            inside = []
    elif kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        inside = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    paths = [(name, str(value)) for name, value in request.path_params.items()]
    return paths + list(request.query_params.multi_items()) + inside


def stay_inside(staff: Principal, named: Iterable[tuple[str, str]], service: Service) -> None:
    """Raise `Forbidden` when something that is named lies outside the limits of `staff`.

    A street that is typed counts beside persons and things: nobody moves anything out of their limits.
    """
    wanted = sorted({(name, value.strip()) for name, value in named if value.strip()})
    streets = [{"street": value} for name, value in wanted if name == "street"]
    known = [(name, value) for name, value in wanted if name in service.whereabouts]
    things = [places for name, value in known if name not in PERSONS for places in _places(name, value, service)]
    persons = [places for name, value in known if name in PERSONS for places in _places(name, value, service)]
    if not all(staff.sees(where) for where in (things or persons) + streets):
        raise Forbidden(OUTSIDE)


def _places(name: str, value: str, service: Service) -> list[dict[str, str]]:
    try:
        with service.engine.connect() as connection:
            rows = connection.exec_driver_sql(service.whereabouts[name], (value,)).mappings().all()
    except DataError:
        return []
    return [{kind: str(place) for kind, place in row.items() if place is not None} for row in rows]


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for key, inner in cast(dict[str, Any], value).items():
                yield from _texts(inner, key)
        case list():
            for inner in value:
                yield from _texts(inner, name)
        case str():
            yield name, value
