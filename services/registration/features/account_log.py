"""Note what was done to staff accounts, by whom: operators read every line of it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from services.registration.tables import AccountNote
from shared.unit import Unit

AccountAction = Literal["added", "changed", "password_reset", "factor_reset", "factor_set", "unpaused", "log_ins_ended", "ended"]


def note_account(unit: Unit, *, staff_id: UUID, by: UUID | None, action: AccountAction, **facts: Any) -> None:
    """Write one line; `by` is None for who has the server's command line. `facts`: roles, limits and counts, never a secret."""
    unit.add(AccountNote(staff_id=staff_id, by=by, action=action, facts=facts, at=unit.now))
