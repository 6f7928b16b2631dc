"""The relay's parts: pushing, pulling, jobs, the schedule; and the loops around them, on real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from infra.chaos.toy import Counted, Folded, Unheard, count, heard, rows
from shared import outbox
from shared.bus import BACKLOG, BusDown
from shared.outbox import Parcel
from shared.peers import PeerDown
from shared.relay import Puller, Pushed, Pusher, Relay, run_due
from shared.schedule import Schedule
from shared.service import Service
from shared.testing import MemoryBus, World
from shared.unit import Unit

NewToy = Callable[..., Service]
NewPair = Callable[..., World]


def subscribe(teller: Service, name: str, *types: str, applied: int = 0) -> None:
    with teller.begin() as unit:
        outbox.subscribe(unit.cursor(), teller.source, name, list(types), applied)


def sequences(bus: MemoryBus, name: str) -> list[list[int]]:
    """The numbers in each parcel waiting for a subscriber."""
    return [[fact.sequence for fact in Parcel.of(raw).unpack()] for raw in bus.queues.get(name, ())]


@pytest.fixture
def teller(new_toy: NewToy) -> Service:
    return new_toy("teller")


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def pusher(teller: Service, bus: MemoryBus) -> Pusher:
    return Pusher(teller.engine, teller.source, bus)


def test_each_subscriber_is_sent_what_it_wants_once(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.counted")
    subscribe(teller, "b", "teller.folded", "teller.counted")
    count(teller, 1, 2, kind=Counted)
    count(teller, 3, kind=Folded)
    for _ in range(3):
        assert pusher.push() is Pushed.ALL
    count(teller, 4)
    pusher.push()
    assert sequences(bus, "a") == [[1, 2], [4]]
    assert sequences(bus, "b") == [[1, 2, 3], [4]]


def test_a_long_log_goes_in_parcels_one_after_the_other(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.folded")
    with teller.begin() as unit:
        for n in range(1_100):
            unit.emit(Folded(n=n, thing="thing"))
    assert [pusher.push() for _ in range(3)] == [Pushed.MORE, Pushed.MORE, Pushed.ALL]
    assert [len(parcel) for parcel in sequences(bus, "a")] == [500, 500, 100]


def test_facts_nobody_wants_are_not_sent(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.counted")
    with teller.begin() as unit:
        unit.emit(Unheard(thing="thing"))
    assert pusher.push() is Pushed.ALL
    count(teller, 1)
    pusher.push()
    assert sequences(bus, "a") == [[2]]


def test_a_relay_started_anew_goes_on_where_the_last_one_was(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.counted")
    count(teller, 1, 2)
    pusher.push()
    count(teller, 3)
    Pusher(teller.engine, teller.source, bus).push()
    assert sequences(bus, "a") == [[1, 2], [3]]


def test_what_a_subscriber_has_pulled_is_not_pushed_any_more(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.counted")
    count(teller, 1, 2, 3)
    subscribe(teller, "a", "teller.counted", applied=2)
    pusher.push()
    assert sequences(bus, "a") == [[3]]


def test_a_full_queue_holds_back_its_own_subscriber_only(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.counted")
    subscribe(teller, "b", "teller.counted")
    for n in range(BACKLOG):
        count(teller, n)
        pusher.push()
        bus.queues["b"].clear()
    count(teller, 99)
    assert pusher.push() is Pushed.FULL
    assert (len(bus.queues["a"]), len(bus.queues["b"])) == (BACKLOG, 1)
    bus.queues["a"].popleft()
    assert pusher.push() is Pushed.ALL
    assert sequences(bus, "a")[-1] == [BACKLOG + 1]


def test_a_bus_that_is_down_is_noted_and_nothing_is_forgotten(teller: Service, bus: MemoryBus, pusher: Pusher) -> None:
    subscribe(teller, "a", "teller.counted")
    count(teller, 1)
    bus.down = True
    with pytest.raises(BusDown):
        pusher.push()
    assert rows(teller.engine, "SELECT pushed_seq, last_error FROM subscriber") == [(0, "switched off")]
    bus.down = False
    pusher.push()
    assert sequences(bus, "a") == [[1]]
    assert rows(teller.engine, "SELECT pushed_seq, last_error FROM subscriber") == [(1, "")]


class Uncertain(MemoryBus):
    """Takes the parcel, and says it did not."""

    def send(self, subscriber: str, parcel: Parcel) -> None:
        super().send(subscriber, parcel)
        raise BusDown("no answer")


def test_a_parcel_that_may_have_arrived_is_sent_again_and_applied_once(new_pair: NewPair) -> None:
    world = new_pair()
    world.bus = uncertain = Uncertain()
    pusher = Pusher(world.services["teller"].engine, "/teller", uncertain)
    count(world.services["teller"], 1, 2)
    for _ in range(2):
        with pytest.raises(BusDown):
            pusher.push()
    assert sequences(uncertain, "listener") == [[1, 2], [1, 2]]
    for raw in uncertain.queues["listener"]:
        world.services["listener"].inbox.apply(Parcel.of(raw))
    assert heard(world.services["listener"]) == [1, 2]


def test_a_patient_look_waits_while_the_cursor_moves_and_pulls_when_it_does_not(new_pair: NewPair) -> None:
    world = new_pair()
    puller = world.pullers["listener"]
    puller.look("/teller")
    count(world.services["teller"], 1)
    puller.look("/teller")
    assert heard(world.services["listener"]) == [1]


class TwoSources(Puller):
    """One of the two it listens to cannot be dealt with."""

    looked: list[str]

    def sources(self) -> list[str]:
        return ["/broken", "/away", "/teller"]

    def look(self, source: str, *, patient: bool = True) -> None:
        self.looked.append(source)
        if source == "/broken":
            raise ValueError("nonsense from there")
        if source == "/away":
            raise PeerDown("nobody there")
        super().look(source, patient=patient)


@contextmanager
def running(service: Service, bus: MemoryBus, puller: Puller | None = None) -> Iterator[Relay]:
    """A relay at work in threads of this process."""
    relay = Relay(
        database_url=service.settings.database_url,
        pusher=Pusher(service.engine, service.source, bus),
        puller=puller or service.puller,
        desk=service.desk,
        schedule=service.schedule,
        begin=service.begin,
        bus=bus,
    )
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join()


def becomes(true: Callable[[], bool]) -> bool:
    """Whether something comes true within a long while."""
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_running_relay_pushes_what_is_committed_and_rings_for_jobs(teller: Service, bus: MemoryBus) -> None:
    subscribe(teller, "a", "teller.counted")
    with running(teller, bus):
        count(teller, 1)
        assert becomes(lambda: sequences(bus, "a") == [[1]])
        with teller.begin() as unit:
            unit.later("write", "x")
        assert becomes(lambda: bus.rings == {"jobs"})
    assert rows(teller.engine, "SELECT key FROM done") == []


def test_without_redis_the_relay_does_the_jobs_itself_and_pulls(new_pair: NewPair) -> None:
    world = new_pair()
    bus = MemoryBus()
    bus.down = True
    with running(world.services["listener"], bus, world.pullers["listener"]):
        count(world.services["teller"], 1, 2)
        assert becomes(lambda: heard(world.services["listener"]) == [1, 2])
        with world.services["listener"].begin() as unit:
            for n in range(60):
                unit.later("write", str(n))
        assert becomes(lambda: rows(world.services["listener"].engine, "SELECT count(*) FROM done") == [(60,)])


def test_a_second_relay_waits_and_takes_over(teller: Service) -> None:
    subscribe(teller, "a", "teller.counted")
    first_bus, second_bus = MemoryBus(), MemoryBus()
    with running(teller, first_bus) as first:
        count(teller, 1)
        assert becomes(lambda: sequences(first_bus, "a") == [[1]])
        with running(teller, second_bus):
            count(teller, 2)
            assert becomes(lambda: sequences(first_bus, "a") == [[1], [2]])
            first.stop()
            count(teller, 3)
            assert becomes(lambda: [3] in sequences(second_bus, "a"))
    assert [1] not in sequences(second_bus, "a")


def test_one_source_that_fails_does_not_hold_up_the_others(new_pair: NewPair) -> None:
    world = new_pair()
    listener = world.services["listener"]
    puller = TwoSources(listener.inbox, world.pullers["listener"].peers)
    puller.looked = []
    count(world.services["teller"], 1)
    bus = MemoryBus()
    bus.down = True
    with running(listener, bus, puller):
        assert becomes(lambda: heard(listener) == [1] and puller.looked.count("/broken") > 1)


def test_a_relay_outlives_the_loss_of_its_connections(teller: Service, bus: MemoryBus) -> None:
    subscribe(teller, "a", "teller.counted")
    with running(teller, bus):
        count(teller, 1)
        assert becomes(lambda: sequences(bus, "a") == [[1]])
        with psycopg.connect(teller.settings.database_url.replace("+psycopg", "")) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teller.close()
        count(teller, 2)
        assert becomes(lambda: [2] in sequences(bus, "a"))


def test_ticks_run_at_their_interval_and_one_that_fails_stops_no_other(teller: Service) -> None:
    schedule = Schedule()
    ran: list[str] = []

    @schedule.every(timedelta(seconds=10))
    def broken(_: Unit) -> None:
        ran.append("broken")
        raise ValueError

    @schedule.every(timedelta(seconds=60))
    def sound(unit: Unit) -> None:
        ran.append("sound")
        unit.emit(Unheard(thing=str(len(ran))))

    last: dict[int, float] = {}
    for at in (0.0, 5.0, 10.0, 60.0, 60.0):
        run_due(schedule, last, at, teller.begin)
    assert ran == ["broken", "sound", "broken", "broken", "sound"]
    assert rows(teller.engine, "SELECT count(*) FROM outbox") == [(2,)]


def test_a_tick_that_meets_a_database_fault_says_so(teller: Service) -> None:
    schedule = Schedule()

    @schedule.every(timedelta(seconds=1))
    def unlucky(_: Unit) -> None:
        raise psycopg.errors.AdminShutdown("terminating connection")

    with pytest.raises(psycopg.errors.AdminShutdown):
        run_due(schedule, {}, 0.0, teller.begin)
