"""Who gives sessions and helps at them, and the residents' secret calendar addresses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from services.registration.domain.calendar import Part
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Instructor(Table, table=True):
    """A lecturer or volunteer. The name is encrypted; residents read it only if `may_be_named`, else title and organisation."""

    __tablename__ = "instructor"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    may_be_named: bool


class Assignment(Table, table=True):
    """What somebody does at a session."""

    __tablename__ = "assignment"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="assignment_to_session"),
        ForeignKeyConstraint(["instructor_id"], ["instructor.id"], name="assignment_of_instructor"),
        CheckConstraint("part IN ('lecturer', 'assistant', 'volunteer')", name="assignment_part"),
        Index("assignment_by_instructor", "instructor_id"),
    )

    session_id: UUID = Field(primary_key=True)
    instructor_id: UUID = Field(primary_key=True)
    part: Part = Field(sa_type=Text)


class CalendarFeed(Table, table=True):
    """The secret address under which a resident's phone reads their places; `token_mark` finds it, a new one ends the old."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="calendar_feed_of_resident"),
        UniqueConstraint("token_mark", name="calendar_feed_own_token"),
    )

    resident_id: UUID = Field(primary_key=True)
    token: str = Field(sa_type=Text)
    token_mark: str = Field(sa_type=Text)
    made_at: datetime = Field(sa_type=WHEN)
