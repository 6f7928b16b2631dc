"""Notify's work outside transactions: sending and asking, each in units of its own around the carrier's call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import get_args

from services.notify.features.ask_carrier import DOUBTFUL, ask_carriers
from services.notify.features.claim import OUTLOOK
from services.notify.features.confirm_bulk import plan_bulk
from services.notify.features.send import send
from services.notify.features.take_receipt import WAITING, apply_receipts
from services.notify.features.take_reply import read_reply
from services.notify.gateways import SmsGateway
from services.notify.tables.messages import Lane
from shared.jobs import Begin, Jobs

BULK_AT_ONCE = 2
"""Threads of one process that may be at bulk messages: the others are there for whatever else comes."""


def jobs_with(carriers: Mapping[str, SmsGateway], shares: Mapping[str, int], helpline: str) -> Jobs:
    """The kinds of work, with the carriers and their shares. Log-in codes have workers of their own: somebody is waiting."""
    jobs = Jobs()
    jobs.apart.add("codes")
    for lane in get_args(Lane):
        jobs.group(f"send_{lane}", outlook=OUTLOOK.format(lane=lane), lane=lane)(_sender(lane, carriers, shares))

    @jobs.group("ask", outlook=DOUBTFUL)
    def ask(begin: Begin, most: int) -> int:
        return ask_carriers(begin, most, carriers)

    jobs.group("receipts", outlook=WAITING)(apply_receipts)

    @jobs.on("reply")
    def reply(key: str, begin: Begin) -> None:
        read_reply(key, begin, helpline)

    @jobs.on("bulk")
    def bulk(key: str, begin: Begin) -> None:
        plan_bulk(key, begin, helpline)

    return jobs


def _sender(lane: Lane, carriers: Mapping[str, SmsGateway], shares: Mapping[str, int]) -> Callable[[Begin, int], int]:
    """Sends the texts of a lane; for bulk messages only so many at the same time."""
    free = threading.BoundedSemaphore(BULK_AT_ONCE if lane == "bulk" else 64)

    def send_due(begin: Begin, most: int) -> int:
        if not free.acquire(blocking=False):
            return 0
        try:
            return send(lane, begin, most, carriers, shares)
        finally:
            free.release()

    return send_due
