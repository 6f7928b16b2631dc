"""Close a session that took place, and count it."""

from __future__ import annotations

from uuid import UUID

from services.registration.features import Command, problems
from services.registration.tables import Programme, Session
from shared.contracts.registration import SessionHeld
from shared.unit import Unit
from shared.web import phrase


class HoldSession(Command):
    """`session_id` is over: count who came."""

    session_id: UUID


_COUNT = """
    SELECT count(*) FILTER (WHERE confirmed_at IS NOT NULL AND state = 'confirmed'),
           count(checked_in_at), count(checked_in_at) FILTER (WHERE walk_in)
    FROM registration WHERE session_id = %s
"""


def hold_session(command: HoldSession, unit: Unit) -> Session:
    """Close the session for good and tell its figures; nobody is checked in afterwards."""
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
    confirmed, attended, walk_ins = unit.cursor().execute(_COUNT, (session.id,)).fetchone() or (0, 0, 0)
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
        )
    )
    return session
