"""Move between the room and online while there is room, or take a place online while waiting for the room."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.places import Mode
from services.registration.features import Command, problems
from services.registration.features.places import fill_free_places, give, has_places_for, locked, swap
from services.registration.tables import Registration
from shared.unit import Unit
from shared.web import phrase


class ChangeMode(Command):
    """`registration_id` is to be in `mode`. `keep_waiting`: somebody who waits for the room follows online only meanwhile.

    With `resident_id`, only if the registration is theirs or that of somebody they act for.
    """

    registration_id: UUID
    mode: Mode
    keep_waiting: bool = False
    resident_id: UUID | None = None
    acted_by: UUID | None = None


def change_mode(command: ChangeMode, unit: Unit) -> Registration:
    """Move the places, if the other mode has free ones that nobody waits for; what becomes free is offered at once."""
    registration, session = locked(command.registration_id, command.resident_id, unit)
    if session.state != "planned" or unit.now >= session.starts_at:
        raise problems.SessionIsOver(phrase("活动已经开始或取消，不能再换。"))
    if registration.state not in ("confirmed", "waitlisted") or registration.checked_in_at is not None:
        raise problems.NothingToMove(phrase("这个名额现在不能换，请看看它的状态，或打电话给我们。"), state=registration.state)
    if registration.mode == command.mode:
        if registration.state == "confirmed":
            registration.prefers_room = registration.prefers_room and command.keep_waiting
        return registration
    if not has_places_for(registration, command.mode, session, unit):
        raise problems.NoRoom(phrase("那边现在也没有空名额，您原来的不变。"))
    registration.acted_by = command.acted_by or registration.acted_by
    if registration.state == "confirmed":
        swap(registration, session, command.mode, unit)
    else:
        registration.mode = command.mode
        give(registration, session, unit)
        registration.prefers_room = command.keep_waiting and command.mode == "online"
    fill_free_places(session, unit)
    return registration
