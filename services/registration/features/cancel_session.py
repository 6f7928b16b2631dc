"""Call a session off."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.registration.domain.calendar import CancelReason
from services.registration.features import Command
from services.registration.features.calendar import deal, leave_empty, refuse_unless_planned, take_off
from services.registration.tables import Programme, Session
from shared.unit import Unit


class CancelSession(Command):
    """`session_id` will not take place. The texts say why by the code; `words` are read on the pages alone."""

    session_id: UUID
    reason: CancelReason
    words: Annotated[str, StringConstraints(max_length=40)] = ""


def cancel_session(command: CancelSession, unit: Unit) -> Session:
    """Take the session off the calendar; its topic comes next, its registrants are told by notify."""
    programme = unit.lock(Programme, unit.get(Session, command.session_id).programme_id)
    session = unit.lock(Session, command.session_id)
    refuse_unless_planned(session, unit)
    take_off(session, command.reason, command.words, unit)
    leave_empty(session, unit)
    deal(programme, unit)
    return session
