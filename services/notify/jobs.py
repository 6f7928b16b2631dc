"""Notify's work outside transactions: sending and asking, each in units of its own around the carrier's call."""

from __future__ import annotations

from collections.abc import Mapping

from services.notify.features.ask_carrier import ask_carrier
from services.notify.features.send import LEASE, send
from services.notify.features.take_receipt import apply_receipt
from services.notify.features.take_reply import read_reply
from services.notify.gateways import SmsGateway
from shared.jobs import Begin, Jobs


def jobs_with(carriers: Mapping[str, SmsGateway], helpline: str) -> Jobs:
    """The kinds of job, with the carriers they use. Log-in codes have a lane of their own: somebody is waiting at a screen."""
    jobs = Jobs()
    carrier = next(iter(carriers.values()))

    @jobs.on("send", lease=LEASE)
    def send_text(key: str, begin: Begin) -> None:
        send(key, begin, carrier)

    @jobs.on("send_code", lease=LEASE, lane="codes")
    def send_code(key: str, begin: Begin) -> None:
        send(key, begin, carrier)

    @jobs.on("resolve")
    def resolve(key: str, begin: Begin) -> None:
        ask_carrier(key, begin, carriers)

    @jobs.on("look")
    def look(key: str, begin: Begin) -> None:
        ask_carrier(key, begin, carriers)

    @jobs.on("reply")
    def reply(key: str, begin: Begin) -> None:
        read_reply(key, begin, helpline)

    jobs.on("receipt")(apply_receipt)
    return jobs
