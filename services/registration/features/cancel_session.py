"""Call a session off."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.registration.features import Command, problems
from services.registration.tables import LiveRoom, Session
from shared.contracts.registration import SessionCancelled
from shared.unit import Unit
from shared.web import phrase


class CancelSession(Command):
    """`session_id` will not take place, for a reason its registrants may read."""

    session_id: UUID
    reason: Annotated[str, StringConstraints(min_length=1, max_length=40)]


def cancel_session(command: CancelSession, unit: Unit) -> Session:
    """Take the session off the calendar; its topic comes round again, its registrants are told by notify."""
    session = unit.lock(Session, command.session_id)
    if session.state == "cancelled":
        raise problems.SessionIsCancelled(phrase("这一场已经取消过了。"))
    if session.state == "held" or unit.now >= session.ends_at or unit.find(LiveRoom, session.id) is not None:
        raise problems.SessionIsOver(phrase("这一场已经办过，不能再取消。"))
    session.state = "cancelled"
    session.reason = command.reason
    unit.emit(SessionCancelled(session_id=session.id, programme_id=session.programme_id, reason=command.reason))
    return session
