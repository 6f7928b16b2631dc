"""What members of staff with limits see in lists: texts, replies and calls about sessions of their streets and programmes.

What is about no session, like a referral, is where the person lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlmodel import and_, col, false, or_, select

from services.notify.tables import Contact, Message, Reply, Session

Limits = Mapping[str, frozenset[str]]
"""By `street`, `programme` and `station`, as in `shared.auth.Principal`; empty: everywhere."""


def texts_within(limits: Limits) -> ColumnElement[bool]:
    """The texts that somebody with these limits sees."""
    return _within(limits, col(Message.session_id), col(Message.resident_id))


def replies_within(limits: Limits) -> ColumnElement[bool]:
    """The replies that somebody with these limits sees."""
    return _within(limits, col(Reply.session_id), col(Reply.resident_id))


def _within(limits: Limits, session_id: Any, resident_id: Any) -> ColumnElement[bool]:
    if not limits:
        return true()
    streets, programmes = limits.get("street", frozenset()), [UUID(id) for id in limits.get("programme", ())]
    theirs = or_(col(Session.street).in_(streets), col(Session.programme_id).in_(programmes))
    sessions = select(Session.id).where(theirs)
    people = select(Contact.resident_id).where(col(Contact.street).in_(streets)) if streets else None
    lives_there = resident_id.in_(people) if people is not None else false()
    return or_(session_id.in_(sessions), and_(session_id.is_(None), lives_there))
