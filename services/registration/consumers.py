"""What registration hears: answers to texts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.registration.domain.people import Channel
from services.registration.features.accept_offer import AcceptOffer, accept_offer
from services.registration.features.access_log import note
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.erase import ConfirmErasure, confirm_erasure
from services.registration.features.note_missed import NoteMissed, note_missed
from services.registration.tables import Resident
from shared.contracts.notify import OptedIn, OptedOut, ReplyReceived, TextsErased, ThreadRead
from shared.contracts.reports import FiguresErased
from shared.contracts.stations import ReadingsErased
from shared.errors import Problem
from shared.inbox import Consumers
from shared.unit import Unit

consumers = Consumers()


@dataclass(frozen=True)
class Reader:
    """A member of staff of whom only the account and a role are told."""

    id: UUID
    roles: frozenset[str]
    kind: str = "staff"


@consumers.on(ReplyReceived)
def take_an_answer(event: ReplyReceived, unit: Unit) -> None:
    """A text that says yes takes the place on offer, one that says no gives a place back, one that says why is kept.

    Too late, once more, or about nothing on offer, there is nothing to do.
    """
    if event.registration_id is None:
        return
    try:
        if event.meaning == "accept":
            accept_offer(AcceptOffer(registration_id=event.registration_id, resident_id=event.resident_id), unit)
        elif event.meaning == "decline":
            channel: Channel = "staff" if event.channel == "call" else "text"
            cancel(Cancel(registration_id=event.registration_id, resident_id=event.resident_id, channel=channel), unit)
        elif event.reason is not None:
            missed = NoteMissed(registration_id=event.registration_id, resident_id=event.resident_id, reason=event.reason)
            note_missed(missed, unit)
    except Problem:
        return


def follow_the_ledger(event: OptedOut | OptedIn, unit: Unit) -> None:
    """What somebody said of texts by text, or to whoever keeps them, counts here as well, unless they said otherwise since."""
    if event.category != "service" or event.at is None or unit.find(Resident, event.resident_id) is None:
        return
    change_consent(
        ChangeConsent(
            resident_id=event.resident_id,
            purpose="texts",
            given=isinstance(event, OptedIn),
            channel=event.channel,
            told_at=event.at,
            told_to=event.proof if event.channel == "staff" else None,
        ),
        unit,
    )


consumers.on(OptedOut)(follow_the_ledger)
consumers.on(OptedIn)(follow_the_ledger)


@consumers.on(ThreadRead)
def note_reading(event: ThreadRead, unit: Unit) -> None:
    """Staff read somebody's texts: the person finds it among those who looked at their record."""
    if unit.find(Resident, event.resident_id) is not None:
        who = Reader(id=event.staff_id, roles=frozenset({event.role}))
        note(unit, who=who, resident_id=event.resident_id, action="texts_read")


def note_erased(event: TextsErased | ReadingsErased | FiguresErased, unit: Unit) -> None:
    """One of the services has forgotten somebody; which, its log says."""
    assert unit.cause is not None
    confirm_erasure(ConfirmErasure(erasure_id=event.erasure_id, source=unit.cause.source), unit)


consumers.on(TextsErased)(note_erased)
consumers.on(ReadingsErased)(note_erased)
consumers.on(FiguresErased)(note_erased)
