"""Which carrier a text goes to, and when a carrier is left: by shares, as long as it answers as it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid5

from services.notify.domain.carrier_codes import NO_CONNECTION, Family, family

CarrierState = Literal["open", "left", "out"]
"""`left`: it fails, and is tried with single texts until it answers again; `out`: somebody took it out."""

WINDOW = timedelta(seconds=20)
"""How far back answers are looked at: a dead carrier is left within half a minute, its time to answer included."""
FEWEST, WORST = 3, 0.5
"""A carrier is left when at least so many answers, and this share of all, were errors of its own, or took too long."""
SLOW = timedelta(seconds=5)
TRIAL_LEASE = timedelta(seconds=60)
"""After which a trial whose sender died is made again."""
BUSY = "429"
CARRIERS = UUID("5bd1f1e3-0c0c-4f6a-9a57-2d5a6a3c9f10")


@dataclass(frozen=True, slots=True)
class Lately:
    """A carrier's answers within the window: how many, how many of them errors of its own, and how many slow."""

    answers: int
    errors: int
    slow: int


def id_of(name: str) -> UUID:
    """The id under which a carrier's facts are told."""
    return uuid5(CARRIERS, name)


def is_its_fault(carrier: str, code: str | None) -> bool:
    """Whether an answer (None: none came) tells of trouble with the carrier, not with one text or number."""
    if code is None:
        return True
    return code in (NO_CONNECTION, BUSY) or family(carrier, code) in (Family.CONTRACT, Family.UNSURE)


def is_certainly_its_fault(carrier: str, code: str) -> bool:
    """Whether a refusal tells of trouble with the carrier, and that nothing went out."""
    return is_its_fault(carrier, code) and family(carrier, code) is not Family.UNSURE


def why_leave(lately: Lately) -> Literal["errors", "slow"] | None:
    """Why the carrier should be left now, if it should."""
    if lately.errors >= FEWEST and lately.errors >= WORST * lately.answers:
        return "errors"
    if lately.slow >= FEWEST and lately.slow >= WORST * lately.answers:
        return "slow"
    return None


def next_trial(tries: int) -> timedelta:
    """How long to wait before a text is tried with a carrier that failed `tries` times: ten seconds, doubling."""
    return min(timedelta(minutes=5), timedelta(seconds=10 << min(tries - 1, 10)))


def pick(shares: Mapping[str, int], out_id: UUID) -> str:
    """A carrier by its share; the same number always falls to the same one."""
    point = (out_id.int & 0xFFFFFFFF) % sum(shares.values())
    for name, share in shares.items():
        if point < share:
            return name
        point -= share
    raise AssertionError("the point lies within the sum")
