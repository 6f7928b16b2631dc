"""Services that die, or lose a connection, at a chosen statement; and a ground on which this is done again and again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine

from infra.chaos.checker import violations
from infra.chaos.toy import Fail, listener, no_failure, teller
from shared.bell import Bell
from shared.service import Service
from shared.settings import Settings
from shared.testing import World

CLEAN = """
    SET LOCAL session_replication_role = replica;
    DELETE FROM outbox; DELETE FROM subscriber; DELETE FROM inbox; DELETE FROM dead_letter; DELETE FROM job;
    DELETE FROM counted; DELETE FROM heard; DELETE FROM tally; DELETE FROM done;
    UPDATE outbox_head SET seq = 0
"""


class Death(BaseException):
    """The process is gone: nothing after this happens."""


class Blow(Enum):
    """What happens at the chosen statement."""

    DIES = "the process dies before it"
    KILLED = "the process is killed before it, by the real SIGKILL"
    CUT = "the connection is lost before it"
    CUT_AFTER = "it is carried out, and then the connection is lost before the answer"


@dataclass
class Fate:
    """Counts the statements and commits of a service, and strikes at number `at` (never, when 0)."""

    blow: Blow = Blow.DIES
    at: int = 0
    steps: int = 0
    struck: bool = False

    def through(self, connection: psycopg.Connection[Any], act: Callable[[], Any], everything: Iterable[MortalConnection]) -> Any:
        """Do one statement or commit, unless this is where it ends, for one connection or for `everything`."""
        self.steps += 1
        if self.steps != self.at:
            return act()
        self.struck = True
        if self.blow is Blow.KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.blow is Blow.DIES:
            for each in everything:
                each.pgconn.finish()
            raise Death
        if self.blow is Blow.CUT_AFTER:
            act()
        connection.pgconn.finish()
        raise psycopg.OperationalError("the connection is lost")


class Life:
    """The connections of a service, and the fate they are under at present."""

    def __init__(self) -> None:
        self.fate = Fate()
        self._connections: WeakSet[MortalConnection] = WeakSet()

    def connect(self, url: str) -> MortalConnection:
        """A connection of this life."""
        if self.fate.struck and self.fate.blow is Blow.DIES:
            raise Death
        connection = MortalConnection.connect(url, cursor_factory=MortalCursor, options="-c statement_timeout=30000")
        connection.life = self
        self._connections.add(connection)
        return connection

    def through(self, connection: psycopg.Connection[Any], act: Callable[[], Any]) -> Any:
        """Do one statement or commit, if fate allows."""
        return self.fate.through(connection, act, list(self._connections))


class MortalConnection(psycopg.Connection[Any]):
    """A connection whose commits count."""

    life: Life

    def commit(self) -> None:
        """Commit, if fate allows."""
        if self.info.transaction_status is TransactionStatus.IDLE:
            super().commit()
        else:
            self.life.through(self, super().commit)


class MortalCursor(psycopg.Cursor[Any]):
    """A cursor whose statements count."""

    def execute(self, *arguments: Any, **options: Any) -> Any:
        """Execute, if fate allows."""
        return self._through(lambda: super(MortalCursor, self).execute(*arguments, **options))

    def copy(self, *arguments: Any, **options: Any) -> Any:
        """Begin to copy in, if fate allows."""
        return self._through(lambda: super(MortalCursor, self).copy(*arguments, **options))

    def _through(self, act: Callable[[], Any]) -> Any:
        life: Life | None = getattr(self.connection, "life", None)
        return life.through(self.connection, act) if life else act()


class Mute(Bell):
    """Rings for nobody."""

    def ring(self) -> None:
        """Say nothing."""


def mortal(life: Life, base: type[Service] = Service) -> type[Service]:
    """A kind of service whose connections belong to `life`."""

    class Mortal(base):  # type: ignore[misc, valid-type]
        """It may die at any statement."""

        @cached_property
        def engine(self) -> Engine:
            url = self.settings.database_url.replace("+psycopg", "")
            return create_engine("postgresql+psycopg://", creator=lambda: life.connect(url), pool_size=4, hide_parameters=True)

        @cached_property
        def bell(self) -> Bell:
            return Mute(self.settings.database_url)

    return Mortal


class Ground:
    """Two databases, cleaned and played on again and again."""

    def __init__(self, databases: dict[str, str], keys: Path, fail: Fail = no_failure, base: type[Service] = Service) -> None:
        self.databases, self.keys, self.fail, self.base = databases, keys, fail, base
        self.teller, self.listener = self._pair(mortal(Life(), base))
        self._life = Life()
        self._others = self._pair(mortal(self._life, base))

    def close(self) -> None:
        """Give the connections back."""
        for service in (self.teller, self.listener, *self._others):
            service.close()

    def clean(self) -> None:
        """As if nothing had been told yet."""
        for service in (self.teller, self.listener):
            with service.begin() as unit:
                unit.cursor().execute(CLEAN)

    @contextmanager
    def under(self, fate: Fate) -> Iterator[tuple[Service, Service]]:
        """Teller and listener in another life, which remembers nothing and is under this fate while the block lasts."""
        for service in self._others:
            vars(service).pop("inbox", None)
            with service.engine.connect() as one, service.engine.connect() as two:
                one.exec_driver_sql("SELECT 1")
                two.exec_driver_sql("SELECT 1")
        self._life.fate = fate
        try:
            yield self._others
        finally:
            self._life.fate = Fate()
            if fate.struck:
                for service in self._others:
                    service.engine.dispose()

    def recover(self) -> None:
        """Both start anew, and run until quiet."""
        for service in (self.teller, self.listener):
            vars(service).pop("inbox", None)
            with service.begin() as unit:
                unit.cursor().execute("UPDATE job SET lease_until = NULL WHERE state = 'waiting'")
        world = World([self.teller, self.listener])
        world.at(timedelta(minutes=1))
        world.settle()

    def violations(self, *, accepted: set[int], unknown: set[int]) -> list[str]:
        """What the checker says."""
        return violations(self.teller.engine, self.listener.engine, accepted=accepted, unknown=unknown)

    def _pair(self, kind: type[Service]) -> tuple[Service, Service]:
        made = {"teller": teller, "listener": listener}
        settings = {name: Settings(database_url=self.databases[name], keys=self.keys, profile="demo") for name in made}
        return tuple(made[name](settings[name], fail=self.fail, kind=kind) for name in made)  # type: ignore[return-value]
