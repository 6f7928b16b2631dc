"""Log-in codes and staff accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from services.registration.domain.access import Role
from services.registration.tables.base import WHEN, WORDS, Table
from shared.event import new_id


class LoginCode(Table, table=True):
    """A code asked for, also for numbers nobody has (`resident_id` empty): what the limits are counted from."""

    __tablename__ = "login_code"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="login_code_of_resident"),
        Index("login_code_by_phone", "phone_mark", "requested_at"),
        Index("login_code_by_address", "address_mark", "requested_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    phone_mark: str = Field(sa_type=Text)
    address_mark: str = Field(sa_type=Text)
    resident_id: UUID | None = None
    code_mark: str = Field(sa_type=Text)
    requested_at: datetime = Field(sa_type=WHEN)
    expires_at: datetime = Field(sa_type=WHEN)
    tries: int = 0
    used_at: datetime | None = Field(default=None, sa_type=WHEN)


class Staff(Table, table=True):
    """Somebody who works here. `password` is an Argon2id hash; `failures` in a row lead to a pause."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("name", name="staff_own_name"),
        CheckConstraint("roles <@ ARRAY['clerk', 'nurse', 'editor', 'operator'] AND cardinality(roles) > 0", name="staff_roles"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    password: str = Field(sa_type=Text)
    roles: list[Role] = Field(sa_type=WORDS)
    failures: int = 0
    paused_until: datetime | None = Field(default=None, sa_type=WHEN)
