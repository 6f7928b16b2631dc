"""What is going on when the blow falls: one step of a service's life each, with what must have come of it in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from infra.chaos.toy import Counted, Folded, count, rows
from shared import clock, outbox
from shared.event import Event
from shared.inbox import TRIES
from shared.outbox import Parcel
from shared.relay import Puller, Pusher
from shared.service import Service
from shared.testing import LocalPeers, MemoryBus

POISON = 13


@dataclass
class Scene:
    """`before` sets the stage, `act` is struck, `accepted` numbers must be told and heard, `unknown` ones may be."""

    act: Callable[[Service, Service], Any]
    before: Callable[[Service, Service], Any] = lambda _tells, _hears: None
    accepted: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    poisoned: bool = False


def tell_some(tells: Service, hears: Service) -> None:
    """Five facts wait for the listener, who has said what it wants."""
    count(tells, 1, 2, 3)
    count(tells, 4, 5, kind=Folded)
    with tells.begin() as unit:
        outbox.subscribe(unit.cursor(), tells.source, "listener", hears.consumers.types, 0)


def command(tells: Service, _hears: Service) -> None:
    """One change with its fact and a job."""
    with tells.begin() as unit:
        unit.cursor().execute("INSERT INTO counted VALUES (9)")
        unit.emit(Counted(n=9, thing="thing"))
        unit.later("write", "9")


def many(tells: Service, _hears: Service) -> None:
    """So many changes that they are copied in."""
    with tells.begin() as unit:
        unit.cursor().execute("INSERT INTO counted SELECT generate_series(1, 1000)")
        for n in range(1, 1001):
            unit.emit(Folded(n=n, thing="thing"))


def push(tells: Service, _hears: Service) -> None:
    """One round of the pusher."""
    Pusher(tells.engine, tells.source, MemoryBus()).push()


def apply(tells: Service, hears: Service) -> None:
    """One parcel from the bus."""
    hears.inbox.apply(everything(tells, hears))


def pull(tells: Service, hears: Service) -> None:
    """A look at the teller's head, and what is missing."""
    peers = cast(Any, LocalPeers("listener", {"teller": tells, "listener": hears}))
    Puller(hears.inbox, peers).look("/teller", patient=False)


def with_poison(tells: Service, hears: Service) -> None:
    """Two facts of one thing, the first of which fails, before others."""
    count(tells, POISON, 14, thing="poisoned")
    tell_some(tells, hears)


def fail_often(tells: Service, hears: Service, *, times: int = TRIES - 1) -> None:
    """Try the poisoned fact, as often as it may fail."""
    for _ in range(times):
        hears.inbox.apply(everything(tells, hears))
        with hears.begin() as unit:
            unit.cursor().execute("UPDATE inbox SET retry_at = now() WHERE retry_at IS NOT NULL")


def almost_parked(tells: Service, hears: Service) -> None:
    """One more failure, and the poisoned fact is set aside."""
    with_poison(tells, hears)
    fail_often(tells, hears)


def apply_until_parked(tells: Service, hears: Service) -> None:
    """Try until the poisoned fact is set aside and the rest is applied."""
    fail_often(tells, hears, times=TRIES + 1)


def parked(tells: Service, hears: Service) -> None:
    """The poisoned fact and the one behind it are set aside; then the fault is mended."""
    with_poison(tells, hears)
    fail.mended = False
    apply_until_parked(tells, hears)
    fail.mended = True


def replay(_tells: Service, hears: Service) -> None:
    """Apply what was parked."""
    hears.inbox.replay("/teller", "poisoned", who="operator", note="mended")


def job_waits(tells: Service, _hears: Service) -> None:
    """A job is due."""
    with tells.begin() as unit:
        unit.later("write", "a", clock.now() - timedelta(seconds=1))


def work(tells: Service, _hears: Service) -> None:
    """Do it."""
    tells.desk.work(["jobs"])


def everything(tells: Service, hears: Service) -> Parcel:
    """The whole log as one parcel."""
    with tells.begin() as unit:
        return outbox.read(unit.cursor(), tells.source, 0, hears.consumers.types)


class _Poisoned:
    """Number 13 cannot be applied until mended."""

    mended = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Counted) and event.n == POISON and not self.mended:
            raise ValueError("unlucky")


fail = _Poisoned()

SCENES = {
    "a command": Scene(command, unknown={9}),
    "a bulk command": Scene(many, unknown=set(range(1, 1001))),
    "a push": Scene(push, tell_some, accepted={1, 2, 3, 4, 5}),
    "an apply": Scene(apply, tell_some, accepted={1, 2, 3, 4, 5}),
    "a pull": Scene(pull, tell_some, accepted={1, 2, 3, 4, 5}),
    "a parking": Scene(apply, almost_parked, accepted={1, 2, 3, 4, 5, 13, 14}, poisoned=True),
    "a replay": Scene(replay, parked, accepted={1, 2, 3, 4, 5, 13, 14}, poisoned=True),
    "a job": Scene(work, job_waits),
}


def jobs(service: Service) -> list[tuple[Any, ...]]:
    """What was done, and what the jobs' rows say."""
    return rows(service.engine, "SELECT key, state, (SELECT count(*) FROM done WHERE done.key = job.key) FROM job ORDER BY key")
