"""The embedded servers: roles kept apart, crashes recovered from, a server of one's own used."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis

from infra.local.postgres import Postgres, create_databases, start_postgres
from infra.local.valkey import start_valkey


@pytest.fixture(scope="module")
def server(new_folder: Callable[[], Path]) -> Iterator[Postgres]:
    server = start_postgres(new_folder(), durable=False)
    yield server
    server.stop()


@pytest.fixture
def databases(server: Postgres, tmp_path: Path) -> dict[str, str]:
    return create_databases(server.admin_url, ["one", "two"], tmp_path / "passwords.json")


def connect(url: str, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
    parts = urlsplit(url.replace("+psycopg", ""))
    return psycopg.connect(urlunsplit(parts._replace(path=f"/{database}") if database else parts), autocommit=True)


def test_each_role_owns_its_database(databases: dict[str, str]) -> None:
    for name, url in databases.items():
        with connect(url) as own:
            own.execute("CREATE TABLE thing ()")
            assert own.execute("SELECT current_user, current_database()").fetchone() == (f"jiamenkou_{name}",) * 2
            own.execute("DROP TABLE thing")


@pytest.mark.parametrize("other", ["jiamenkou_two", "postgres", "template1"])
def test_no_role_can_enter_another_database(databases: dict[str, str], other: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        connect(databases["one"], other)


def test_no_role_can_make_databases_or_roles(databases: dict[str, str]) -> None:
    with connect(databases["one"]) as own:
        for command in ("CREATE DATABASE more", "CREATE ROLE more", "SELECT pg_read_file('/etc/passwd')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(command)


def test_a_wrong_password_is_refused(databases: dict[str, str]) -> None:
    parts = urlsplit(databases["one"])
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(urlunsplit(parts._replace(netloc=f"jiamenkou_one:guess@{parts.hostname}:{parts.port}")))


def test_making_the_databases_again_changes_nothing(server: Postgres, databases: dict[str, str], tmp_path: Path) -> None:
    assert create_databases(server.admin_url, ["one", "two"], tmp_path / "passwords.json") == databases


def test_lost_passwords_are_replaced(server: Postgres, databases: dict[str, str], tmp_path: Path) -> None:
    renewed = create_databases(server.admin_url, ["one"], tmp_path / "others.json")
    assert renewed["one"] != databases["one"]
    with connect(renewed["one"]) as own:
        assert own.execute("SELECT 1").fetchone() == (1,)


def test_passwords_are_for_their_owner_only(databases: dict[str, str], tmp_path: Path) -> None:
    assert databases
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_what_was_committed_survives_a_crash(new_folder: Callable[[], Path]) -> None:
    server = start_postgres(new_folder())
    try:
        with connect(server.admin_url) as admin:
            admin.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        before = server.pid
        server.restart_immediate()
        assert server.pid not in (None, before)
        with connect(server.admin_url) as admin:
            assert admin.execute("TABLE kept").fetchone() == (42,)
    finally:
        server.stop()


def test_valkey_keeps_what_it_was_told_through_a_stop(tmp_path: Path) -> None:
    server = start_valkey(tmp_path)
    redis.Redis.from_url(server.url).set("word", "kept")
    server.stop()
    assert not server.is_alive()
    server.start()
    assert redis.Redis.from_url(server.url).get("word") == b"kept"
    server.kill()
    assert not server.is_alive()


def test_valkey_asks_for_its_password(tmp_path: Path) -> None:
    server = start_valkey(tmp_path)
    try:
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port).ping()
    finally:
        server.kill()
