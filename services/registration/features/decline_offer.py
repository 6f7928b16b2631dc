"""Say no to a place that is kept for one; it is offered to the next at once."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.people import Channel
from services.registration.features import Command, announcements, problems
from services.registration.features.places import fill_free_places, locked, take
from services.registration.tables import Registration
from shared.unit import Unit
from shared.web import phrase

NO_OFFER = phrase("这个名额现在没有给您留着：可能已经答复过，或时间已过。")


class DeclineOffer(Command):
    """`registration_id`'s offer is not wanted; with `resident_id`, only if it is theirs or that of somebody they act for."""

    registration_id: UUID
    channel: Channel
    resident_id: UUID | None = None
    acted_by: UUID | None = None


def decline_offer(command: DeclineOffer, unit: Unit) -> Registration:
    """Let the places go on to the next; the resident waits no longer, and may sign up anew."""
    registration, session = locked(command.registration_id, command.resident_id, unit)
    if registration.state != "offered":
        raise problems.NoOffer(NO_OFFER, state=registration.state)
    registration.state = "declined"
    registration.declined_at = unit.now
    take(session, registration.mode, -registration.party)
    unit.emit(announcements.declined(registration, session, channel=command.channel, acted_by=command.acted_by))
    fill_free_places(session, unit)
    return registration
