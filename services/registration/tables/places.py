"""Places in sessions."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from services.registration.domain.places import GONE, Mode, RegistrationState
from services.registration.domain.presence import MissedReason
from services.registration.tables.base import WHEN, Table
from shared.event import new_id


class Registration(Table, table=True):
    """One resident's part in one session. The `…_at` columns are its history: each happens at most once.

    `party` people come together. `mode` is where they have their places, or wait for them; `prefers_room`: they have places
    online and keep waiting for the room. `at_once`: a place that becomes free may be given without asking. `acted_by`: the carer
    or the member of staff who signed them up, when it was not the resident. `late`: given back after `cancel_until`.
    `let_in_offline`: let in by a device without network although no place was theirs. `missed_reason`: why they did not come.
    """

    __tablename__ = "registration"
    __table_args__ = (
        ForeignKeyConstraint(["session_id"], ["session.id"], name="registration_for_session"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="registration_of_resident"),
        UniqueConstraint("session_id", "queue", name="registration_own_number"),
        CheckConstraint(f"state IN {get_args(RegistrationState)}", name="registration_state"),
        CheckConstraint("mode IN ('room', 'online')", name="registration_mode"),
        CheckConstraint("party > 0", name="registration_party"),
        CheckConstraint("(queue IS NULL) = (waitlisted_at IS NULL)", name="registration_waits_with_number"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="registration_cancelled"),
        CheckConstraint("(state = 'declined') = (declined_at IS NOT NULL)", name="registration_declined"),
        CheckConstraint("(state = 'expired') = (expired_at IS NOT NULL)", name="registration_expired"),
        CheckConstraint(
            "(offered_at IS NULL) = (offer_expires_at IS NULL) AND (state <> 'offered' OR offered_at IS NOT NULL)",
            name="registration_offered",
        ),
        CheckConstraint(
            "NOT prefers_room OR (mode = 'online' AND queue IS NOT NULL)", name="registration_online_meanwhile_keeps_its_number"
        ),
        CheckConstraint("state IN ('confirmed', 'extra', 'attended') OR checked_in_at IS NULL", name="registration_checked_in"),
        CheckConstraint(
            "left_at IS NULL OR (checked_in_at IS NOT NULL AND left_at >= checked_in_at)", name="registration_left_after_coming"
        ),
        CheckConstraint(f"missed_reason IN {get_args(MissedReason)}", name="registration_missed_for_a_reason"),
        Index("registration_once", "session_id", "resident_id", unique=True, postgresql_where=text(f"state NOT IN {GONE}")),
        Index("registration_of_a_resident", "resident_id"),
        Index("registration_waiting", "session_id", "queue", postgresql_where=text("state = 'waitlisted' OR prefers_room")),
        Index("registration_on_offer", "offer_expires_at", postgresql_where=text("state = 'offered'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID
    resident_id: UUID
    state: RegistrationState = Field(sa_type=Text)
    party: int = 1
    mode: Mode = Field(default="room", sa_type=Text)
    queue: int | None = None
    prefers_room: bool = False
    at_once: bool = False
    walk_in: bool = False
    late: bool = False
    acted_by: UUID | None = None
    registered_at: datetime = Field(sa_type=WHEN)
    confirmed_at: datetime | None = Field(default=None, sa_type=WHEN)
    waitlisted_at: datetime | None = Field(default=None, sa_type=WHEN)
    offered_at: datetime | None = Field(default=None, sa_type=WHEN)
    offer_expires_at: datetime | None = Field(default=None, sa_type=WHEN)
    declined_at: datetime | None = Field(default=None, sa_type=WHEN)
    expired_at: datetime | None = Field(default=None, sa_type=WHEN)
    cancelled_at: datetime | None = Field(default=None, sa_type=WHEN)
    checked_in_at: datetime | None = Field(default=None, sa_type=WHEN)
    left_at: datetime | None = Field(default=None, sa_type=WHEN)
    let_in_offline: bool = False
    missed_reason: MissedReason | None = Field(default=None, sa_type=Text)
