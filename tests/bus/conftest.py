"""A teller and a listener, each on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chaos.toy import Fail, listener, make_tables, no_failure, teller
from shared.jobs import Jobs
from shared.service import Service
from shared.settings import Settings
from shared.testing import World
from tests.conftest import Databases

NewToy = Callable[..., Service]
NewPair = Callable[..., World]


@pytest.fixture
def new_toy(databases: Databases, keys: Path) -> Iterator[NewToy]:
    """Builds a teller or a listener."""
    made: list[Service] = []

    def build(
        name: str = "teller", *, url: str = "", fail: Fail = no_failure, kind: type[Service] = Service, **given: Any
    ) -> Service:
        settings = Settings(database_url=url or databases.copy("toy", make_tables), keys=keys, profile="demo", **given)
        made.append({"teller": teller, "listener": listener}[name](settings, fail=fail, kind=kind))
        return made[-1]

    yield build
    for service in made:
        service.close()


@pytest.fixture
def new_pair(new_toy: NewToy) -> NewPair:
    """Builds a teller and a listener in one world; `fail` may raise for events the listener hears."""
    return lambda fail=no_failure: World([new_toy("teller"), new_toy("listener", fail=fail)])


@pytest.fixture
def with_jobs(new_toy: NewToy) -> Callable[[Jobs], Service]:
    """Builds a service that does the jobs given."""

    def build(jobs: Jobs) -> Service:
        service = new_toy("teller")
        service.jobs = jobs
        return service

    return build
