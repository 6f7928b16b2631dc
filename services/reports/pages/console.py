"""The staff's console: what is going on now, as it happens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from fastapi import APIRouter, Request, Response

from services.reports.api import OperatorDep
from services.reports.features import read_feed, show_operations, show_today
from services.reports.features.compare import compare
from services.reports.features.rebuild import rebuild
from services.reports.pages.common import pages, say_for
from services.reports.sentences import ITEMS
from shared.auth import COOKIE, STAFF, require
from shared.http import StaffDep, UnitDep, service_of, who_holds
from shared.peers import PeerDown
from shared.service import Service
from shared.stream import Feed, Wake, follow

router = APIRouter()

LINES = 60
"""How many lines of the feed the page opens with."""


@router.get("/console")
def show_console(request: Request, staff: StaffDep, unit: UnitDep) -> Response:
    """Today: alarms first, then what is on, the numbers, and the feed."""
    end = read_feed.feed_end(unit)
    return pages.render(
        request,
        "console_home.html",
        end=end,
        lines=read_feed.newest(end.pos, LINES, staff, say_for(request), unit),
        alarms=show_today.alarms(staff, unit) if staff.may("nurse", "operator") else [],
        sessions=show_today.sessions(staff, unit),
        numbers=show_today.numbers(staff, unit),
        follows=show_operations.follows(unit),
        items=ITEMS,
    )


@router.get("/events/{position}")
def show_event(request: Request, position: int, staff: StaffDep, unit: UnitDep) -> Response:
    """The event behind one line of the feed."""
    line, event = read_feed.raw(position, staff, say_for(request), unit)
    return pages.render(request, "event.html", line=line, event=json.dumps(event, ensure_ascii=False, indent=2))


@router.get("/stream")
def stream_feed(request: Request, staff: StaffDep) -> Response:
    """The feed as it grows, from where this reader left off. The log-in and its roles are looked at again before every read."""
    service = service_of(request)
    with service.begin() as unit:
        epoch = read_feed.feed_end(unit).epoch
    say, cookie = say_for(request), request.cookies.get(COOKIE)

    def bounds() -> tuple[int, int]:
        with service.begin() as unit:
            return 0, read_feed.feed_end(unit).pos

    def read(after: int, limit: int) -> Sequence[tuple[int, str]]:
        who = require(who_holds(cookie, service), *STAFF)
        with service.begin() as unit:
            lines = read_feed.after(after, limit, who, say, unit)
        return [(line, "") if isinstance(line, int) else (line.pos, _as_html(request, line)) for line in lines]

    wake = cast(Wake, request.app.state.feed_wake)
    return follow(request, Feed(epoch, bounds, read), person=str(staff.id), wake=wake, may_see=bool)


def feed_wake(service: Service) -> Wake:
    """One look at the feed's end every quarter of a second while a console is open, however many there are."""

    def end() -> int:
        with service.begin() as unit:
            return read_feed.feed_end(unit).pos

    return Wake(end, every=0.25)


@router.get("/operations")
def show_operations_page(request: Request, _: OperatorDep, unit: UnitDep) -> Response:
    """How far each log is applied, what is parked, which jobs wait."""
    return pages.render(
        request,
        "operations.html",
        follows=show_operations.follows(unit),
        letters=show_operations.letters(unit),
        work=show_operations.work(unit),
        end=read_feed.feed_end(unit),
    )


@router.get("/operations/recount")
def show_recount(request: Request, _: OperatorDep) -> Response:
    """Both counts of everything, side by side."""
    service = service_of(request)
    try:
        comparison = compare(service.peers, service.begin)
    except PeerDown as error:
        return pages.render(request, "recount.html", comparison=None, away=str(error))
    return pages.render(request, "recount.html", comparison=comparison, away="")


@router.post("/operations")
def rebuild_projections(_: OperatorDep, unit: UnitDep) -> Response:
    """Fold the logs again from their start."""
    rebuild(unit)
    return Response(status_code=303, headers={"location": "/reports/operations"})


def _as_html(request: Request, line: read_feed.FeedLine) -> str:
    return bytes(pages.render(request, "feed_line.html", line=line).body).decode()
