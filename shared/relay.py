"""The relay: one small process per service that keeps facts and work moving, whatever Redis does.

It pushes new facts to its subscribers' queues, rings for due jobs, runs the schedule, and compares its cursors with the heads of the logs it
listens to, pulling over HTTP what did not arrive. Where Redis is away it does the pulling more often and the jobs itself.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from shared import clock, outbox
from shared.bell import CHANNEL
from shared.bus import Bus, BusDown
from shared.inbox import Inbox, Outcome
from shared.jobs import Begin, Desk
from shared.log import log
from shared.peers import PeerDown, Peers
from shared.schedule import Schedule

POLL = 1.0
PULL = 3.0
PULL_WITHOUT_REDIS = 0.3


class Pusher:
    """Sends each subscriber what it has not been sent. One at a time per service; two would only repeat each other."""

    def __init__(self, engine: Engine, source: str, bus: Bus) -> None:
        self.engine, self.source, self.bus = engine, source, bus
        self._scanned: dict[str, int] = {}

    def push(self) -> bool:
        """One parcel to each subscriber that lacks one; True when there may be more. Raises `BusDown` after noting it."""
        more = False
        with Session(self.engine) as session:
            cursor: Any = session.connection().connection.cursor()
            for name, types, pushed, acked in cursor.execute("SELECT name, types, pushed_seq, acked_seq FROM subscriber").fetchall():
                after = max(pushed, acked, self._scanned.get(name, 0))
                parcel = outbox.read(cursor, self.source, after, types)
                session.rollback()
                if parcel.upto == after:
                    continue
                if parcel.events != "[]":
                    if not self._send(cursor, name, parcel):
                        more = True
                        continue
                    session.commit()
                self._scanned[name] = parcel.upto
                more = more or parcel.events != "[]"
        return more

    def _send(self, cursor: Any, name: str, parcel: outbox.Parcel) -> bool:
        try:
            sent = self.bus.send(name, parcel)
        except BusDown as error:
            cursor.execute("UPDATE subscriber SET last_error = %s WHERE name = %s", (str(error)[:200], name))
            cursor.connection.commit()
            raise
        if sent:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("UPDATE subscriber SET pushed_seq = greatest(pushed_seq, %s), last_error = '' WHERE name = %s", (parcel.upto, name))
        return sent


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
        self._note(source, end)
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

    def _note(self, source: str, end: outbox.Head) -> None:
        with self.inbox.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            row = connection.exec_driver_sql(
                "UPDATE inbox SET head_seen = %s WHERE source = %s RETURNING seq, log_id, stopped", (end.seq, source)
            ).one_or_none()
            if row is None or row.stopped or row.log_id is None:
                return
            trouble = ""
            if row.log_id != end.log_id:
                trouble = f"the log was replaced: {row.log_id} became {end.log_id}"
            elif end.seq < row.seq:
                trouble = f"the log went back in time: {row.seq} events were applied, it now ends at {end.seq}"
            if trouble:
                connection.exec_driver_sql("UPDATE inbox SET stopped = %s WHERE source = %s", (trouble, source))
                log.error("stream_stopped", source=source, reason=trouble)


class Relay:
    """The loops around pusher, puller, jobs and schedule."""

    def __init__(self, *, database_url: str, pusher: Pusher, puller: Puller, desk: Desk, schedule: Schedule, begin: Begin, bus: Bus) -> None:
        self._url = database_url.replace("postgresql+psycopg://", "postgresql://")
        self.pusher, self.puller, self.desk, self.schedule, self.begin, self.bus = pusher, puller, desk, schedule, begin, bus
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
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("database_away", loop=loop.__name__, reason=type(error).__name__)
            except Exception:
                log.exception("relay_loop_failed", loop=loop.__name__)
            pause = 0.2 if time.monotonic() - started > 10 else min(pause * 2, 5)
            self._stop.wait(pause * random.uniform(0.8, 1.2))

    def _push_loop(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as ears:
            while not ears.execute("SELECT pg_try_advisory_lock(hashtextextended('relay', 0))").fetchone()[0]:  # type: ignore[index]
                if self._stop.wait(1):
                    return
            ears.execute(f"LISTEN {CHANNEL}")
            while not self._stop.is_set():
                try:
                    self.bus.check()
                    while self.pusher.push():
                        if self._stop.wait(0.002):
                            return
                    self._ring_for_jobs()
                    self._redis_away.clear()
                except BusDown as error:
                    if not self._redis_away.is_set():
                        log.warning("redis_away", reason=str(error))
                    self._redis_away.set()
                    self._do_jobs_here()
                for _ in ears.notifies(timeout=self._patience(), stop_after=1):
                    pass

    def _ring_for_jobs(self) -> None:
        for lane, count in self.desk.due().items():
            for _ in range(min(8, 1 + count // 10)):
                self.bus.ring(lane)

    def _do_jobs_here(self) -> None:
        """Nobody hears the bell without Redis: the relay does the work, a little at a time so that pushing is tried again."""
        self.desk.work(self.desk.jobs.lanes, at_most=50)

    def _patience(self) -> float:
        """How long to listen for the bell: until the next job is due, or a moment when some are overdue, one poll at most."""
        due = self.desk.next_due()
        wait = (due - clock.now()).total_seconds() if due is not None else POLL
        return min(POLL, wait) if wait > 0 else POLL / 4

    def _pull_loop(self) -> None:
        while not self._stop.is_set():
            for source in self.puller.sources():
                try:
                    self.puller.look(source, patient=not self._redis_away.is_set())
                except PeerDown as error:
                    log.info("peer_away", reason=str(error))
            self._stop.wait((PULL_WITHOUT_REDIS if self._redis_away.is_set() else PULL) * random.uniform(0.8, 1.2))

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
            except OperationalError:
                raise
            except Exception:
                log.exception("tick_failed", tick=tick.__name__)
