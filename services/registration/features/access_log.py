"""Note who looked at or changed a resident's record: the person may read every line of it."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from services.registration.tables import AccessNote
from shared.unit import Unit

WHY = "access_note.why"


class Who(Protocol):
    """Somebody who acts, as far as the log is concerned: staff with their roles, or a resident. A `Principal` is one."""

    @property
    def id(self) -> UUID:
        """Their account."""

    @property
    def kind(self) -> str:
        """`staff` or `resident`."""

    @property
    def roles(self) -> frozenset[str]:
        """What they may do; the log names the first in order."""


def note(unit: Unit, *, who: Who, resident_id: UUID, action: str, why: str = "") -> None:
    """Write one line, unless somebody acts on their own record. `action` is a code; `why` is encrypted: people write names."""
    if who.id == resident_id:
        return
    unit.add(
        AccessNote(
            resident_id=resident_id,
            who_id=who.id,
            who_kind="staff" if who.kind == "staff" else "resident",
            role=min(who.roles, default=""),
            action=action,
            why=unit.keys.encrypt(why, WHY) if why else "",
            at=unit.now,
        )
    )
