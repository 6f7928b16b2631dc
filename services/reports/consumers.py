"""What reports hears: everything, in batches."""

from __future__ import annotations

from services.reports import projections
from shared.inbox import Consumers, Delivery
from shared.unit import Unit

consumers = Consumers()


@consumers.in_batches(*projections.HEARD)
def fold(deliveries: list[Delivery], unit: Unit) -> None:
    """Add the facts to the projections and the feed."""
    projections.fold(deliveries, unit)
