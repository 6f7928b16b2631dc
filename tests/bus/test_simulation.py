"""Whatever a bus does, whenever services die: every accepted fact is applied once and in order, and all come level in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from infra.chaos.toy import NAMES, Counted, Folded, make_tables, rows
from shared.bus import BusDown
from shared.crypto import create_keys
from shared.event import Event
from shared.faults import DATABASE_AWAY
from shared.inbox import Inbox, Outcome
from shared.outbox import Parcel
from shared.peers import PeerDown
from shared.relay import Puller, Pusher
from shared.service import Service
from shared.testing import LocalPeers, MemoryBus
from tests.bus.mortal import Blow, Death, Fate, Ground
from tests.bus.test_checker import CursorAfterwards, with_inbox
from tests.conftest import Databases

names = st.sampled_from(NAMES)

FAULTS = (
    *("willing", "refusing", "uncertain"),
    *("peers away", "peers back"),
    *("database ill", "database well"),
    *("a parcel lost", "all lost"),
)


class Faulty(MemoryBus):
    """A bus that may refuse a parcel, or take it and say that it did not."""

    mood = "willing"

    def send(self, subscriber: str, parcel: Parcel) -> None:
        """Take the parcel, as the mood is."""
        if self.mood == "refusing":
            raise BusDown("refused")
        super().send(subscriber, parcel)
        if self.mood == "uncertain":
            raise BusDown("no answer")


class Trouble:
    """While switched on, the listener's database fails in the middle of a handler."""

    on = False

    def __call__(self, _: Event) -> None:
        """Fail as a database does."""
        if self.on:
            raise DATABASE_AWAY[3]("the connection is lost")


class Simulation(RuleBasedStateMachine):
    """Teller and listener on real databases; the model is the list of numbers whose command was accepted."""

    ground: Ground
    trouble: Trouble

    @initialize()
    def begin(self) -> None:
        """A clean ground, and the listener known to the teller."""
        self.ground.clean()
        self.trouble.on = False
        self.services = {"teller": self.ground.teller, "listener": self.ground.listener}
        self.bus = Faulty()
        self.peer_away = False
        self.accepted: list[int] = []
        self.unknown: set[int] = set()
        self.next = 0
        for name in NAMES:
            self.new_life(name)
            self.look(name)

    @rule(many=st.integers(1, 5), kind=st.sampled_from([Counted, Folded]), thing=st.sampled_from("abc"))
    def tell(self, many: int, kind: type[Counted] | type[Folded], thing: str) -> None:
        """A command is accepted, with one or several facts."""
        self._command(many, kind, thing)
        self.accepted += range(self.next - many, self.next)

    @rule(many=st.integers(1, 3))
    def change_ones_mind(self, many: int) -> None:
        """A command fails after it took its numbers."""
        with pytest.raises(RuntimeError):
            self._command(many, Counted, "a", RuntimeError())

    @rule(many=st.integers(1, 3), at=st.integers(1, 6), blow=st.sampled_from([Blow.DIES, Blow.CUT, Blow.CUT_AFTER]))
    def die_while_telling(self, many: int, at: int, blow: Blow) -> None:
        """The teller dies somewhere in a command, or loses its connection: whether it was accepted is unknown."""
        numbers = range(self.next, self.next + many)
        with self.ground.under(Fate(blow, at)) as (teller, _):
            living, self.services["teller"] = self.services["teller"], teller
            try:
                self._command(many, Counted, "a")
                self.accepted += numbers
            except (Death, *DATABASE_AWAY):
                self.unknown |= set(numbers)
            finally:
                self.services["teller"] = living

    @rule(name=names)
    def push(self, name: str) -> None:
        """One round of a relay."""
        try:
            self.pushers[name].push()
        except BusDown:
            assert self.bus.mood != "willing"

    @rule(name=names, at=st.integers(0, 50), keep=st.booleans())
    def deliver(self, name: str, at: int, keep: bool) -> None:
        """Any parcel waiting for a service arrives, not always the oldest, and perhaps once more later."""
        if (parcel := self._take(name, at, keep=keep)) is not None and self._apply(self.inboxes[name], parcel) is Outcome.GAP:
            self._pull(lambda: self.pullers[name].catch_up(self._other(name)))

    @rule(name=names, step=st.integers(1, 10), blow=st.sampled_from([Blow.DIES, Blow.CUT, Blow.CUT_AFTER]))
    def die_while_applying(self, name: str, step: int, blow: Blow) -> None:
        """There is news for a service, and its applier dies somewhere in it, or loses its connection.

        Not five times on end: a fact that ends its process so often is parked, and rightly so.
        """
        if rows(self.services[name].engine, "SELECT 1 FROM inbox WHERE tries >= 4"):
            return
        if name == "listener":
            self.tell(1, Counted, "a")
        news = self._missing(name)
        with self.ground.under(Fate(blow, step)) as pair, suppress(Death, *DATABASE_AWAY):
            pair[NAMES.index(name)].inbox.apply(news)

    @rule(name=names, patient=st.booleans())
    def look(self, name: str, patient: bool = False) -> None:
        """A service compares heads, and pulls when behind."""
        self._pull(lambda: self.pullers[name].look(self._other(name), patient=patient))

    @rule(name=names)
    def new_life(self, name: str) -> None:
        """A service's processes are started anew: what they remembered is gone."""
        service = self.services[name]
        if not hasattr(self, "inboxes"):
            self.inboxes: dict[str, Inbox] = {}
            self.pushers: dict[str, Pusher] = {}
            self.pullers: dict[str, Puller] = {}
        self.inboxes[name] = Inbox(service.engine, service.consumers, service.open)
        self.pushers[name] = Pusher(service.engine, service.source, self.bus)
        self.pullers[name] = Puller(self.inboxes[name], cast(Any, LocalPeers(name, self.services)))

    @rule(fault=st.sampled_from(FAULTS), name=names, at=st.integers(0, 50))
    def fault(self, fault: str, name: str, at: int) -> None:
        """Something begins, or ends, or happens to be lost."""
        match fault:
            case "willing" | "refusing" | "uncertain":
                self.bus.mood = fault
            case "peers away" | "peers back":
                self.peer_away = fault == "peers away"
            case "database ill" | "database well":
                self.trouble.on = fault == "database ill"
            case "a parcel lost":
                self._take(name, at, keep=False)
            case "all lost":
                self.bus.queues.clear()

    @precondition(lambda self: hasattr(self, "services"))
    @invariant()
    def what_is_heard_is_a_beginning_of_what_was_told(self) -> None:
        """At any time, each has applied the first so many facts, each once, in order."""
        for name in NAMES:
            told = rows(self.services[self._other(name)[1:]].engine, "SELECT seq FROM outbox ORDER BY seq")
            applied = rows(self.services[name].engine, "SELECT sequence FROM heard ORDER BY place")
            assert applied == told[: len(applied)]

    def teardown(self) -> None:
        """The faults end: all come level, and nothing is missing or double."""
        if not hasattr(self, "services"):
            return
        self.trouble.on = False
        self.ground.recover()
        assert self.ground.violations(accepted=set(self.accepted), unknown=self.unknown) == []

    def _command(self, many: int, kind: type[Counted] | type[Folded], thing: str, error: Exception | None = None) -> None:
        numbers = range(self.next, self.next + many)
        self.next += many
        with self.services["teller"].begin() as unit:
            unit.cursor().execute("INSERT INTO counted SELECT unnest(%s::bigint[])", (list(numbers),))
            for n in numbers:
                unit.emit(kind(n=n, thing=thing))
            if error:
                unit.record()
                raise error

    def _take(self, name: str, at: int, *, keep: bool) -> Parcel | None:
        queue = self.bus.queues.get(name)
        if not queue:
            return None
        raw = queue[at % len(queue)]
        if not keep:
            queue.remove(raw)
        return Parcel.of(raw)

    def _missing(self, name: str) -> Parcel:
        at = self.inboxes[name].cursor(self._other(name))
        return self.pullers[name].peers.pull(self._other(name), self.services[name].consumers.types, at)

    def _apply(self, inbox: Inbox, parcel: Parcel) -> Outcome | None:
        try:
            return inbox.apply(parcel)
        except DATABASE_AWAY:
            assert self.trouble.on
            return None

    def _pull(self, call: Callable[[], None]) -> None:
        try:
            if self.peer_away:
                raise PeerDown
            call()
        except PeerDown:
            pass
        except DATABASE_AWAY:
            assert self.trouble.on

    def _other(self, name: str) -> str:
        return f"/{NAMES[1 - NAMES.index(name)]}"


@pytest.fixture
def simulate(databases: Databases, keys: Path) -> Iterator[Callable[..., None]]:
    """Plays so many schedules with services of a kind."""
    create_keys(keys, NAMES)
    made: list[Ground] = []

    def play(schedules: int, base: type[Service] = Service, **options: Any) -> None:
        trouble = Trouble()
        made.append(Ground({name: databases.copy("toy", make_tables) for name in NAMES}, keys, trouble, base))
        Simulation.ground, Simulation.trouble = made[-1], trouble
        checks = list(HealthCheck)
        chosen = settings(max_examples=schedules, stateful_step_count=30, deadline=None, suppress_health_check=checks, **options)
        run_state_machine_as_test(Simulation, settings=chosen)

    yield play
    for ground in made:
        ground.close()


def test_every_accepted_fact_is_applied_once_in_order_whatever_happens(simulate: Callable[..., None]) -> None:
    simulate(100, print_blob=True)


def test_the_simulation_finds_a_cursor_that_moves_too_late(simulate: Callable[..., None]) -> None:
    with pytest.raises(AssertionError):
        simulate(600, with_inbox(CursorAfterwards), phases=[Phase.generate], report_multiple_bugs=False, database=None)
