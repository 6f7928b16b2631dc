"""From the commit in one service to the committed effect in another: our way of events, and plain Celery, in one run.

Ours is the product itself: units of stations that tell of visits, the relay process of stations, the events process of reports
with its inbox and projections. The rival is `plain_events`. Both have the same PostgreSQL and Valkey, and take turns.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from statistics import median, quantiles
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg

from infra.bench.ground import cpu_seconds, databases, numbered_database, resident_mb
from infra.bench.plain_events import PUBLISHER_TABLE, RECORD, SUBSCRIBER_TABLE
from infra.bench.plain_events import apply as plain_task
from infra.local.processes import Process, stop
from services.stations.network import sites
from shared import clock, outbox
from shared.contracts.stations import VisitRecorded
from shared.crypto import create_keys
from shared.event import envelope_json, new_id
from shared.migrate import upgrade
from shared.service import Service, load

REPOSITORY = Path(__file__).parents[2]
SERVICES = ["registration", "notify", "stations", "reports"]
REDIS_OURS, REDIS_PLAIN = 14, 15
PER_COMMIT = 100
PATIENCE = 120.0
FIRST_DAY = date(2026, 5, 1)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    ours: int
    plain: int
    samples: int
    idle_seconds: float


FULL = Size(rounds=5, ours=60_000, plain=2_500, samples=300, idle_seconds=10)
QUICK = Size(rounds=1, ours=10_000, plain=600, samples=50, idle_seconds=3)


class Side(Protocol):
    """One of the two ways an event goes."""

    name: str
    processes: dict[str, Process]
    carrier: Process
    """Stopped while a backlog is written."""

    def write(self, visits: Sequence[VisitRecorded], per_commit: int) -> float:
        """Tell of the visits; returns when the last was committed."""
        ...

    def level(self) -> bool:
        """Whether all that was written has had its effect."""
        ...

    def cpu(self) -> float:
        """Processor seconds used so far to carry and apply events."""
        ...


class Ours:
    """The product."""

    name = "Jiamenkou"

    def __init__(self, folder: Path, urls: dict[str, str], redis_url: str) -> None:
        create_keys(folder / "keys", SERVICES)
        upgrade("stations", urls["stations"])
        upgrade("reports", urls["reports"])
        self.stations: Service = load("stations", database_url=urls["stations"], keys=folder / "keys")
        reports: Service = load("reports", database_url=urls["reports"], keys=folder / "keys")
        with self.stations.begin() as unit:
            outbox.subscribe(unit.cursor(), self.stations.source, "reports", reports.consumers.types, 0)
        keys = {"JIAMENKOU_KEYS": str(folder / "keys"), "JIAMENKOU_PEERS": "{}", "REDIS_URL": redis_url}
        self.carrier = _process(folder, "services.stations.main", "relay", {"DATABASE_URL": urls["stations"], **keys})
        self.worker = _process(folder, "services.reports.main", "events", {"DATABASE_URL": urls["reports"], **keys})
        self.processes = {"relay": self.carrier, "worker": self.worker}
        self._written = 0
        self._eyes = psycopg.connect(urls["reports"].replace("+psycopg", ""), autocommit=True)

    def write(self, visits: Sequence[VisitRecorded], per_commit: int) -> float:
        """Tell of the visits, `per_commit` in each unit."""
        for start in range(0, len(visits), per_commit):
            with self.stations.begin() as unit:
                for visit in visits[start : start + per_commit]:
                    unit.emit(visit)
        self._written += len(visits)
        return time.perf_counter()

    def level(self) -> bool:
        """Whether the cursor of reports has come to the last event."""
        found = self._eyes.execute("SELECT seq FROM inbox WHERE source = '/stations'").fetchone()
        return found is not None and found[0] >= self._written

    def cpu(self) -> float:
        """Of relay and worker."""
        return sum(cpu_seconds(process.pid or 0) for process in self.processes.values())

    def close(self) -> None:
        """Hang up."""
        self._eyes.close()
        self.stations.close()


class Plain:
    """The rival."""

    name = "plain Celery"

    def __init__(self, folder: Path, urls: dict[str, str], redis_url: str) -> None:
        upgrade("reports", urls["plain_reports"])
        with _autocommit(urls["plain_reports"]) as connection:
            connection.execute(SUBSCRIBER_TABLE)
        with _autocommit(urls["plain_stations"]) as connection:
            connection.execute(PUBLISHER_TABLE)
        own = {"DATABASE_URL": urls["plain_reports"], "REDIS_URL": redis_url}
        self.carrier = _process(folder, "infra.bench.plain_events", "worker", own)
        self.processes = {"worker": self.carrier}
        plain_task.app.conf.broker_url = redis_url
        self._log = psycopg.connect(urls["plain_stations"].replace("+psycopg", ""))
        self._eyes = _autocommit(urls["plain_reports"])
        self._last: UUID | None = None
        self._published = 0.0

    def write(self, visits: Sequence[VisitRecorded], per_commit: int) -> float:
        """Insert, commit and publish one after the other, which is why `per_commit` is 1."""
        assert per_commit == 1
        committed = 0.0
        for visit in visits:
            id = new_id()
            body = envelope_json(visit, id=id, source="/plain", at=clock.now(), correlationid=id.hex)
            self._log.execute(RECORD, (id, visit.type, visit.subject, body))
            self._log.commit()
            committed, used = time.perf_counter(), time.thread_time()
            plain_task.delay(str(id), visit.model_dump(mode="json"))
            self._published += time.thread_time() - used
            self._last = id
        return committed

    def level(self) -> bool:
        """Whether the last event is applied; one solo worker takes them in order."""
        return self._eyes.execute("SELECT 1 FROM plain_applied WHERE id = %s", (self._last,)).fetchone() is not None

    def cpu(self) -> float:
        """Of the worker, and of publishing in the producer."""
        return cpu_seconds(self.carrier.pid or 0) + self._published

    def close(self) -> None:
        """Hang up."""
        self._log.close()
        self._eyes.close()
        plain_task.app.close()


def run(postgres_admin_url: str, redis_url: str, *, size: Size = FULL, say: Say = lambda _: None) -> list[dict[str, Any]]:
    """Measure everything; returns rows with `name`, `value`, `unit`, `ratio`, `goal` and `conditions`."""
    names = ["stations", "reports", "plain_stations", "plain_reports"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = stack.enter_context(databases(postgres_admin_url, names))
        ours = Ours(folder, urls, stack.enter_context(numbered_database(redis_url, REDIS_OURS)))
        stack.callback(ours.close)
        broker = stack.enter_context(numbered_database(redis_url, REDIS_PLAIN))
        plain = Plain(folder, urls, broker)
        stack.callback(plain.close)
        bare = _bare_worker(folder, broker)
        stack.enter_context(running([*ours.processes.values(), *plain.processes.values(), bare]))
        found = _measure(ours, plain, bare, size, say)
        _verify(urls)
        return _rows(found, size)


def _measure(ours: Ours, plain: Plain, bare: Process, size: Size, say: Say) -> dict[str, float]:
    say("starting")
    visits = _visits(max(size.ours, size.plain, 1_000))
    for side, per_commit in ((ours, PER_COMMIT), (plain, 1)):
        side.write(visits[:500], per_commit)
        _wait(side)
    rounds: list[dict[str, float]] = []
    for number in range(size.rounds):
        say(f"round {number + 1} of {size.rounds}")
        rounds.append(
            {
                **_named("plain", _while_writing(plain, visits[: size.plain], 1)),
                **_named("ours", _while_writing(ours, visits[: size.ours], PER_COMMIT)),
                **_named("single", _while_writing(ours, visits[: size.plain], 1)),
                **_named("plain_backlog", _from_backlog(plain, visits[: size.plain], 1)),
                **_named("ours_backlog", _from_backlog(ours, visits[: size.ours], PER_COMMIT)),
            }
        )
    found = {name: median(each[name] for each in rounds) for name in rounds[0]}
    say(f"latency, {size.samples} samples each")
    for name, waits in (("plain", _latencies(plain, visits[: size.samples])), ("ours", _latencies(ours, visits[: size.samples]))):
        found[f"{name}_p50"], found[f"{name}_p99"] = median(waits), quantiles(waits, n=100)[98]
    say(f"{size.idle_seconds:g} seconds of rest")
    pids = {"relay": ours.carrier.pid, "worker": ours.worker.pid, "plain": plain.carrier.pid, "bare": bare.pid}
    before = {name: cpu_seconds(pid or 0) for name, pid in pids.items()}
    time.sleep(size.idle_seconds)
    for name, pid in pids.items():
        found[f"{name}_idle"] = (cpu_seconds(pid or 0) - before[name]) / size.idle_seconds * 100
        found[f"{name}_mb"] = resident_mb(pid or 0)
    return found


def _named(name: str, measured: dict[str, float]) -> dict[str, float]:
    return {f"{name}_{key}": value for key, value in measured.items()}


def _while_writing(side: Side, visits: Sequence[VisitRecorded], per_commit: int) -> dict[str, float]:
    """All at once: writer, carrier and applier; from before the first commit to the last effect."""
    used, started = side.cpu(), time.perf_counter()
    side.write(visits, per_commit)
    return _until_level(side, len(visits), used, started)


def _from_backlog(side: Side, visits: Sequence[VisitRecorded], per_commit: int) -> dict[str, float]:
    """The carrier is stopped while the events are written; from its release to the last effect."""
    used = side.cpu()
    side.carrier.signal(SIGSTOP)
    side.write(visits, per_commit)
    started = time.perf_counter()
    side.carrier.signal(SIGCONT)
    return _until_level(side, len(visits), used, started)


def _until_level(side: Side, count: int, used: float, started: float) -> dict[str, float]:
    _wait(side)
    return {"rate": count / (time.perf_counter() - started), "cpu": (side.cpu() - used) / count * 1_000}


def _latencies(side: Side, visits: Sequence[VisitRecorded]) -> list[float]:
    """Milliseconds from the commit of each to its effect, seen from outside, at 50 a second."""
    waits = []
    tick = time.perf_counter()
    for visit in visits:
        tick = max(tick + 0.02, time.perf_counter())
        time.sleep(max(0.0, tick - time.perf_counter()))
        committed = side.write([visit], 1)
        _wait(side, pause=0.0001)
        waits.append((time.perf_counter() - committed) * 1_000)
    return waits


def _wait(side: Side, pause: float = 0.002) -> None:
    deadline = time.monotonic() + PATIENCE
    while not side.level():
        for process in side.processes.values():
            if process.ended is not None:
                raise RuntimeError(f"{process.name} has ended: {process.last_words()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{side.name} does not come to an end: {side.carrier.last_words()}")
        time.sleep(pause)


def _verify(urls: dict[str, str]) -> None:
    """A rate of events that were not all counted, or counted twice, is none."""
    for told, counted in (("stations", "reports"), ("plain_stations", "plain_reports")):
        table = "outbox" if told == "stations" else "plain_event"
        with _autocommit(urls[told]) as connection:
            written = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        with _autocommit(urls[counted]) as connection:
            applied = connection.execute("SELECT sum(visits) FROM visits_by_station_day").fetchone()
        if written != applied:
            raise RuntimeError(f"{told} told of {written} visits, {counted} counted {applied}")


def _rows(found: dict[str, float], size: Size) -> list[dict[str, Any]]:
    conditions = (
        f"rounds taking turns: {size.rounds}, of which the median; {size.ours:,} events of ours and {size.plain:,} of the "
        f"rival's in each; writer, relay, worker, PostgreSQL and Valkey on the same {os.cpu_count()} cores; the rival commits "
        f"one event at a time, ours {PER_COMMIT} where not said otherwise; latency of {size.samples} events at 50/s; at rest for "
        f"{size.idle_seconds:g} s"
    )

    def row(name: str, value: float, unit: str, ratio: float | None = None, goal: str = "") -> dict[str, Any]:
        return {"name": name, "value": value, "unit": unit, "ratio": ratio, "goal": goal, "conditions": conditions}

    def pair(title: str, name: str, unit: str, goal: str) -> list[dict[str, Any]]:
        """The rival's figure, then ours and its ratio."""
        ours, plain = found[f"ours_{name}"], found[f"plain_{name}"]
        return [row(f"{title}: plain Celery", plain, unit), row(f"{title}: Jiamenkou", ours, unit, ours / plain, goal)]

    return [
        *pair("commit to effect, while events are written", "rate", "events/s", "≥20, aim 40"),
        row("the same, one event a commit", found["single_rate"], "events/s", found["single_rate"] / found["plain_rate"]),
        *pair("publishing and applying a backlog", "backlog_rate", "events/s", "≥20, aim 40"),
        *pair("processor time to publish and apply, while events are written", "cpu", "s per 1,000", "≤0.05"),
        *pair("processor time to publish and apply a backlog", "backlog_cpu", "s per 1,000", "≤0.05"),
        *pair("commit to effect at 50/s, median", "p50", "ms", "≤3"),
        *pair("commit to effect at 50/s, slowest in a hundred", "p99", "ms", "≤6"),
        row("at rest: bare Celery worker", found["bare_idle"], "% of a core"),
        row("at rest: relay and worker", found["relay_idle"] + found["worker_idle"], "% of a core", goal="≤1 % of a core"),
        row("memory: bare Celery worker", found["bare_mb"], "MB"),
        row("memory: the rival's worker after its load", found["plain_mb"], "MB"),
        row("memory: relay after its load", found["relay_mb"], "MB", found["relay_mb"] / found["bare_mb"]),
        row("memory: worker after its load", found["worker_mb"], "MB", found["worker_mb"] / found["bare_mb"], "≤1.5"),
    ]


def _visits(count: int) -> list[VisitRecorded]:
    """Visits of a month at all stations, day by day, three in five by somebody known."""
    chance = random.Random(1)
    places = [site.id for site in sites()]
    people = [uuid4() for _ in range(10_000)]
    return [
        VisitRecorded(
            visit_id=uuid4(),
            station_id=chance.choice(places),
            day=FIRST_DAY + timedelta(days=number * 30 // count),
            person_id=chance.choice(people) if chance.random() < 0.6 else None,
            items=chance.randint(1, 20),
        )
        for number in range(count)
    ]


def _process(folder: Path, module: str, role: str, own: dict[str, str]) -> Process:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "JIAMENKOU_PROFILE": "production", **own}
    return Process(f"{module} {role}", [sys.executable, "-m", module, role], environment, folder / f"{module}.{role}.log")


def _bare_worker(folder: Path, broker: str) -> Process:
    """Celery with nothing in it."""
    command = [sys.executable, "-m", "celery", "--broker", broker, "worker", "--pool=solo", "--queues=bare"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    return Process("bare worker", [*command, *quiet], {**os.environ, "C_FORCE_ROOT": "1"}, folder / "bare.log")


@contextmanager
def running(processes: list[Process]) -> Iterator[None]:
    """Processes that run while the block does."""
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            process.signal(SIGCONT)
        stop(processes, patience=20)


def _autocommit(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
