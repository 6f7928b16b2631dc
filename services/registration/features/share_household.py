"""Write down who lives together."""

from __future__ import annotations

from uuid import UUID

from services.registration.features import Command, problems
from services.registration.features.access_log import note
from services.registration.features.change_resident import lock_resident
from services.registration.tables import Household
from shared.auth import Principal
from shared.unit import Unit
from shared.web import phrase


class ShareHousehold(Command):
    """`resident_id` lives with `lives_with` from now on; alone again when that is None."""

    resident_id: UUID
    lives_with: UUID | None = None
    by: Principal


def share_household(command: ShareHousehold, unit: Unit) -> UUID | None:
    """Move the resident into the other's household, which is made if there is none; returns its id."""
    if command.lives_with == command.resident_id:
        raise problems.NotForOneself(phrase("请选另一位家里人。"))
    ids = sorted(id for id in (command.resident_id, command.lives_with) if id is not None)
    locked = {id: lock_resident(id, unit) for id in ids}
    resident = locked[command.resident_id]
    if command.lives_with is None:
        resident.household_id = None
    else:
        other = locked[command.lives_with]
        if other.household_id is None:
            household = Household(made_at=unit.now)
            unit.add(household)
            unit.session.flush()
            other.household_id = household.id
        resident.household_id = other.household_id
    note(unit, who=command.by, resident_id=resident.id, action="household_changed")
    return resident.household_id
