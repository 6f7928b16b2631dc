"""What reports hears: everything, in batches."""

from __future__ import annotations

from services.reports import projections
from services.reports.features.erase_person import ErasePerson, erase_person
from shared.contracts.registration import ErasureRequested
from shared.inbox import Consumers, Delivery
from shared.log_ins import hear_ended_log_ins
from shared.unit import Unit

consumers = Consumers()
hear_ended_log_ins(consumers)


@consumers.in_batches(*projections.HEARD)
def fold(deliveries: list[Delivery], unit: Unit) -> None:
    """Add the facts to the projections and the feed."""
    projections.fold(deliveries, unit)


@consumers.on(ErasureRequested)
def forget_person(event: ErasureRequested, unit: Unit) -> None:
    """Somebody is to be forgotten; folded again from the logs, they are forgotten again."""
    erase_person(ErasePerson(erasure_id=event.erasure_id, records=(event.resident_id, *event.merged)), unit)
