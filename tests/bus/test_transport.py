"""One suite for every bus: the one in memory that tests use, and Celery on Valkey with a worker process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from redis import Redis

from infra.chaos.toy import Folded, count, heard, rows
from infra.local.valkey import Valkey, start_valkey
from shared import outbox
from shared.bus import APPLY, BACKLOG, RINGS, WORK, Bus, BusDown, CeleryBus
from shared.relay import Pushed, Pusher
from shared.service import Service
from shared.testing import MemoryBus
from tests.bus.servers import serving


class Line:
    """A teller, a bus and a listener at its end."""

    bus: Bus

    def __init__(self, tells: Service, hears: Service) -> None:
        self.teller, self.listener = tells, hears
        self.pusher: Pusher

    def deliver(self) -> None:
        """Everything on the bus reaches the listener's worker."""

    def wipe(self) -> None:
        """Everything on the bus is lost."""

    def switch(self, on: bool) -> None:
        """The bus goes away, or comes back."""

    def put(self, raw: Any) -> None:
        """Put something of one's own into the listener's queue."""

    def close(self) -> None:
        """Hang up."""

    def subscribe(self) -> None:
        """The listener says what it wants, and how far it is."""
        self.listener.puller.look("/teller")


class MemoryLine(Line):
    """The bus is a few queues in this process; the worker's task is called here."""

    def __init__(self, tells: Service, hears: Service) -> None:
        super().__init__(tells, hears)
        self.bus = self.memory = MemoryBus()
        self.memory.queues["listener"] = deque()
        self.pusher = Pusher(tells.engine, tells.source, self.bus)

    def deliver(self) -> None:
        apply, work = self.listener.events_worker().tasks[APPLY], self.listener.jobs_worker(["jobs"]).tasks[WORK]
        queue = self.memory.queues["listener"]
        while queue:
            apply(queue.popleft())
        for lane in self.memory.rings:
            work(lane)

    def wipe(self) -> None:
        self.memory.queues["listener"].clear()

    def switch(self, on: bool) -> None:
        self.memory.down = not on

    def put(self, raw: Any) -> None:
        self.memory.queues["listener"].append(raw)


class CeleryLine(Line):
    """The bus is Celery on Valkey; the listener's real workers run in threads while `deliver` waits for them."""

    def __init__(self, tells: Service, hears: Service, valkey: Valkey) -> None:
        super().__init__(tells, hears)
        self.valkey = valkey
        self.bus = self.celery = CeleryBus("teller", valkey.url)
        self.pusher = Pusher(tells.engine, tells.source, self.bus)
        self.redis = Redis.from_url(valkey.url)

    def deliver(self) -> None:
        for app in (self.listener.events_worker(), self.listener.jobs_worker(["jobs"])):
            if self.waiting(app.conf.task_default_queue):
                with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR", shutdown_timeout=60):
                    deadline = time.monotonic() + 60
                    while self.waiting(app.conf.task_default_queue):
                        assert time.monotonic() < deadline
                        time.sleep(0.02)

    def waiting(self, queue: str) -> int:
        """How many messages wait in the queue or are being handled."""
        return int(self.redis.llen(queue)) + int(self.redis.zcard("listener.unacked_index"))

    def wipe(self) -> None:
        self.redis.flushall()

    def switch(self, on: bool) -> None:
        if on:
            self.valkey.start()
        else:
            self.valkey.kill()

    def put(self, raw: Any) -> None:
        self.celery._publish(APPLY, "bus.listener", [raw])

    def close(self) -> None:
        self.celery.close()
        self.redis.close()


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = start_valkey(tmp_path_factory.mktemp("valkey"))
    yield server
    server.kill()


@pytest.fixture(params=["memory", "celery"])
def line(request: pytest.FixtureRequest, new_toy: Callable[..., Service]) -> Iterator[Line]:
    valkey = request.getfixturevalue("valkey") if request.param == "celery" else None
    given = {"redis_url": valkey.url if valkey else ""}
    tells = new_toy("teller", **given)
    with serving(tells.web(tells)) as url:
        hears = new_toy("listener", peers={"teller": url}, **given)
        made = CeleryLine(tells, hears, valkey) if valkey else MemoryLine(tells, hears)
        made.wipe()
        made.subscribe()
        yield made
        made.close()


def push_all(line: Line) -> None:
    while line.pusher.push() is Pushed.MORE:
        pass


def test_what_is_pushed_is_applied_in_order(line: Line) -> None:
    with line.teller.begin() as unit:
        for n in range(1_200):
            unit.emit(Folded(n=n, thing=str(n % 3)))
    count(line.teller, *range(1_200, 1_210))
    push_all(line)
    line.deliver()
    assert heard(line.listener) == list(range(1_210))


def test_what_arrives_twice_is_applied_once(line: Line) -> None:
    count(line.teller, 1, 2, 3)
    push_all(line)
    Pusher(line.teller.engine, line.teller.source, line.bus).push()
    with line.teller.begin() as unit:
        unit.cursor().execute("UPDATE subscriber SET pushed_seq = 0")
    Pusher(line.teller.engine, line.teller.source, line.bus).push()
    line.deliver()
    assert heard(line.listener) == [1, 2, 3]


def test_what_was_lost_is_pulled_when_the_next_parcel_shows_the_gap(line: Line) -> None:
    count(line.teller, 1, 2)
    push_all(line)
    line.wipe()
    count(line.teller, 3)
    push_all(line)
    line.deliver()
    assert heard(line.listener) == [1, 2, 3]


@pytest.mark.parametrize("nonsense", [{}, [], None, {"source": "/teller"}, "text"], ids=repr)
def test_nonsense_in_the_queue_disturbs_nothing_else(line: Line, nonsense: Any) -> None:
    count(line.teller, 1)
    push_all(line)
    line.put(nonsense)
    count(line.teller, 2)
    push_all(line)
    line.deliver()
    assert heard(line.listener) == [1, 2]


def test_a_corrupted_parcel_is_dropped_and_pulled_anew(line: Line) -> None:
    count(line.teller, 1, 2)
    with line.teller.begin() as unit:
        parcel = outbox.read(unit.cursor(), "/teller", 0, line.listener.consumers.types)
    push_all(line)
    line.wipe()
    line.put(parcel.as_json() | {"events": parcel.events[:-20]})
    line.put(parcel.as_json() | {"after": 1})
    line.deliver()
    line.listener.puller.look("/teller", patient=False)
    assert heard(line.listener) == [1, 2]


def test_a_queue_has_room_until_it_is_full(line: Line) -> None:
    for n in range(BACKLOG):
        assert line.bus.has_room("listener")
        count(line.teller, n)
        assert line.pusher.push() is Pushed.ALL
    count(line.teller, BACKLOG)
    assert line.pusher.push() is Pushed.FULL
    line.deliver()
    push_all(line)
    line.deliver()
    assert heard(line.listener) == list(range(BACKLOG + 1))


def test_a_bus_that_goes_away_says_so_and_is_used_again_when_it_is_back(line: Line) -> None:
    count(line.teller, 1)
    line.switch(on=False)
    for call in (line.bus.check, lambda: line.bus.ring("jobs"), line.pusher.push):
        with pytest.raises(BusDown):
            call()
    line.switch(on=True)
    wait_for(line.bus.check)
    push_all(line)
    line.deliver()
    assert heard(line.listener) == [1]


def test_rings_wake_workers_and_do_not_pile_up(line: Line) -> None:
    ring: Bus = CeleryBus("listener", line.valkey.url) if isinstance(line, CeleryLine) else line.bus
    with line.listener.begin() as unit:
        unit.later("write", "a")
    for _ in range(5 * RINGS):
        ring.ring("jobs")
    if isinstance(line, CeleryLine):
        assert line.waiting("jobs.listener") == RINGS
    line.deliver()
    assert rows(line.listener.engine, "SELECT key FROM done") == [("a",)]


def wait_for(call: Callable[[], None]) -> None:
    """Call until it does not say that the bus is down."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return call()
        except BusDown:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_without_a_url_there_is_no_bus() -> None:
    with pytest.raises(BusDown):
        CeleryBus("teller", "").check()
