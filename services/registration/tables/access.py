"""Log-ins: the codes and passwords that lead to them, their second factor, and the devices that are logged in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
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
    """Somebody who works here. `password` is an Argon2id hash; `failures` in a row lead to a pause.

    `factor` is the encrypted secret of the second factor, empty while there is none; `factor_step` the last time step whose code
    was used. `limits` hold, by street, neighbourhood, programme and station, where the person may act; without any, everywhere.
    """

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("name", name="staff_own_name"),
        CheckConstraint("roles <@ ARRAY['clerk', 'nurse', 'editor', 'operator'] AND cardinality(roles) > 0", name="staff_roles"),
        CheckConstraint("factor_step >= 0", name="staff_factor_step"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    password: str = Field(sa_type=Text)
    roles: list[Role] = Field(sa_type=WORDS)
    failures: int = 0
    paused_until: datetime | None = Field(default=None, sa_type=WHEN)
    factor: str = Field(default="", sa_type=Text)
    factor_step: int = Field(default=0, sa_type=BigInteger)
    limits: dict[str, list[str]] = Field(default_factory=dict, sa_type=JSONB)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)


class AccountNote(Table, table=True):
    """One thing done to a staff account: `by` an operator or its owner, None from the command line. Rows are only added."""

    __tablename__ = "account_note"
    __table_args__ = (
        ForeignKeyConstraint(["staff_id"], ["staff.id"], name="account_note_of_staff"),
        Index("account_note_by_staff", "staff_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID
    by: UUID | None = None
    action: str = Field(sa_type=Text)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    at: datetime = Field(sa_type=WHEN)


class HalfLogIn(Table, table=True):
    """A right password that waits for the second factor. `secret` (encrypted) is set while one is being set up."""

    __tablename__ = "half_log_in"
    __table_args__ = (ForeignKeyConstraint(["staff_id"], ["staff.id"], name="half_log_in_of_staff"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID
    secret: str = Field(default="", sa_type=Text)
    expires_at: datetime = Field(sa_type=WHEN)
    tries: int = 0


class RecoveryCode(Table, table=True):
    """The keyed hash of a code that stands in for the second factor, once."""

    __tablename__ = "recovery_code"
    __table_args__ = (ForeignKeyConstraint(["staff_id"], ["staff.id"], name="recovery_code_of_staff"),)

    staff_id: UUID = Field(primary_key=True)
    mark: str = Field(primary_key=True, sa_type=Text)


class LogIn(Table, table=True):
    """A device that was logged in: what it is, since when, when it was last seen (roughly), and whether that is over."""

    __tablename__ = "log_in"
    __table_args__ = (
        CheckConstraint("kind IN ('resident', 'staff')", name="log_in_kind"),
        Index("log_in_open", "person_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID
    kind: str = Field(sa_type=Text)
    device: str = Field(sa_type=Text)
    began_at: datetime = Field(sa_type=WHEN)
    seen_at: datetime = Field(sa_type=WHEN)
    runs_out_at: datetime = Field(sa_type=WHEN)
    ended_at: datetime | None = Field(default=None, sa_type=WHEN)
