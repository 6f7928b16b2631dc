"""Staff's word that somebody without a sign-out stayed to the end."""

from __future__ import annotations

from uuid import UUID

from services.registration.features import Command, problems
from services.registration.features.cancel import UNKNOWN
from services.registration.tables import Registration, Session, Stay
from shared.unit import Unit
from shared.web import phrase


class ConfirmStay(Command):
    """`registration_id`'s holder came and stayed, says `by`."""

    registration_id: UUID
    by: UUID


def confirm_stay(command: ConfirmStay, unit: Unit) -> Stay:
    """Count them until the end; a sign-out that is known later counts instead."""
    registration = unit.find(Registration, command.registration_id)
    if registration is None:
        raise problems.UnknownRegistration(UNKNOWN)
    session = unit.get(Session, registration.session_id)
    if registration.checked_in_at is None or registration.left_at is not None:
        raise problems.NothingUnclear(phrase("这位学员没有签到，或者已经签退，不用再确认。"))
    if unit.now < session.ends_at:
        raise problems.NothingUnclear(phrase("这节课还没有结束，下课以后再确认。"))
    known = unit.find(Stay, registration.id)
    stay = known or Stay(registration_id=registration.id, confirmed_by=command.by, confirmed_at=unit.now)
    unit.add(stay)
    return stay
