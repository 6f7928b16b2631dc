"""Give a place back, or leave the waitlist; the next in line gets the place at once."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.people import Channel
from services.registration.features import Command, announcements, problems
from services.registration.features.places import give_to_next_in_line
from services.registration.tables import Registration, Session
from shared.unit import Unit
from shared.web import phrase

UNKNOWN = phrase("没有找到这个名额，它可能已经退了；请到“我的”里看看。")
BEGUN = phrase("活动已经开始，不用再退名额。")
GIVEN_BACK = phrase("这个名额已经退过了。")


class Cancel(Command):
    """Give `registration_id` back; with `resident_id`, only if it is theirs."""

    registration_id: UUID
    channel: Channel
    resident_id: UUID | None = None


def cancel(command: Cancel, unit: Unit) -> Registration:
    """Free the place and give it to the next in line, in one go."""
    found = unit.find(Registration, command.registration_id)
    if found is None or command.resident_id not in (None, found.resident_id):
        raise problems.UnknownRegistration(UNKNOWN)
    session = unit.lock(Session, found.session_id)
    registration = unit.lock(Registration, found.id)
    if registration.state not in ("confirmed", "waitlisted") or registration.checked_in_at is not None:
        raise problems.NothingToGiveBack(GIVEN_BACK, state=registration.state)
    if session.state != "planned" or unit.now >= session.starts_at:
        raise problems.SessionIsOver(BEGUN)
    had_place = registration.state == "confirmed"
    registration.state = "cancelled"
    registration.cancelled_at = unit.now
    unit.emit(announcements.cancelled(registration, session, had_place=had_place, channel=command.channel))
    if had_place:
        session.taken -= 1
        give_to_next_in_line(session, unit)
    return registration
