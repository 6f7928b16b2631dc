"""What registration hears: answers to texts."""

from __future__ import annotations

from services.registration.features.cancel import Cancel, cancel
from services.registration.features.problems import NothingToGiveBack, SessionIsOver, UnknownRegistration
from shared.contracts.notify import ReplyReceived
from shared.inbox import Consumers
from shared.unit import Unit

consumers = Consumers()


@consumers.on(ReplyReceived)
def give_the_place_back(event: ReplyReceived, unit: Unit) -> None:
    """A resident who answers that they cannot come gives the place back; too late or once more, there is nothing to do."""
    if event.meaning != "decline" or event.registration_id is None:
        return
    try:
        cancel(Cancel(registration_id=event.registration_id, resident_id=event.resident_id, channel="text"), unit)
    except (NothingToGiveBack, SessionIsOver, UnknownRegistration):
        return
