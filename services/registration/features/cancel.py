"""Give a place back, or leave the waitlist; a freed place is offered to the next in line in the same breath."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.people import Channel
from services.registration.features import Command, announcements, problems
from services.registration.features.decline_offer import DeclineOffer, decline_offer
from services.registration.features.places import UNKNOWN, fill_free_places, locked, take
from services.registration.tables import Registration
from shared.unit import Unit
from shared.web import phrase

__all__ = ["UNKNOWN", "Cancel", "cancel"]

BEGUN = phrase("活动已经开始，不用再退名额。")
GIVEN_BACK = phrase("这个名额已经退过了。")


class Cancel(Command):
    """Give `registration_id` back; with `resident_id`, only if it is theirs or that of somebody they may act for.

    `acted_by`: who does it, when it is not the resident.
    """

    registration_id: UUID
    channel: Channel
    resident_id: UUID | None = None
    acted_by: UUID | None = None


def cancel(command: Cancel, unit: Unit) -> Registration:
    """Free the places and offer them to the line. After `cancel_until` that is still welcome, and noted as late."""
    registration, session = locked(command.registration_id, command.resident_id, unit)
    if registration.state == "offered":
        return decline_offer(DeclineOffer(**command.model_dump()), unit)
    if registration.state not in ("confirmed", "waitlisted") or registration.checked_in_at is not None:
        raise problems.NothingToGiveBack(GIVEN_BACK, state=registration.state)
    if session.state != "planned" or unit.now >= session.starts_at:
        raise problems.SessionIsOver(BEGUN)
    had_place = registration.state == "confirmed"
    registration.late = had_place and unit.now >= session.cancel_until
    registration.state = "cancelled"
    registration.cancelled_at = unit.now
    registration.prefers_room = False
    unit.emit(
        announcements.cancelled(registration, session, had_place=had_place, channel=command.channel, acted_by=command.acted_by)
    )
    if had_place:
        take(session, registration.mode, -registration.party)
    fill_free_places(session, unit)
    return registration
