"""Keep why somebody did not come, by their text or as they told whoever called; nothing else follows from it."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.presence import MissedReason
from services.registration.features import Command, problems
from services.registration.features.places import locked
from services.registration.tables import Registration
from shared.contracts.registration import MissedReasonGiven
from shared.unit import Unit
from shared.web import phrase


class NoteMissed(Command):
    """`registration_id` was missed for this `reason`; with `resident_id`, only if it is theirs. The last word counts."""

    registration_id: UUID
    reason: MissedReason
    resident_id: UUID | None = None


def note_missed(command: NoteMissed, unit: Unit) -> Registration:
    """Write the reason on the registration, and tell it without saying whose it is."""
    registration, session = locked(command.registration_id, command.resident_id, unit)
    if registration.state != "no_show":
        raise problems.NotMissed(phrase("只有收场时没来的人，才记没来的原因。"), state=registration.state)
    before, registration.missed_reason = registration.missed_reason, command.reason
    if before != command.reason:
        about = {"registration_id": registration.id, "session_id": session.id, "programme_id": session.programme_id}
        unit.emit(MissedReasonGiven(reason=command.reason, before=before, **about))
    return registration
