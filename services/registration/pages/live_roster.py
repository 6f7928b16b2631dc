"""One session's roster as it changes: whoever has the page open sees who comes, who leaves, and how the line moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.registration.domain.presence import MissedReason, doors_are_open
from services.registration.features.verdicts import WORDS
from services.registration.pages.rendering import pages
from services.registration.projections.places import progress_of, roster
from services.registration.projections.presence import conflicts_of, inside, roster_version
from services.registration.tables import Session
from shared.auth import COOKIE, STAFF, require
from shared.clock import SHANGHAI
from shared.http import StaffDep, UnitDep, service_of, who_holds
from shared.service import Service
from shared.stream import Feed, Wake, follow
from shared.unit import Unit
from shared.web import phrase
from shared.web.view import View

router = APIRouter()

EPOCH = "roster"
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
"""What is drawn together is read as of one moment."""

MISSED: dict[MissedReason, str] = {"forgot": phrase("忘了"), "inconvenient": phrase("不方便"), "unwanted": phrase("不想来了")}
"""Why somebody did not come."""


class LiveRoster:
    """One session's roster in this process: looked at every second while somebody watches, drawn once per change and language."""

    def __init__(self, session_id: UUID, service: Service) -> None:
        self._session_id = session_id
        self._service = service
        self._turn = Lock()
        self._version: object = None
        self._position = 0
        self._drawn: dict[str, str] = {}
        self.wake = Wake(self.look, every=1)

    def look(self) -> int:
        """How many changes have been seen so far."""
        with self._turn, self._service.begin() as unit:
            self._see(unit)
            return self._position

    def now(self, request: Request) -> tuple[int, str]:
        """The roster as it is, in the language of whoever asks, and its position."""
        language = View.of(request.cookies).language
        with self._turn, self._service.begin() as unit:
            unit.cursor().execute(_ONE_MOMENT)
            self._see(unit)
            if language not in self._drawn:
                drawn = pages.render(request, "roster_live.html", **shown(unit.get(Session, self._session_id), unit))
                self._drawn[language] = bytes(drawn.body).decode()
            return self._position, self._drawn[language]

    def _see(self, unit: Unit) -> None:
        session = unit.get(Session, self._session_id)
        version = (roster_version(session.id, unit), *_by_the_clock(session, unit).values())
        if version != self._version:
            self._version = version
            self._position += 1
            self._drawn = {}


def live_rosters(service: Service) -> Callable[[UUID], LiveRoster]:
    """The rosters of this process, each made when it is first watched; those nobody asked for in a long while are let go."""
    return lru_cache(maxsize=100)(lambda session_id: LiveRoster(session_id, service))


def shown(session: Session, unit: Unit) -> dict[str, Any]:
    """What the changing part of the roster's page is drawn from."""
    return {
        "session": session,
        "lines": roster(session.id, unit),
        "inside": inside(session.id, unit),
        "conflicts": conflicts_of(session.id, unit),
        "verdict_words": WORDS,
        "missed_words": MISSED,
        "progress": progress_of([session], unit)[0],
        **_by_the_clock(session, unit),
    }


@router.get("/desk/sessions/{session_id}/stream")
def stream_roster(request: Request, session_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """The roster as it changes. Every frame is the whole of it, so that who comes back starts with the present one.

    The log-in is looked at again before every read.
    """
    service, cookie = service_of(request), request.cookies.get(COOKIE)
    live = cast(LiveRoster, request.app.state.rosters(unit.get(Session, session_id).id))

    def read(after: int, _: int) -> Sequence[tuple[int, str]]:
        require(who_holds(cookie, service), *STAFF)
        position, text = live.now(request)
        return [(position, text)] if position > after else []

    headers = [(name, value) for name, value in request.scope["headers"] if name != b"last-event-id"]
    from_the_start = Request(dict(request.scope) | {"headers": headers, "query_string": f"after={EPOCH}:0".encode()})
    feed = Feed(EPOCH, lambda: (0, live.look()), read)
    return follow(from_the_start, feed, person=str(staff.id), wake=live.wake)


def _by_the_clock(session: Session, unit: Unit) -> dict[str, bool]:
    return {
        "doors_open": doors_are_open(session.starts_at, unit.now, SHANGHAI),
        "begun": unit.now >= session.starts_at,
        "over": unit.now >= session.ends_at,
    }
