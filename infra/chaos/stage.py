"""Teller and listener as real processes, on a PostgreSQL and a Valkey of their own; a process that dies is started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import psycopg
from sqlalchemy import Engine, create_engine

from infra.chaos.checker import violations
from infra.chaos.toy import NAMES, make_tables, rows
from infra.local.ports import LOOPBACK, free_port
from infra.local.postgres import start_postgres
from infra.local.processes import Process, stop
from infra.local.valkey import start_valkey
from shared.crypto import create_keys

REPOSITORY = Path(__file__).parents[2]
ROLES = ("web", "relay", "events")


class Stage:
    """A running pair. `redis=False` plays without Redis from beginning to end."""

    def __init__(self, folder: Path, *, redis: bool = True, roles: tuple[str, ...] = ROLES) -> None:
        self.folder = folder
        self.postgres = start_postgres(folder / "postgres")
        self.valkey = start_valkey(folder / "valkey") if redis else None
        self.ports = {name: free_port() for name in NAMES}
        self.databases = {name: self._database(name) for name in NAMES}
        create_keys(folder / "keys", NAMES)
        self.processes = {
            f"{name}.{role}": self._process(name, role) for name in NAMES for role in roles if redis or role != "events"
        }
        self._over = threading.Event()
        self._nurse = threading.Thread(target=self._look_after, name="nurse", daemon=True)

    def __enter__(self) -> Self:
        for process in self.processes.values():
            process.start()
        self._nurse.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._nurse.join()
        stop(list(self.processes.values()), patience=5)
        if self.valkey:
            self.valkey.kill()
        self.postgres.stop()

    def url(self, name: str) -> str:
        """The address of a service."""
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def engine(self, name: str) -> Engine:
        """A fresh connection pool to a service's database, to look into it."""
        return create_engine(self.databases[name], pool_size=1)

    def wait_until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Ask a few times a second whether something has become true; False when it has not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if true():
                return True
            time.sleep(0.1)
        return False

    def is_level(self) -> bool:
        """Whether each has applied all that the other has told. Cursors come first: applying may tell more."""
        cursors = [self._ask(name, "SELECT coalesce(max(seq), 0) FROM inbox") for name in NAMES]
        ends = [self._ask(name, "SELECT seq FROM outbox_head") for name in NAMES]
        return ends == cursors[::-1]

    def is_up(self) -> bool:
        """Whether both answer and the listener is known to the teller."""
        try:
            answers = [httpx2.get(f"{self.url(name)}/health").status_code for name in NAMES]
        except httpx2.HTTPError:
            return False
        return answers == [200, 200] and all(self._ask(name, "SELECT count(*) FROM subscriber") == [(1,)] for name in NAMES)

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        self.processes[name].signal(signal.SIGKILL)

    def freeze(self, name: str, seconds: float) -> None:
        """Let a process stand still for a while."""
        pid = self.processes[name].pid
        if pid is not None:
            self.halt(pid, seconds)

    def halt(self, pid: int, seconds: float) -> None:
        """Let what has this process id stand still for a while."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)

    def violations(self, accepted: set[int], unknown: set[int]) -> list[str]:
        """What the checker finds."""
        engines = [self.engine(name) for name in NAMES]
        try:
            return violations(*engines, accepted=accepted, unknown=unknown)
        finally:
            for engine in engines:
                engine.dispose()

    def _ask(self, name: str, sql: str) -> list[tuple[object, ...]]:
        engine = self.engine(name)
        try:
            return rows(engine, sql)
        finally:
            engine.dispose()

    def _database(self, name: str) -> str:
        with psycopg.connect(self.postgres.admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        url = self.postgres.admin_url.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{name}"
        make_tables(url)
        return url

    def _process(self, name: str, role: str) -> Process:
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": self.databases[name],
            "REDIS_URL": self.valkey.url if self.valkey else "",
            "PORT": str(self.ports[name]),
            "JIAMENKOU_KEYS": str(self.folder / "keys"),
            "JIAMENKOU_PEERS": json.dumps({other: self.url(other) for other in NAMES}),
        }
        command = [sys.executable, "-m", "infra.chaos.toy", name, role]
        return Process(f"{name}.{role}", command, environment, self.folder / f"{name}.{role}.log")

    def _look_after(self) -> None:
        while not self._over.wait(0.2):
            for process in self.processes.values():
                if process.ended is not None:
                    process.start()
