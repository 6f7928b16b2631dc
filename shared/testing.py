"""What tests are written with: `Bench`, one service on a real database; `World`, several in one thread; a bus without Redis."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID, uuid4

from sqlmodel import Session, SQLModel, select

from shared import clock, outbox
from shared.auth import COOKIE, Principal, sign_session
from shared.bus import BACKLOG, BusDown
from shared.crypto import Keyring
from shared.event import Event, new_id, with_sequence
from shared.inbox import Outcome
from shared.outbox import Head, Parcel
from shared.peers import PeerDown
from shared.relay import Puller, Pusher, run_due
from shared.service import Service
from shared.unit import Unit

if TYPE_CHECKING:
    from fastapi import FastAPI

R = TypeVar("R")
T = TypeVar("T", bound=SQLModel)

START = datetime(2021, 5, 10, 1, 0, tzinfo=UTC)
"""Monday 10 May 2021, 09:00 in Shanghai: when a test's clock stands unless it moves it."""


class Bench:
    """One service with a frozen clock. `said` is what it told since the last `run`, `hear` or `work`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.said: list[Event] = []
        self._logs: dict[str, tuple[UUID, int, UUID | None]] = {}
        clock.freeze(START)

    def at(self, moment: datetime | timedelta) -> None:
        """Move the clock to a moment, or by a span."""
        clock.freeze(clock.now() + moment if isinstance(moment, timedelta) else moment)

    def add(self, *rows: T) -> T:
        """Put rows in as they are, without telling anybody; returns the first."""
        with Session(self.service.engine, expire_on_commit=False) as session:
            session.add_all(rows)
            session.commit()
        return rows[0]

    def run(self, feature: Callable[[Any, Unit], R], command: Any) -> R:
        """Carry out one command in a unit of its own."""
        mark = self._sequence()
        with self.service.begin() as unit:
            result = feature(command, unit)
        self._listen(mark, unit.said)
        return result

    def hear(self, *events: Event, source: str | None = None) -> None:
        """Deliver events as another service would, twice: the second delivery must find nothing to do."""
        mark = self._sequence()
        source = source or f"/{events[0].type.split('.')[0]}"
        log_id, seq, last = self._logs.get(source, (uuid4(), 0, None))
        rows = [outbox.row(event, source=source, at=clock.now(), correlationid=uuid4().hex) for event in events]
        bodies = [with_sequence(row[3], number) for number, row in enumerate(rows, start=seq + 1)]
        types = tuple(self.service.consumers.types)
        parcel = Parcel(source, log_id, seq, last, seq + len(rows), rows[-1][0], types, f"[{','.join(bodies)}]")
        self._logs[source] = (log_id, parcel.upto, parcel.upto_id)
        assert self.service.inbox.apply(parcel) is Outcome.APPLIED
        self._listen(mark)
        after = self._sequence()
        assert self.service.inbox.apply(parcel) is Outcome.APPLIED
        assert self._sequence() == after, "a second delivery of the same events told something again"
        letters = self.query("SELECT type, reason FROM dead_letter WHERE state = 'parked'")
        assert not letters, f"parked: {letters}"

    def work(self, *lanes: str) -> int:
        """Do the jobs that are due (of all lanes unless some are named)."""
        mark = self._sequence()
        done = self.service.desk.work(lanes or self.service.jobs.lanes)
        self._listen(mark)
        failed = self.query("SELECT kind, key, error FROM job WHERE error <> '' AND state <> 'done'")
        assert not failed, f"failed jobs: {failed}"
        assert not self.service.desk.resting, f"failed groups: {list(self.service.desk.resting)}"
        return done

    def tick(self) -> None:
        """Run everything on the schedule once."""
        mark = self._sequence()
        run_due(self.service.schedule, {}, 0.0, self.service.begin)
        self._listen(mark)

    def all(self, table: type[T]) -> list[T]:
        """Every row of a table."""
        with Session(self.service.engine, expire_on_commit=False) as session:
            return list(session.exec(select(table)).all())

    def get(self, table: type[T], key: Any) -> T:
        """The row with this key, read afresh."""
        with Session(self.service.engine, expire_on_commit=False) as session:
            row = session.get(table, key)
            assert row is not None, f"no {table.__name__} {key}"
            return row

    def query(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows that plain SQL finds."""
        with self.service.engine.begin() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql, parameters or None).all()]

    @cached_property
    def app(self) -> FastAPI:
        """The service's web application, as one process serves it."""
        return self.service.web(self.service)

    def client(
        self,
        *roles: str,
        id: UUID | None = None,
        browser: bool = False,
        elsewhere: bool = False,
        limits: Mapping[str, Iterable[object]] | None = None,
    ) -> Any:
        """An HTTP client, logged in when roles are named (inside `limits`); `elsewhere`: served as by another process."""
        from starlette.testclient import TestClient

        headers = {"accept": "text/html", "sec-fetch-site": "same-origin"} if browser else {"sec-fetch-site": "same-origin"}
        app = self.service.web(self.service) if elsewhere else self.app
        client = TestClient(app, raise_server_exceptions=False, headers=headers, follow_redirects=False)
        if roles:
            kind = "resident" if roles == ("resident",) else "staff"
            inside = {kind: frozenset(map(str, places)) for kind, places in (limits or {}).items()}
            principal = Principal(id=id or new_id(), kind=kind, name="测试", roles=frozenset(roles), limits=inside)
            client.cookies.set(COOKIE, sign_session(Keyring(self.service.settings.keys, "registration"), principal))
        return client

    def _sequence(self) -> int:
        return int(self.query("SELECT seq FROM outbox_head")[0][0])

    def _listen(self, mark: int, said: list[Event] | None = None) -> None:
        rows = self.query("SELECT type, body FROM outbox WHERE seq > %s ORDER BY seq", (mark,))
        assert said is None or [event.type for event in said] == [type for type, _ in rows], (
            "what was said is not what was recorded"
        )
        classes = event_classes()
        self.said = [classes[type].decode(json.loads(body)["data"], classes[type].version) for type, body in rows]


class MemoryBus:
    """A bus in one process: parcels wait in queues until somebody delivers them."""

    def __init__(self) -> None:
        self.queues: dict[str, deque[dict[str, Any]]] = {}
        self.rings: set[str] = set()
        self.down = False

    def has_room(self, subscriber: str) -> bool:
        """Whether fewer than `BACKLOG` parcels wait there."""
        self.check()
        return len(self.queues.get(subscriber, ())) < BACKLOG

    def send(self, subscriber: str, parcel: Parcel) -> None:
        """Put a parcel in the subscriber's queue."""
        self.check()
        self.queues.setdefault(subscriber, deque()).append(json.loads(json.dumps(parcel.as_json())))

    def ring(self, lane: str) -> None:
        """Note the ring."""
        self.check()
        self.rings.add(lane)

    def check(self) -> None:
        """Raise `BusDown` while `down` is set."""
        if self.down:
            raise BusDown("switched off")


class LocalPeers:
    """The calls between services, made straight to the other's database; those in `away` do not tell what they keep."""

    def __init__(self, name: str, services: dict[str, Service]) -> None:
        self.name, self.services = name, {service.source: service for service in services.values()}
        self.away: set[str] = set()

    def sources(self, names: set[str]) -> list[str]:
        """The logs of the services called `names`."""
        return [source for source, service in self.services.items() if service.name in names]

    def subscribe(self, source: str, types: list[str], applied: int) -> Head:
        """As `Peers.subscribe`."""
        with self.services[source].begin() as unit:
            return outbox.subscribe(unit.cursor(), source, self.name, types, applied)

    def pull(self, source: str, types: list[str], after: int, limit: int = outbox.PARCEL) -> Parcel:
        """As `Peers.pull`."""
        with self.services[source].begin() as unit:
            return outbox.read(unit.cursor(), source, after, types, limit)

    def person(self, source: str, resident_id: UUID) -> dict[str, Any]:
        """As `Peers.person`."""
        if source in self.away:
            raise PeerDown(f"{source} is away")
        with self.services[source].begin() as unit:
            found: dict[str, Any] = json.loads(json.dumps(self.services[source].about(resident_id, unit), default=str))
        return found

    def close(self) -> None:
        """As `Peers.close`."""

    def recount(self, source: str) -> dict[str, int]:
        """As `Peers.recount`."""
        with self.services[source].begin() as unit:
            return self.services[source].recount(unit.cursor())


class World:
    """Several services in one thread. `settle()` relays, consumes and works until nothing moves any more."""

    def __init__(self, services: Iterable[Service], bus: MemoryBus | None = None) -> None:
        self.services = {service.name: service for service in services}
        self.benches = {name: Bench(service) for name, service in self.services.items()}
        self.bus = bus or MemoryBus()
        self.pullers: dict[str, Puller] = {}
        self.pushers: dict[str, Pusher] = {}
        self.peers: dict[str, LocalPeers] = {}
        for name, service in self.services.items():
            self.peers[name] = LocalPeers(name, self.services)
            service.peers = cast(Any, self.peers[name])
            self.pullers[name] = Puller(service.inbox, cast(Any, self.peers[name]))
            self.pushers[name] = Pusher(service.engine, service.source, self.bus)
        self._look()

    def __getitem__(self, name: str) -> Bench:
        """The bench of one service."""
        return self.benches[name]

    def at(self, moment: datetime | timedelta) -> None:
        """Move every service's clock."""
        next(iter(self.benches.values())).at(moment)

    def settle(self) -> None:
        """Run the whole world until it is quiet; anything parked or failed is an error."""
        for _ in range(200):
            before, done = self._state(), 0
            for name, service in self.services.items():
                if not self.bus.down:
                    self.pushers[name].push()
                self._deliver(name)
                done += service.desk.work(service.jobs.lanes)
            self._look()
            if self._state() == before and not done:
                break
        else:
            raise AssertionError("the world does not come to rest")
        for name, bench in self.benches.items():
            letters = bench.query("SELECT source, type, reason FROM dead_letter WHERE state = 'parked'")
            assert not letters, f"{name} parked {letters}"
            failed = bench.query("SELECT kind, key, error FROM job WHERE state = 'failed'")
            assert not failed, f"{name} failed {failed}"
            assert not bench.service.desk.resting, f"{name} rests {list(bench.service.desk.resting)}"

    def tick(self) -> None:
        """Run every service's schedule once."""
        for bench in self.benches.values():
            bench.tick()

    def _deliver(self, name: str) -> None:
        queue = self.bus.queues.get(name, deque())
        while queue:
            parcel = Parcel.of(queue.popleft())
            if self.services[name].inbox.apply(parcel) is Outcome.GAP:
                self.pullers[name].catch_up(parcel.source)

    def _look(self) -> None:
        for puller in self.pullers.values():
            for source in puller.sources():
                puller.look(source, patient=False)

    def _state(self) -> list[Any]:
        return [
            (
                bench.query("SELECT seq FROM outbox_head"),
                bench.query("SELECT source, seq FROM inbox ORDER BY 1"),
                bench.query("SELECT count(*), max(done_at) FROM job"),
            )
            for bench in self.benches.values()
        ]


def event_classes() -> dict[str, type[Event]]:
    """Every event class of the published language, by wire type."""
    import shared.contracts.notify
    import shared.contracts.registration
    import shared.contracts.reports
    import shared.contracts.stations

    modules = (shared.contracts.notify, shared.contracts.registration, shared.contracts.reports, shared.contracts.stations)
    found = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Event) and value.type
    ]
    return {event.type: event for event in found}
