"""Who sends people to a course: whoever may act on it, and a neighbourhood's own staff for that neighbourhood."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from shared.auth import STAFF, Principal, require
from shared.errors import Forbidden
from shared.http import PrincipalDep, service_of
from shared.limits import named_in, stay_inside


class Sender(NamedTuple):
    """A member of staff, and the neighbourhoods for which they may send people; None: for all of the course."""

    staff: Principal
    neighbourhoods: frozenset[str] | None


async def _sender(request: Request, principal: PrincipalDep) -> Sender:
    staff = require(principal, *STAFF)
    try:
        if staff.limits:
            await run_in_threadpool(stay_inside, staff, await named_in(request), service_of(request))
    except Forbidden:
        own = staff.limits.get("neighbourhood")
        if not own:
            raise
        return Sender(staff, own)
    return Sender(staff, None)


SenderDep = Annotated[Sender, Depends(_sender)]
