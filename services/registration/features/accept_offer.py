"""Say yes to a place that is kept for one."""

from __future__ import annotations

from uuid import UUID

from services.registration.features import Command, problems
from services.registration.features.decline_offer import NO_OFFER
from services.registration.features.places import give, locked
from services.registration.tables import Registration
from shared.unit import Unit
from shared.web import phrase

GONE_ON = phrase("这个名额留的时间过了，已经给了后面的邻居；您可以再报一次候补。")


class AcceptOffer(Command):
    """`registration_id`'s offer is wanted; with `resident_id`, only if it is theirs or that of somebody they act for."""

    registration_id: UUID
    resident_id: UUID | None = None
    acted_by: UUID | None = None


def accept_offer(command: AcceptOffer, unit: Unit) -> Registration:
    """Confirm the place. As long as nobody took it away, an answer after the deadline is in time."""
    registration, session = locked(command.registration_id, command.resident_id, unit)
    if registration.state != "offered":
        raise problems.NoOffer(GONE_ON if registration.state == "expired" else NO_OFFER, state=registration.state)
    if session.state != "planned":
        raise problems.SessionIsCancelled(phrase("这一场已经取消，可以看看别的活动。"))
    registration.acted_by = command.acted_by or registration.acted_by
    give(registration, session, unit)
    return registration
