"""Texts put together into calls that carry several, for carriers whose calls can."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from uuid import UUID

from services.notify.domain.carrier_codes import NO_CONNECTION, NO_TEMPLATE, Family, family
from services.notify.gateways import Answer, Refused, Text

Answers = list[tuple[UUID, Answer]]

FEW = 20
"""Up to so many texts go one by one: carriers take longer over a call that carries several, and somebody may wait for a code."""


def batches(texts: Sequence[Text], *, most: int, alike: Callable[[Text], Hashable]) -> Iterator[list[Text]]:
    """The texts in batches of at most `most` that are `alike`. In one batch no number comes twice, so that it finds its text."""
    most = 1 if len(texts) <= FEW else most
    open_batches: dict[Hashable, list[list[Text]]] = {}
    for text in texts:
        kind = alike(text)
        known = open_batches.setdefault(kind, [])
        place = next((batch for batch in known if all(text.phone != other.phone for other in batch)), None)
        if place is None:
            place = []
            known.append(place)
        place.append(text)
        if len(place) == most:
            known.remove(place)
            yield place
    for known in open_batches.values():
        yield from known


async def hand_over(carrier: str, batch: list[Text], call: Callable[[list[Text]], Awaitable[Answers]]) -> Answers:
    """The answers to a batch. One that is refused for the sake of a single text certainly left nothing: its texts go on alone."""
    if any(not text.code for text in batch):
        return [(text.out_id, Refused(NO_TEMPLATE)) for text in batch]
    answers = await call(batch)
    if len(batch) == 1 or not all(isinstance(answer, Refused) and _may_be_one(carrier, answer) for _, answer in answers):
        return answers
    return [answer for each in await asyncio.gather(*(call([text]) for text in batch)) for answer in each]


def _may_be_one(carrier: str, refused: Refused) -> bool:
    """Whether such a refusal may be about one of several texts, and not about the account or the connection."""
    if refused.code == NO_CONNECTION or refused.code.startswith(("Throttling", "RequestLimitExceeded")):
        return False
    return family(carrier, refused.code) is not Family.CONTRACT
