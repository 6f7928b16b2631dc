"""Work outside the transaction that asked for it: rows with a due time, claimed with FOR UPDATE SKIP LOCKED.

What comes by the thousand has no row here: a `Group` takes many due rows of the service's own table at once.

A row is the job; a Celery message only says that there is work. Any number of workers may claim; a worker that dies loses its
lease and the job is claimed again, so a job must stand being started twice. A worker that outlives its lease has lost the job:
what it reports then is ignored. Leases run on the database's clock, due times on `shared.clock`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine

from shared import clock
from shared.faults import DATABASE_AWAY, passes, plain
from shared.log import bound, log
from shared.unit import Unit

Begin = Callable[[], AbstractContextManager[Unit]]
"""Opens a unit of work that commits when the block ends; a job may open several in turn, with its network call between."""

TRIES = 5
PATIENCE = timedelta(seconds=2)
"""How long a job waits that met a database fault, which is not counted against it."""

_OUTLOOK = """
    SELECT kind, due.many, later.due_at
    FROM unnest(%(kinds)s::text[]) AS kind,
    LATERAL (SELECT count(*) AS many FROM (
        SELECT FROM job WHERE job.kind = kind.kind AND state = 'waiting' AND due_at <= %(now)s
        AND (lease_until IS NULL OR lease_until < now()) LIMIT 100) AS overdue) AS due,
    LATERAL (SELECT min(due_at) AS due_at FROM job WHERE job.kind = kind.kind AND state = 'waiting' AND due_at > %(now)s) AS later
"""

_CLAIM = """
    UPDATE job SET tries = tries + 1, lease_until = now() + (%(leases)s::interval[])[array_position(%(kinds)s::text[], kind)]
    WHERE id = (
        SELECT oldest.id FROM unnest(%(kinds)s::text[]) AS kind,
        LATERAL (
            SELECT id, due_at FROM job
            WHERE job.kind = kind.kind AND state = 'waiting' AND due_at <= %(now)s
            AND (lease_until IS NULL OR lease_until < now())
            ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS oldest
        ORDER BY due_at LIMIT 1
    )
    RETURNING id, kind, key, tries, lease_until
"""

_SETTLE = """
    UPDATE job SET lease_until = NULL, state = %(state)s, tries = %(tries)s, error = %(error)s,
        due_at = coalesce(%(due_at)s, due_at), done_at = CASE WHEN %(state)s = 'done' THEN now() END
    WHERE id = %(id)s AND lease_until = %(lease)s AND state = 'waiting' AND tries > 0
"""

_LET_GO = "UPDATE job SET lease_until = NULL WHERE id = %s AND lease_until = %s"
"""For a job that was asked for again (`tries` is 0) or taken back while it was done: it stays as it was asked to be."""


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


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a table of the service's own that are taken many at a time.

    `outlook` is a query: how many are due at %(now)s (100 stands for any more), and when the next becomes due. `do` takes at most
    so many, in units of its own, and says how many it took; what it took must not be due any more when it returns or raises.
    """

    name: str
    do: Callable[[Begin, int], int]
    outlook: str
    lane: str


class Jobs:
    """The kinds of job a service does. Lanes are queues of their own, so that urgent kinds never wait behind bulky ones.

    The lanes in `apart` have workers that do nothing else.
    """

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self.groups: dict[str, Group] = {}
        self.apart: set[str] = set()

    def on(
        self, name: str, *, lease: timedelta = timedelta(seconds=60), lane: str = "jobs"
    ) -> Callable[[Callable[[str, Begin], None]], Callable[[str, Begin], None]]:
        """The decorated function does jobs of this kind: it gets the job's key and a way to open units."""

        def register(function: Callable[[str, Begin], None]) -> Callable[[str, Begin], None]:
            self.kinds[name] = Kind(name, function, lease, lane)
            return function

        return register

    def group(
        self, name: str, *, outlook: str, lane: str = "jobs"
    ) -> Callable[[Callable[[Begin, int], int]], Callable[[Begin, int], int]]:
        """The decorated function takes due rows in groups; see `Group`. Whoever makes one wakes the relay (`Unit.wake`)."""

        def register(function: Callable[[Begin, int], int]) -> Callable[[Begin, int], int]:
            self.groups[name] = Group(name, function, outlook, lane)
            return function

        return register

    @property
    def lanes(self) -> list[str]:
        """Every lane that has work, sorted."""
        return sorted({kind.lane for kind in self.kinds.values()} | {group.lane for group in self.groups.values()})


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this process does until `lease_until`; `tries` counts this one too."""

    id: UUID
    kind: str
    key: str
    tries: int
    lease_until: datetime


class Desk:
    """Claims and does the due jobs of one service."""

    def __init__(self, engine: Engine, jobs: Jobs, begin: Begin) -> None:
        self.jobs, self.begin = jobs, begin
        self.resting: dict[str, float] = {}
        """Groups that met a fault, and until when they are left alone."""
        self._commits = engine.execution_options(isolation_level="AUTOCOMMIT")

    def outlook(self) -> tuple[dict[str, int], datetime | None]:
        """How many jobs are due and unclaimed in each lane (100 of a kind stands for any more), and when the next becomes due."""
        found: list[tuple[str, int, datetime | None]] = []
        with self._commits.connect() as connection:
            if kinds := list(self.jobs.kinds):
                rows = connection.exec_driver_sql(_OUTLOOK, {"kinds": kinds, "now": clock.now()}).all()
                found += [(self.jobs.kinds[kind].lane, many, later) for kind, many, later in rows]
            for group in self.jobs.groups.values():
                many, later = connection.exec_driver_sql(group.outlook, {"now": clock.now()}).one()
                found.append((group.lane, many, later))
        due: dict[str, int] = {}
        for lane, many, _ in found:
            if many:
                due[lane] = due.get(lane, 0) + many
        return due, min((later for _, _, later in found if later is not None), default=None)

    def work(self, lanes: Iterable[str], *, at_most: int = 1_000_000) -> int:
        """Do due jobs of `lanes`, oldest first, until none is left or `at_most` are done; returns how many were started."""
        lanes = set(lanes)
        kinds = [kind for kind in self.jobs.kinds.values() if kind.lane in lanes]
        groups = [group for group in self.jobs.groups.values() if group.lane in lanes]
        done, before = 0, -1
        while before < done < at_most:
            before = done
            for group in groups:
                done += self._take(group, at_most - done)
            while kinds and done < at_most and (claim := self._claim(kinds)) is not None:
                self._do(claim)
                done += 1
        return done

    def _take(self, group: Group, at_most: int) -> int:
        """Have a group take what is due; one that meets a fault rests, and the other work goes on."""
        if at_most <= 0 or time.monotonic() < self.resting.get(group.name, 0.0):
            return 0
        with bound(correlationid=uuid4().hex, job=group.name):
            try:
                taken = group.do(self.begin, at_most)
            except Exception as error:
                self.resting[group.name] = time.monotonic() + PATIENCE.total_seconds()
                if isinstance(error, DATABASE_AWAY):
                    raise
                log.exception("group_failed")
                return 0
        self.resting.pop(group.name, None)
        return taken

    def _claim(self, kinds: list[Kind]) -> Claim | None:
        names, leases = [kind.name for kind in kinds], [kind.lease for kind in kinds]
        with self._commits.connect() as connection:
            row = connection.exec_driver_sql(_CLAIM, {"kinds": names, "leases": leases, "now": clock.now()}).one_or_none()
        return Claim(*row) if row is not None else None

    def _do(self, claim: Claim) -> None:
        with bound(correlationid=uuid4().hex, job=claim.kind, key=claim.key):
            started = time.monotonic()
            if claim.tries > TRIES:
                self._settle(claim, "failed", tries=TRIES, error="it ended the process that did it")
                log.error("job_failed", state="failed", tries=TRIES)
                return
            try:
                self.jobs.kinds[claim.kind].do(claim.key, self.begin)
            except Later as later:
                self._settle(claim, "waiting", due_in=later.delay, tries=claim.tries - 1)
            except Exception as error:
                counted = claim.tries - 1 if passes(error) else claim.tries
                state = "failed" if counted >= TRIES else "waiting"
                due_in = PATIENCE if passes(error) else timedelta(seconds=2**counted)
                log.exception("job_failed", state=state, tries=counted)
                self._settle(claim, state, due_in=due_in, tries=counted, error=plain(error))
            else:
                self._settle(claim, "done", tries=claim.tries)
                log.info("job_done", seconds=round(time.monotonic() - started, 3))

    def _settle(self, claim: Claim, state: str, *, tries: int, due_in: timedelta | None = None, error: str = "") -> None:
        """Close the job as far as it is still ours, and was not asked for anew while it was done."""
        due_at = clock.now() + due_in if due_in is not None else None
        new = {"id": claim.id, "lease": claim.lease_until, "state": state, "tries": tries, "error": error, "due_at": due_at}
        with self._commits.connect() as connection:
            if not connection.exec_driver_sql(_SETTLE, new).rowcount:
                connection.exec_driver_sql(_LET_GO, (claim.id, claim.lease_until))
