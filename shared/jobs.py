"""Work outside the transaction that asked for it: rows with a due time, claimed with FOR UPDATE SKIP LOCKED.

A row is the job; a Celery message only says that there is work. Any number of workers may claim; a worker that dies loses its lease and the
job is claimed again, so a job must stand being started twice. Leases run on the database's clock, due times on `shared.clock`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Engine

from shared import clock
from shared.log import bound, log
from shared.unit import Unit

Begin = Callable[[], AbstractContextManager[Unit]]
"""Opens a unit of work that commits when the block ends; a job may open several, one after the other, with its network call between."""

TRIES = 5


class Later(Exception):
    """Raised by a job that cannot be done yet: it becomes due again after `delay`, uncounted."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of job is done, and how long a worker may take for one."""

    name: str
    do: Callable[[str, Begin], None]
    lease: timedelta
    lane: str


class Jobs:
    """The kinds of job a service does. Lanes are queues of their own, so that urgent kinds never wait behind bulky ones."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}

    def on(
        self, name: str, *, lease: timedelta = timedelta(seconds=60), lane: str = "jobs"
    ) -> Callable[[Callable[[str, Begin], None]], Callable[[str, Begin], None]]:
        """The decorated function does jobs of this kind: it gets the job's key and a way to open units."""

        def register(function: Callable[[str, Begin], None]) -> Callable[[str, Begin], None]:
            self.kinds[name] = Kind(name, function, lease, lane)
            return function

        return register

    @property
    def lanes(self) -> list[str]:
        """Every lane that has a kind, sorted."""
        return sorted({kind.lane for kind in self.kinds.values()})


class Desk:
    """Claims and does the due jobs of one service."""

    def __init__(self, engine: Engine, jobs: Jobs, begin: Begin) -> None:
        self.engine, self.jobs, self.begin = engine, jobs, begin

    def due(self) -> dict[str, int]:
        """How many jobs are due and unclaimed, per lane."""
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                """SELECT kind, count(*) FROM job WHERE state = 'waiting' AND due_at <= %s AND (lease_until IS NULL OR lease_until < now())
                   GROUP BY kind""",
                (clock.now(),),
            ).all()
        found: dict[str, int] = {}
        for kind, count in rows:
            if kind in self.jobs.kinds:
                lane = self.jobs.kinds[kind].lane
                found[lane] = found.get(lane, 0) + count
        return found

    def next_due(self) -> datetime | None:
        """When the next unclaimed job becomes due; None when nothing waits."""
        with self.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT min(due_at) FROM job WHERE state = 'waiting' AND lease_until IS NULL").scalar_one()  # type: ignore[no-any-return]

    def work(self, lanes: Iterable[str], *, at_most: int = 1_000_000) -> int:
        """Do due jobs of `lanes`, oldest first, until none is left or `at_most` are done; returns how many were started."""
        kinds = [kind.name for kind in self.jobs.kinds.values() if kind.lane in set(lanes)]
        done = 0
        while done < at_most and (claimed := self._claim(kinds)) is not None:
            self._do(*claimed)
            done += 1
        return done

    def _claim(self, kinds: list[str]) -> tuple[Kind, str, int] | None:
        with self.engine.begin() as connection:
            row = connection.exec_driver_sql(
                """SELECT id, kind, key, tries FROM job
                   WHERE state = 'waiting' AND kind = ANY(%s) AND due_at <= %s AND (lease_until IS NULL OR lease_until < now())
                   ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED""",
                (kinds, clock.now()),
            ).one_or_none()
            if row is None:
                return None
            kind = self.jobs.kinds[row.kind]
            connection.exec_driver_sql("UPDATE job SET lease_until = now() + %s, tries = tries + 1 WHERE id = %s", (kind.lease, row.id))
            return kind, row.key, row.tries + 1

    def _do(self, kind: Kind, key: str, tries: int) -> None:
        with bound(correlationid=uuid4().hex, job=kind.name, key=key):
            started = time.monotonic()
            try:
                kind.do(key, self.begin)
            except Later as later:
                self._settle(kind, key, "waiting", due_in=later.delay, tries=tries - 1)
            except Exception as error:
                state = "failed" if tries >= TRIES else "waiting"
                self._settle(kind, key, state, due_in=timedelta(seconds=2**tries), tries=tries, error=f"{type(error).__name__}: {error}"[:500])
                log.exception("job_failed", state=state, tries=tries)
            else:
                self._settle(kind, key, "done", tries=tries)
                log.info("job_done", seconds=round(time.monotonic() - started, 3))

    def _settle(self, kind: Kind, key: str, state: str, *, tries: int, due_in: timedelta | None = None, error: str = "") -> None:
        """Close the job, unless it was moved while it ran: then it stays due at its new time."""
        due_at = clock.now() + due_in if due_in is not None else None
        with self.engine.begin() as connection:
            connection.exec_driver_sql(
                """UPDATE job SET state = %s, tries = %s, error = %s, lease_until = NULL, due_at = coalesce(%s, due_at),
                          done_at = CASE WHEN %s = 'done' THEN now() END
                   WHERE kind = %s AND key = %s AND state = 'waiting' AND lease_until IS NOT NULL""",
                (state, tries, error, due_at, state, kind.name, key),
            )
