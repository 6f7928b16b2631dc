"""Close a session that took place, and count it."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.presence import CLOSED_AFTER
from services.registration.features import Command, problems
from services.registration.tables import Programme, Session
from shared.contracts.registration import RegistrationMissed, SessionHeld
from shared.unit import Unit
from shared.web import phrase


class HoldSession(Command):
    """`session_id` is over: count who came. `auto`: nobody closed it, time did."""

    session_id: UUID
    auto: bool = False


_COUNT = """
    SELECT count(*) FILTER (WHERE confirmed_at IS NOT NULL AND state = 'confirmed'),
           count(checked_in_at), count(checked_in_at) FILTER (WHERE walk_in),
           count(*) FILTER (WHERE state = 'confirmed' AND mode = 'room' AND checked_in_at IS NULL)
    FROM registration WHERE session_id = %s
"""
_SETTLE = """
    UPDATE registration SET state = CASE WHEN checked_in_at IS NULL THEN 'no_show' ELSE 'attended' END
    WHERE session_id = %s AND state = 'confirmed' AND (mode = 'room' OR checked_in_at IS NOT NULL)
    RETURNING id, resident_id, state
"""
"""Whoever followed from home was not at the door, and is neither."""
_LEFT_OPEN = """
    SELECT id FROM session WHERE state = 'planned' AND kind <> 'livestream' AND ends_at <= %s
    ORDER BY starts_at, id LIMIT 20
"""


def hold_session(command: HoldSession, unit: Unit) -> Session:
    """Close the session for good, say of everybody with a place whether they came, and tell its figures."""
    session = unit.lock(Session, command.session_id)
    if session.kind == "livestream":
        raise problems.WrongKind(phrase("直播请在直播间结束。"))
    if session.state == "held":
        raise problems.SessionIsOver(phrase("这一场已经收过场了。"))
    if session.state == "cancelled":
        raise problems.SessionIsCancelled(phrase("这一场已经取消，不能收场。"))
    if unit.now < session.starts_at:
        raise problems.NotBegun(phrase("活动还没有开始，开始以后才能收场。"))
    session.state = "held"
    unit.session.flush()
    counts = unit.cursor().execute(_COUNT, (session.id,)).fetchone()
    confirmed, attended, walk_ins, no_shows = counts or (0, 0, 0, 0)
    settled = sorted(unit.cursor().execute(_SETTLE, (session.id,)).fetchall())
    unit.session.expire_all()
    unit.emit(
        SessionHeld(
            session_id=session.id,
            programme_id=session.programme_id,
            kind=session.kind,
            topic=session.topic,
            starts_at=session.starts_at,
            capacity=session.capacity,
            confirmed=confirmed,
            attended=attended,
            walk_ins=walk_ins,
            street=unit.get(Programme, session.programme_id).street,
            no_shows=no_shows,
            auto=command.auto,
        )
    )
    # Where time closed a door that nobody kept, it is not known who came: nobody is asked why they did not.
    if attended or not command.auto:
        for registration_id, resident_id in [(id, resident_id) for id, resident_id, state in settled if state == "no_show"]:
            missed = {"registration_id": registration_id, "resident_id": resident_id}
            unit.emit(RegistrationMissed(session_id=session.id, programme_id=session.programme_id, **missed))
    return session


def hold_forgotten(unit: Unit) -> int:
    """Close the sessions that ended long ago and that nobody closed; returns how many."""
    forgotten = unit.cursor().execute(_LEFT_OPEN, (unit.now - CLOSED_AFTER,)).fetchall()
    for (session_id,) in forgotten:
        if unit.lock(Session, session_id).state == "planned":
            hold_session(HoldSession(session_id=session_id, auto=True), unit)
    return len(forgotten)
