"""Real parts for every test: one PostgreSQL per test process, a fresh copy of a migrated database per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from xdist.scheduler import LoadScopeScheduling

from infra.local.postgres import start_postgres
from shared import clock
from shared.crypto import create_keys
from shared.migrate import upgrade
from shared.service import Service, load
from shared.testing import Bench, World


class KeptTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Tests that share a running stack stay in one test process; all others go wherever there is time."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/browser" if nodeid.startswith("tests/browser/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> KeptTogether:
    """How `pytest -n` hands out tests."""
    return KeptTogether(config, log)


SERVICES = ("registration", "notify", "stations", "reports")

NewDatabase = Callable[[str], str]


class Databases:
    """Fresh databases, copied from a template that is migrated once."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url
        self._templates: set[str] = set()
        self._made: list[str] = []

    def fresh(self, service: str) -> str:
        """The URL of a new database with the tables of `service`."""
        return self.copy(service, lambda url: upgrade(service, url))

    def copy(self, kind: str, fill: Callable[[str], None]) -> str:
        """The URL of a new database of a kind, copied from one that `fill` fills the first time."""
        template = f"template_{kind}"
        if kind not in self._templates:
            self._execute(f"CREATE DATABASE {template}")
            fill(self.url(template))
            self._templates.add(kind)
        name = f"t_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        self._made.append(name)
        return self.url(name)

    def bare(self) -> str:
        """The URL of a new, empty database."""
        name = f"t_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name}")
        self._made.append(name)
        return self.url(name)

    def drop_all(self) -> None:
        """Drop what `fresh` and `bare` made since the last call."""
        while self._made:
            self._execute(f"DROP DATABASE IF EXISTS {self._made.pop()} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return self.admin_url.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{name}"

    def _execute(self, sql: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(sql)


@pytest.fixture(scope="session")
def new_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that every user can enter, which pytest's own are not: run by root, PostgreSQL is another user."""
    with TemporaryDirectory(prefix="jiamenkou-") as top:
        Path(top).chmod(0o755)

        def make() -> Path:
            folder = Path(top) / uuid4().hex
            folder.mkdir()
            return folder

        yield make


@pytest.fixture(scope="session")
def databases_of_session(new_folder: Callable[[], Path]) -> Iterator[Databases]:
    """The server of this test process; a quick one that survives no power cut."""
    postgres = start_postgres(new_folder(), durable=False)
    yield Databases(postgres.admin_url)
    postgres.stop()


@pytest.fixture
def databases(databases_of_session: Databases) -> Iterator[Databases]:
    """Databases for one test, dropped after it."""
    yield databases_of_session
    databases_of_session.drop_all()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key folder for all services."""
    folder = tmp_path_factory.mktemp("keys")
    create_keys(folder, SERVICES)
    return folder


@pytest.fixture(autouse=True)
def running_clock() -> Iterator[None]:
    """Whatever a test did to the clock, the next one finds it running."""
    yield
    clock.freeze(None)


@pytest.fixture
def new_service(databases: Databases, keys: Path) -> Iterator[Callable[[str], Service]]:
    """Builds a service on a database of its own."""
    made: list[Service] = []

    def build(name: str) -> Service:
        service = load(name, database_url=databases.fresh(name), keys=keys, profile="demo")
        made.append(service)
        return service

    yield build
    for service in made:
        service.close()


@pytest.fixture
def new_bench(new_service: Callable[[str], Service]) -> Callable[[str], Bench]:
    """A bench for the service named."""
    return lambda name: Bench(new_service(name))


@pytest.fixture
def world(new_service: Callable[[str], Service]) -> World:
    """All four services."""
    return World([new_service(name) for name in SERVICES])
