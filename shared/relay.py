"""The relay: one small process per service that keeps facts and work moving, whatever Redis does.

It pushes new facts to its subscribers' queues, rings for due jobs, runs the schedule, and compares its cursors with the heads of
the logs it listens to, pulling over HTTP what did not arrive. Where Redis is away it does the pulling more often and the jobs
itself.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, cast

import psycopg
from sqlalchemy import Engine

from shared import clock, outbox
from shared.bell import CHANNEL
from shared.bus import RINGS, Bus, BusDown
from shared.faults import DATABASE_AWAY, plain
from shared.inbox import Inbox, Outcome
from shared.jobs import Begin, Desk
from shared.log import log
from shared.peers import PeerDown, Peers
from shared.schedule import Schedule

POLL = 1.0
OVERDUE = 0.25
FULL = 0.05
JOBS_HERE = 50
PULL = 3.0
PULL_WITHOUT_REDIS = 0.3

_SUBSCRIBERS = """
    SELECT name, types, greatest(pushed_seq, acked_seq), log_id, seq FROM subscriber, outbox_head
    WHERE seq > greatest(pushed_seq, acked_seq)
"""

_PUSHED = """
    UPDATE subscriber SET pushed_seq = greatest(pushed_seq, %s), last_error = ''
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
    WHERE name = %s
"""
"""No need to wait for the disk: what is forgotten is pushed again."""


class Pushed(Enum):
    """What a push found: nothing more to send, perhaps more at once, or a full queue that has to drain first."""

    ALL = "all"
    MORE = "more"
    FULL = "full"


class Pusher:
    """Sends each subscriber what it has not been sent. One at a time per service; two would only repeat each other."""

    def __init__(self, engine: Engine, source: str, bus: Bus) -> None:
        self.source, self.bus = source, bus
        self._commits = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._scanned: dict[str, int] = {}

    def push(self) -> Pushed:
        """One parcel to each subscriber that lacks one. Raises `BusDown` after noting it."""
        found = Pushed.ALL
        with self._commits.connect() as connection:
            cursor = cast("psycopg.Cursor[Any]", connection.connection.cursor())
            for name, types, reached, log_id, seq in cursor.execute(_SUBSCRIBERS).fetchall():
                after = max(reached, self._scanned.get(name, 0))
                if seq <= after:
                    continue
                pushed = self._push_to(cursor, name, types, after, outbox.Head(self.source, log_id, seq))
                found = pushed if found is Pushed.ALL else found
        return found

    def _push_to(self, cursor: psycopg.Cursor[Any], name: str, types: list[str], after: int, end: outbox.Head) -> Pushed:
        try:
            if not self.bus.has_room(name):
                return Pushed.FULL
            parcel = outbox.read(cursor, self.source, after, types, end=end)
            if not parcel.is_empty:
                self.bus.send(name, parcel)
                cursor.execute(_PUSHED, (parcel.upto, name))
        except BusDown as error:
            cursor.execute("UPDATE subscriber SET last_error = %s WHERE name = %s", (str(error), name))
            raise
        self._scanned[name] = parcel.upto
        return Pushed.MORE if parcel.upto < end.seq else Pushed.ALL


class Puller:
    """Keeps this service's cursors level with the logs it listens to."""

    def __init__(self, inbox: Inbox, peers: Peers) -> None:
        self.inbox, self.peers = inbox, peers
        self._seen: dict[str, int] = {}

    def sources(self) -> list[str]:
        """The logs this service listens to."""
        return self.peers.sources({type.split(".")[0] for type in self.inbox.consumers.types})

    def look(self, source: str, *, patient: bool = True) -> None:
        """Compare heads, and pull when behind; a patient look first gives the push a moment. Raises `PeerDown`."""
        at = self.inbox.cursor(source)
        end = self.peers.subscribe(source, self.inbox.consumers.types, at)
        self.inbox.compare(end, at)
        moved = self._seen.get(source) != at
        self._seen[source] = at
        if end.seq != at and not (patient and moved):
            self.catch_up(source)

    def catch_up(self, source: str) -> None:
        """Pull and apply until level with the head, or until something has to wait. Raises `PeerDown`."""
        while True:
            at = self.inbox.cursor(source)
            parcel = self.peers.pull(source, self.inbox.consumers.types, at)
            if self.inbox.apply(parcel) is not Outcome.APPLIED or parcel.upto <= at:
                return


class Relay:
    """The loops around pusher, puller, jobs and schedule."""

    def __init__(
        self, *, database_url: str, pusher: Pusher, puller: Puller, desk: Desk, schedule: Schedule, begin: Begin, bus: Bus
    ) -> None:
        self._url = database_url.replace("postgresql+psycopg://", "postgresql://")
        self.pusher, self.puller, self.bus = pusher, puller, bus
        self.desk, self.schedule, self.begin = desk, schedule, begin
        self._redis_away = threading.Event()
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until `stop`. A second relay of the same service waits for the first to end."""
        threads = [
            threading.Thread(target=self._forever, args=(self._push_loop,), name="push", daemon=True),
            threading.Thread(target=self._forever, args=(self._pull_loop,), name="pull", daemon=True),
            threading.Thread(target=self._forever, args=(self._schedule_loop,), name="schedule", daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._stop.wait()
        for thread in threads:
            thread.join(timeout=5)

    def stop(self) -> None:
        """End the loops after what they are at."""
        self._stop.set()

    def _forever(self, loop: Callable[[], None]) -> None:
        pause = 0.2
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                loop()
            except DATABASE_AWAY as error:
                log.warning("database_away", loop=loop.__name__, reason=plain(error))
            except Exception:
                log.exception("relay_loop_failed", loop=loop.__name__)
            pause = 0.2 if time.monotonic() - started > 10 else min(pause * 2, 5)
            self._stop.wait(pause * random.uniform(0.8, 1.2))

    def _push_loop(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as ears:
            while not _got_lock(ears):
                if self._stop.wait(1):
                    return
            ears.execute(f"LISTEN {CHANNEL}")
            jobs_at = 0.0
            while not self._stop.is_set():
                pushed = self._push()
                if pushed is Pushed.MORE and time.monotonic() < jobs_at:
                    continue
                patience = self._see_to_jobs()
                jobs_at = time.monotonic() + OVERDUE
                if pushed is not Pushed.MORE:
                    patience = min(patience, FULL) if pushed is Pushed.FULL else patience
                    for _ in ears.notifies(timeout=patience, stop_after=1):
                        pass

    def _push(self) -> Pushed:
        try:
            pushed = self.pusher.push()
            self.bus.check()
            if self._redis_away.is_set():
                log.info("redis_back")
                self._redis_away.clear()
            return pushed
        except BusDown as error:
            if not self._redis_away.is_set():
                log.warning("redis_away", reason=str(error))
                self._redis_away.set()
            return Pushed.ALL

    def _see_to_jobs(self) -> float:
        """Ring for the due jobs, or do some where nobody would hear the bell; returns how long nothing else is due."""
        due, next_at = self.desk.outlook()
        try:
            for lane, count in due.items():
                for _ in range(min(RINGS, 1 + count // 10)):
                    self.bus.ring(lane)
        except BusDown:
            if self.desk.work(self.desk.jobs.lanes, at_most=JOBS_HERE) == JOBS_HERE:
                return 0.0
        if due:
            return OVERDUE
        return min(POLL, (next_at - clock.now()).total_seconds()) if next_at is not None else POLL

    def _pull_loop(self) -> None:
        while not self._stop.is_set():
            for source in self.puller.sources():
                self._look(source)
            self._stop.wait((PULL_WITHOUT_REDIS if self._redis_away.is_set() else PULL) * random.uniform(0.8, 1.2))

    def _look(self, source: str) -> None:
        try:
            self.puller.look(source, patient=not self._redis_away.is_set())
        except PeerDown as error:
            log.info("peer_away", reason=str(error))
        except DATABASE_AWAY:
            raise
        except Exception:
            log.exception("pull_failed", source=source)

    def _schedule_loop(self) -> None:
        last: dict[int, float] = {}
        while not self._stop.is_set():
            run_due(self.schedule, last, time.monotonic(), self.begin)
            self._stop.wait(0.25)


def run_due(schedule: Schedule, last: dict[int, float], at: float, begin: Begin) -> None:
    """Run each tick whose interval has passed since its last run; one that fails is logged and does not stop the others."""
    for number, (interval, tick) in enumerate(schedule.ticks):
        if at - last.get(number, float("-inf")) >= interval.total_seconds():
            last[number] = at
            try:
                with begin() as unit:
                    tick(unit)
            except DATABASE_AWAY:
                raise
            except Exception:
                log.exception("tick_failed", tick=tick.__name__)


def _got_lock(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended('relay', 0))").fetchone()
    return row is not None and bool(row[0])
