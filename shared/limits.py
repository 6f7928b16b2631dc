"""Where a member of staff may act: whatever a request names has to be inside their limits.

A request names things by ids in its path, its query, its form or its JSON. For each such name a service has a query that says
where the thing is (`Service.whereabouts`). What cannot be placed, because it does not exist, is left to the endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast
from uuid import UUID

from starlette.requests import Request

from shared.auth import Principal
from shared.errors import Forbidden
from shared.service import Service

OUTSIDE = "这不在您负责的街道、项目或驿站范围里，请联系街道管理员。"

PERSON = "resident_id"
"""Somebody at the door of a session inside the limits may live elsewhere: a person's street counts when nothing else is named."""

Named = list[tuple[str, str]]


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
    """Raise `Forbidden` when something that is named lies outside the limits of `staff`."""
    wanted = {(name, value.strip()) for name, value in named if name in service.whereabouts or name == "street"}
    things = [places for name, value in sorted(wanted) if name != PERSON and value for places in _places(name, value, service)]
    persons = [places for name, value in sorted(wanted) if name == PERSON and value for places in _places(name, value, service)]
    if not all(staff.sees(where) for where in things or persons):
        raise Forbidden(OUTSIDE)


def _places(name: str, value: str, service: Service) -> list[dict[str, str]]:
    if name == "street":
        return [{"street": value}]
    try:
        id = UUID(value)
    except ValueError:
        return []
    with service.engine.connect() as connection:
        rows = connection.exec_driver_sql(service.whereabouts[name], (id,)).mappings().all()
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
