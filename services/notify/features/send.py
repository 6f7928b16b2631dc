"""Send texts, each at most once: claimed and written down in one transaction, handed over in none, their outcomes kept in others.

Whoever dies between the first and the last leaves texts `sending`. When their lease has passed they become `unknown`: they may
have gone, and only the carrier can tell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from uuid import UUID

from services.notify.domain.routing import is_certainly_its_fault
from services.notify.features import group, progress
from services.notify.features.claim import claim
from services.notify.features.judge_carriers import judge
from services.notify.features.route import Routes
from services.notify.gateways import Accepted, Answer, Refused, SmsGateway, Text
from services.notify.tables import Attempt
from services.notify.tables.messages import Lane
from shared.jobs import Begin
from shared.unit import Unit

NONE: Mapping[str, int] = {}
AT_ONCE = 200
"""Most texts in one claim: what a sender that dies leaves in doubt, and what one lane of one worker has on the way."""
SETTLE_AFTER = 0.1
"""Seconds that answers wait for others, to be written down together."""


def send(lane: Lane, begin: Begin, most: int, carriers: Mapping[str, SmsGateway], shares: Mapping[str, int]) -> int:
    """Send the texts of the lane that are due, at most so many; returns how many were dealt with."""
    with begin() as unit:
        taken, ready = claim(lane, min(most, AT_ONCE), shares, unit)
    for answers in _handed_over([(carriers[name], texts) for name, texts in ready.items()]):
        with begin() as unit:
            judge(settle(answers, unit, shares), unit)
    return taken


def settle(answers: Mapping[UUID, Answer], unit: Unit, shares: Mapping[str, int] = NONE) -> list[tuple[Attempt, Answer]]:
    """Write down what the carrier answered to each attempt; None is no answer.

    What a carrier of `shares` refuses because of itself goes to another one at once, while there is one it has not been given to.
    """
    together = group.pairs(list(answers), unit)
    in_use = len(Routes(shares, "texts", unit).shares) if any(isinstance(answer, Refused) for answer in answers.values()) else 0
    for out_id, (message, attempt) in together.items():
        match answers[out_id]:
            case Accepted(reference):
                progress.accept(message, attempt, reference, unit)
            case Refused(code):
                elsewhere = message.attempts < in_use and is_certainly_its_fault(attempt.carrier, code)
                progress.refuse(message, attempt, code, unit, elsewhere=elsewhere)
            case None:
                progress.lose(message, attempt, unit)
    group.save([message for message, _ in together.values()], [attempt for _, attempt in together.values()], unit)
    return [(attempt, answers[out_id]) for out_id, (_, attempt) in together.items()]


def end_abandoned(unit: Unit) -> None:
    """Texts whose sender died become unknown: the carrier is asked about them."""
    abandoned = unit.cursor().execute(
        """SELECT attempt.id FROM message JOIN attempt ON attempt.message_id = message.id AND attempt.outcome = 'open'
           WHERE state = 'sending' AND lease_until < now() LIMIT 1000"""
    )
    settle({out_id: None for (out_id,) in abandoned.fetchall()}, unit)


def _handed_over(shares: Sequence[tuple[SmsGateway, Sequence[Text]]]) -> Iterator[dict[UUID, Answer]]:
    """Hand each carrier its share, all at once; the answers come in bundles, no answer later than a moment after it was given."""
    answers: SimpleQueue[tuple[UUID, Answer] | BaseException | None] = SimpleQueue()

    def hand_over(carrier: SmsGateway, texts: Sequence[Text]) -> None:
        try:
            for answer in carrier.send(texts):
                answers.put(answer)
            answers.put(None)
        except BaseException as error:
            answers.put(error)

    busy = [threading.Thread(target=hand_over, args=share, name="hand over", daemon=True) for share in shares]
    for thread in busy:
        thread.start()
    under_way, bundle, until = len(busy), dict[UUID, Answer](), 0.0
    while under_way or bundle:
        try:
            said = answers.get(timeout=max(0.0, until - time.monotonic()) if bundle else None)
        except Empty:
            yield bundle
            bundle = {}
            continue
        if isinstance(said, BaseException):
            raise said
        if said is None:
            under_way -= 1
            until = time.monotonic() if not under_way else until
        else:
            until = until if bundle else time.monotonic() + SETTLE_AFTER
            bundle[said[0]] = said[1]
