"""A service put together: the parts that each of its processes is made of, and the command line that starts one.

`python -m services.<name>.main web|relay|events|jobs|migrate`
"""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import Session, create_engine

from shared import clock, log
from shared.bell import Bell
from shared.crypto import Keyring
from shared.inbox import Consumers, Inbox
from shared.jobs import Desk, Jobs
from shared.schedule import Schedule
from shared.settings import Settings
from shared.unit import Unit

if TYPE_CHECKING:
    from celery import Celery
    from fastapi import FastAPI

    from shared.log_ins import LogIns
    from shared.peers import Peers
    from shared.relay import Puller, Relay


class _Pool(QueuePool):
    """Closes also a connection that a thread gives back after the pool was disposed of; SQLAlchemy leaves that to chance."""

    _over = False

    def dispose(self) -> None:
        self._over = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._over:
            record.close()
        else:
            super()._do_return_conn(record)


@dataclass
class Service:
    """One service. `web` builds its FastAPI application, imported only by the process that serves it.

    `recount` counts, from the service's own tables, what its events should add up to: reports compares its figures with it.
    `whereabouts` holds, by the name under which requests give the id of a thing, the query for where it is (its street, programme
    and station): staff with limits reach nothing outside them. `about` gathers what is kept about a resident, for them to read.
    """

    name: str
    settings: Settings
    web: Callable[[Service], FastAPI]
    consumers: Consumers = field(default_factory=Consumers)
    jobs: Jobs = field(default_factory=Jobs)
    schedule: Schedule = field(default_factory=Schedule)
    recount: Callable[[Cursor[Any]], dict[str, int]] = field(default=lambda _: {})
    whereabouts: Mapping[str, str] = field(default_factory=dict)
    about: Callable[[UUID, Unit], dict[str, Any]] = field(default=lambda _, __: {})

    @property
    def source(self) -> str:
        """The name of this service's log."""
        return self.settings.source or f"/{self.name}"

    @cached_property
    def keys(self) -> Keyring:
        """The keys this service may use."""
        return Keyring(self.settings.keys, self.name)

    @cached_property
    def engine(self) -> Engine:
        """The service's own database. Statements end after 30 s; parameters never appear in errors."""
        return create_engine(
            self.settings.database_url,
            poolclass=_Pool,
            pool_size=8,
            max_overflow=8,
            pool_pre_ping=False,
            hide_parameters=True,
            connect_args={"options": "-c statement_timeout=30000", "application_name": self.name, "connect_timeout": 5},
        )

    @cached_property
    def bell(self) -> Bell:
        """Wakes this service's relay after a commit."""
        return Bell(self.settings.database_url)

    def open(self, session: Session) -> Unit:
        """A unit on an open session; whoever opens it commits it."""
        return Unit(session, source=self.source, keys=self.keys, ring=self.bell.ring)

    @contextmanager
    def begin(self) -> Iterator[Unit]:
        """A unit of work that commits when the block ends, and leaves no trace when the block raises."""
        with Session(self.engine, expire_on_commit=False) as session:
            unit = self.open(session)
            yield unit
            unit.commit()

    @cached_property
    def inbox(self) -> Inbox:
        """Where facts of other services are applied."""
        return Inbox(self.engine, self.consumers, self.open)

    @cached_property
    def desk(self) -> Desk:
        """Where due jobs are claimed and done."""
        return Desk(self.engine, self.jobs, self.begin)

    @cached_property
    def peers(self) -> Peers:
        """The other services, by source."""
        from shared.peers import Peers

        return Peers(self.keys, self.settings.peers)

    @cached_property
    def log_ins(self) -> LogIns:
        """Which log-ins were ended before their time."""
        from shared.log_ins import LogIns

        return LogIns(self.engine)

    @cached_property
    def puller(self) -> Puller:
        """Keeps the inbox level with the logs listened to."""
        from shared.relay import Puller

        return Puller(self.inbox, self.peers)

    def relay(self) -> Relay:
        """The relay process's loops."""
        from shared.bus import CeleryBus
        from shared.relay import Pusher, Relay

        bus = CeleryBus(self.name, self.settings.redis_url)
        pusher = Pusher(self.engine, self.source, bus)
        return Relay(
            database_url=self.settings.database_url,
            pusher=pusher,
            puller=self.puller,
            desk=self.desk,
            schedule=self.schedule,
            begin=self.begin,
            bus=bus,
        )

    def events_worker(self) -> Celery:
        """The Celery application that applies parcels."""
        from shared.bus import events_worker

        return events_worker(self.name, self.settings.redis_url, self.inbox, self.puller.catch_up)

    def jobs_worker(self, lanes: list[str]) -> Celery:
        """The Celery application that does jobs."""
        from shared.bus import jobs_worker

        return jobs_worker(self.name, self.settings.redis_url, self.desk, lanes)

    def close(self) -> None:
        """Give back threads and connections, in a process that lives on."""
        made = vars(self)
        for part in ("bell", "peers"):
            if part in made:
                made[part].close()
        if "engine" in made:
            made["engine"].dispose()

    def main(self, arguments: list[str]) -> None:
        """Start the process that `arguments` names."""
        roles: dict[str, Callable[[list[str]], None]] = {
            "web": self._run_web,
            "relay": self._run_relay,
            "events": self._run_events,
            "jobs": self._run_jobs,
            "migrate": self._run_migrate,
        }
        roles |= {lane: partial(self._run_lane, lane) for lane in sorted(self.jobs.apart)}
        if not arguments or arguments[0] not in roles:
            sys.exit(f"usage: python -m services.{self.name}.main {'|'.join(roles)}")
        log.set_up(self.settings.log, service=self.name, role=arguments[0])
        if self.settings.profile == "demo" and self.settings.clock is not None:
            clock.simulate(self.settings.clock)
        roles[arguments[0]](arguments[1:])

    def _run_web(self, _: list[str]) -> None:
        import uvicorn

        uvicorn.run(
            self.web(self),
            host="127.0.0.1",
            port=self.settings.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
            proxy_headers=True,
        )

    def _run_relay(self, _: list[str]) -> None:
        relay = self.relay()
        signal.signal(signal.SIGTERM, lambda *_: relay.stop())
        signal.signal(signal.SIGINT, lambda *_: relay.stop())
        relay.run()

    def _run_events(self, _: list[str]) -> None:
        self._run_celery(self.events_worker(), "solo", 1)

    def _run_jobs(self, lanes: list[str]) -> None:
        self._run_celery(
            self.jobs_worker(lanes or [lane for lane in self.jobs.lanes if lane not in self.jobs.apart]), "threads", 4
        )

    def _run_lane(self, lane: str, _: list[str]) -> None:
        self._run_jobs([lane])

    def _run_celery(self, app: Any, pool: str, concurrency: int) -> None:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
        app.worker_main(["worker", f"--pool={pool}", f"--concurrency={concurrency}", *quiet])

    def _run_migrate(self, _: list[str]) -> None:
        from shared.migrate import upgrade

        upgrade(self.name, self.settings.database_url)


def load(name: str, **given: Any) -> Service:
    """The service called `name`, from its composition root; settings not given come from the environment."""
    service: Service = importlib.import_module(f"services.{name}.main").service(**given)
    return service
