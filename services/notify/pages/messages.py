"""The texts, for staff: by state, each one's life, and word to open pages when anything has moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BeforeValidator
from starlette.responses import Response

from services.notify.domain.outcomes import State
from services.notify.features.decide_unknown import DecideUnknown, decide_unknown
from services.notify.features.list_messages import MOST_COUNTED, Wanted, count_reasons, count_states, list_messages
from services.notify.features.look_up import show_message
from services.notify.pages.words import READERS, WORDS, pages
from shared.auth import COOKIE, STAFF, Principal, require
from shared.contracts.notify import Purpose
from shared.http import StaffDep, UnitDep, service_of, who_holds
from shared.service import Service
from shared.stream import Feed, Wake, follow
from shared.unit import Unit

router = APIRouter()

EPOCH = "texts"
_MOVED = "SELECT (SELECT seq FROM outbox_head) + (SELECT coalesce(sum(seq), 0)::bigint FROM inbox)"
"""Grows with everything that is told or heard, and is the same in every process."""


def _given(value: object) -> object:
    """What a form leaves empty is not given."""
    return None if value == "" else value


DECIDERS = ("clerk", "operator")
"""Who may say of a text in doubt whether it went."""


def _decider(staff: StaffDep) -> Principal:
    return require(staff, *DECIDERS)


DeciderDep = Annotated[Principal, Depends(_decider)]
StateAsked = Annotated[State | None, BeforeValidator(_given), Query()]
PurposeAsked = Annotated[Purpose | None, BeforeValidator(_given), Query()]
Asked = Annotated[str, Query(max_length=40)]


@router.get("/messages")
def get_messages(
    request: Request,
    unit: UnitDep,
    staff: StaffDep,
    state: StateAsked = None,
    purpose: PurposeAsked = None,
    reason: Asked = "",
    number: Asked = "",
    before: UUID | None = None,
) -> Response:
    """Texts by state, newest first; the first page goes on showing what changes."""
    wanted = Wanted(state=state, purpose=purpose, reason=reason, number=number, before=before)
    found = list_messages(wanted, unit, staff.limits)
    chosen = {name: value for name, value in wanted.model_dump(exclude={"before"}).items() if value}
    return pages.render(
        request,
        "messages.html",
        page=found,
        wanted=wanted,
        here_with=_path(chosen),
        more=_path(chosen | {"before": found.more}) if found.more else None,
        other_states={name: _path(chosen | {"state": name, "reason": ""}) for name in get_args(State)}
        | {"": _path(chosen | {"state": "", "reason": ""})},
        counts=count_states(get_args(State), unit, staff.limits),
        most=MOST_COUNTED,
        reasons={
            name: (many, _path(chosen | {"reason": name})) for name, many in count_reasons(state, unit, staff.limits).items()
        }
        if state
        else {},
        position=moved(unit),
        **WORDS,
    )


@router.get("/messages/stream")
def stream_messages(request: Request, staff: StaffDep) -> Response:
    """Word that something has moved, at most once a second: the page then loads its changing part anew, as its reader may see it.

    The log-in is looked at again before every word.
    """
    service, cookie = service_of(request), request.cookies.get(COOKIE)

    def now() -> int:
        with service.begin() as unit:
            return moved(unit)

    def read(after: int, _: int) -> Sequence[tuple[int, str]]:
        require(who_holds(cookie, service), *STAFF)
        position = now()
        return [(position, str(position))] if position > after else []

    wake = cast(Wake, request.app.state.messages_wake)
    return follow(request, Feed(EPOCH, lambda: (0, now()), read), person=str(staff.id), wake=wake)


def messages_wake(service: Service) -> Wake:
    """One look a second in each process while somebody watches texts, however many do."""

    def now() -> int:
        with service.begin() as unit:
            return moved(unit)

    return Wake(now, every=1)


@router.get("/messages/{message_id}")
def get_message(request: Request, message_id: UUID, unit: UnitDep, staff: StaffDep) -> Response:
    """One text's life."""
    life = show_message(message_id, unit)
    return pages.render(
        request,
        "message.html",
        life=life,
        readable=staff.may(*READERS),
        may_decide=staff.may(*DECIDERS),
        position=moved(unit),
        **WORDS,
    )


@router.post("/messages/{message_id}")
def post_message(message_id: UUID, went: Annotated[bool, Form()], unit: UnitDep, staff: DeciderDep) -> Response:
    """Somebody knows of a text in doubt whether it went."""
    decide_unknown(DecideUnknown(message_id=message_id, went=went, staff_id=staff.id), unit)
    return RedirectResponse(f"/notify/messages/{message_id}", status_code=303)


def moved(unit: Unit) -> int:
    """Where the stream of moves is: a page that shows texts starts to listen there."""
    row = unit.cursor().execute(_MOVED).fetchone()
    assert row is not None
    return int(row[0])


def _path(chosen: dict[str, object]) -> str:
    given = {name: value for name, value in chosen.items() if value}
    return "/notify/messages" + (f"?{urlencode(given)}" if given else "")
