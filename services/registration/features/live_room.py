"""A livestream's room: opened, asked questions in, counted, and closed for good with its figures."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel import col, func, select

from services.registration.features import Command, problems
from services.registration.tables import LiveQuestion, LiveRoom, LiveViewer, Programme, Session
from shared.contracts.registration import LivestreamHeld
from shared.unit import Unit
from shared.web import phrase

NOT_OPEN = phrase("直播间现在没有开，请按节目单上的时间再来。")
NEWEST = 5
"""How many questions the room shows."""


class OpenLivestream(Command):
    """Let viewers into the room of `session_id`."""

    session_id: UUID


class CloseLivestream(Command):
    """The livestream of `session_id` is over."""

    session_id: UUID


class AskQuestion(Command):
    """`viewer`, a number the device gave itself, asks something."""

    session_id: UUID
    viewer: UUID
    words: Annotated[str, StringConstraints(min_length=1, max_length=140)]


class RecordRoom(Command):
    """What one web process has counted since it last wrote: viewers seen, reactions sent, and the most who watched at once."""

    session_id: UUID
    viewers: frozenset[UUID] = frozenset()
    reactions: Annotated[int, Field(ge=0)] = 0
    peak: Annotated[int, Field(ge=0)] = 0


class RoomState(BaseModel):
    """The room as everybody sees it."""

    model_config = ConfigDict(frozen=True)

    session_id: UUID
    is_open: bool
    viewers: int
    peak: int
    reactions: int
    questions: int
    newest: tuple[str, ...]


def open_livestream(command: OpenLivestream, unit: Unit) -> LiveRoom:
    """Open the room; it stays open until somebody closes it."""
    session = unit.lock(Session, command.session_id)
    if session.kind != "livestream":
        raise problems.WrongKind(phrase("这一场不是直播，没有直播间。"))
    if session.state == "cancelled":
        raise problems.SessionIsCancelled(phrase("这一场已经取消，不能开直播间。"))
    if session.state == "held":
        raise problems.SessionIsOver(phrase("这一场直播已经结束。"))
    if unit.find(LiveRoom, session.id) is not None:
        raise problems.RoomIsOpen(phrase("直播间已经开着了。"))
    room = LiveRoom(session_id=session.id, opened_at=unit.now)
    unit.add(room)
    return room


def close_livestream(command: CloseLivestream, unit: Unit) -> RoomState:
    """Close the room and tell its figures; what comes in afterwards counts no more."""
    session = unit.lock(Session, command.session_id)
    room = unit.session.get(LiveRoom, session.id, with_for_update=True, populate_existing=True)
    if room is None or room.closed_at is not None:
        raise problems.RoomIsClosed(phrase("直播间没有开，或者已经关了。"))
    state = room_state(session.id, unit)
    room.closed_at = unit.now
    room.viewers, room.questions = state.viewers, state.questions
    session.state = "held"
    unit.emit(
        LivestreamHeld(
            session_id=session.id,
            programme_id=session.programme_id,
            viewers=state.viewers,
            peak=state.peak,
            questions=state.questions,
            reactions=state.reactions,
            street=unit.get(Programme, session.programme_id).street,
        )
    )
    return state.model_copy(update={"is_open": False})


def ask_question(command: AskQuestion, unit: Unit) -> LiveQuestion:
    """Put the question where everybody in the room sees it."""
    room = unit.session.get(LiveRoom, command.session_id, with_for_update={"read": True}, populate_existing=True)
    if room is None or room.closed_at is not None:
        raise problems.RoomIsClosed(NOT_OPEN)
    question = LiveQuestion(session_id=room.session_id, viewer=command.viewer, words=command.words, asked_at=unit.now)
    unit.add(question)
    return question


def record_room(command: RecordRoom, unit: Unit) -> RoomState:
    """Write down what was counted, unless the room is closed, and read how it stands."""
    cursor = unit.cursor()
    counts = {"session": command.session_id, "reactions": command.reactions, "peak": command.peak}
    cursor.execute(
        """UPDATE live_room SET reactions = reactions + %(reactions)s, peak = greatest(peak, %(peak)s)
           WHERE session_id = %(session)s AND closed_at IS NULL""",
        counts,
    )
    if cursor.rowcount and command.viewers:
        cursor.execute(
            "INSERT INTO live_viewer (session_id, viewer) SELECT %s, unnest(%s::uuid[]) ON CONFLICT DO NOTHING",
            (command.session_id, list(command.viewers)),
        )
    return room_state(command.session_id, unit)


def room_state(session_id: UUID, unit: Unit) -> RoomState:
    """How the room stands; raises `RoomIsClosed` when it was never opened."""
    room = unit.session.get(LiveRoom, session_id, populate_existing=True)
    if room is None:
        raise problems.RoomIsClosed(NOT_OPEN)
    newest = (
        select(LiveQuestion.words)
        .where(col(LiveQuestion.session_id) == session_id)
        .order_by(col(LiveQuestion.id).desc())
        .limit(NEWEST)
    )
    questions = select(func.count()).where(col(LiveQuestion.session_id) == session_id)
    viewers = select(func.count()).where(col(LiveViewer.session_id) == session_id)
    return RoomState(
        session_id=session_id,
        is_open=room.closed_at is None,
        viewers=unit.session.exec(viewers).one(),
        peak=room.peak,
        reactions=room.reactions,
        questions=unit.session.exec(questions).one(),
        newest=tuple(unit.session.exec(newest).all()),
    )
