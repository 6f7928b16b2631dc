"""Note who looked at or changed a resident's record: the person may read every line of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from services.registration.tables import AccessNote
from shared.clock import today
from shared.event import new_id
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


_ONCE_A_DAY = """
    INSERT INTO access_note (id, resident_id, who_id, who_kind, role, action, why, at)
    SELECT noted.id, noted.resident_id, %(who)s, 'staff', %(role)s, %(action)s, '', %(now)s
    FROM unnest(%(ids)s::uuid[], %(residents)s::uuid[]) AS noted (id, resident_id)
    WHERE NOT EXISTS (
        SELECT FROM access_note known WHERE known.resident_id = noted.resident_id AND known.who_id = %(who)s
        AND known.action = %(action)s AND known.at >= %(day)s
    )
"""


def note_list(unit: Unit, *, who: Who, residents: Iterable[UUID], action: str) -> None:
    """Write one line for each of those on a list that `who`, a member of staff, has read: once a day, however often they look."""
    listed = list(dict.fromkeys(residents))
    wanted = {"ids": [new_id() for _ in listed], "residents": listed, "who": who.id, "role": min(who.roles, default="")}
    unit.session.flush()
    unit.cursor().execute(_ONCE_A_DAY, wanted | {"action": action, "now": unit.now, "day": today()})


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
