"""The launcher: starts all, looks after it, stops all, and says in a sentence what cannot work."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from infra.local.launcher import Launcher, parse_scale
from infra.local.pids import command_line
from infra.local.ports import free_port
from infra.local.processes import noted
from infra.local.refusal import Refusal
from infra.local.stack import Stack, holder
from tests.local.conftest import Launch, until


def read(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
        return str(answer.read().decode())


def database(stack: Stack) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(stack.databases["tiny"].replace("+psycopg", ""), autocommit=True)


def can_connect(stack: Stack) -> bool:
    try:
        database(stack).close()
    except psycopg.OperationalError:
        return False
    return True


def test_everything_is_served_on_one_port_and_nothing_is_left_when_it_stops(launch: Launch) -> None:
    launcher = launch()
    with launcher as stack:
        assert read(f"{stack.origin}/tiny/page?x=1") == "tiny /tiny/page?x=1"
        assert redis.Redis.from_url(stack.redis_url).ping()
        running = noted(stack.pids)
        assert set(running) == {"tiny.web", "tiny.relay", "tiny.jobs", "gateway"}
        assert "relay works" in (stack.logs / "tiny.relay.log").read_text()
        assert holder(stack.home) == os.getpid()
    assert [name for name, (pid, command) in running.items() if command in command_line(pid)] == []
    assert launcher.postgres is not None
    assert launcher.postgres.pid is None
    assert launcher.valkey is not None
    assert launcher.valkey.pid is None
    assert holder(stack.home) is None


def test_a_second_start_finds_the_data_of_the_first(launch: Launch) -> None:
    with launch() as stack, database(stack) as rows:
        rows.execute("INSERT INTO note VALUES ('kept')")
    with launch() as stack, database(stack) as rows:
        assert rows.execute("SELECT line FROM note").fetchall() == [("kept",)]


def test_what_dies_is_started_again(launch: Launch) -> None:
    said: list[str] = []
    launcher = launch(say=said.append, durable=True)
    with launcher as stack:
        pid, _ = noted(stack.pids)["tiny.web"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: noted(stack.pids)["tiny.web"][0] != pid)
        assert "tiny.web has ended (SIGKILL); it is started again" in said
        assert launcher.valkey is not None
        launcher.valkey.kill()
        until(launcher.valkey.is_alive)
        assert launcher.postgres is not None
        first = launcher.postgres.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: launcher.postgres and launcher.postgres.pid not in (None, first))
        until(lambda: can_connect(stack))


def test_the_next_start_clears_up_after_a_killed_launcher(launch: Launch, home: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"""
import pathlib, time
from infra.local.launcher import Launcher
with Launcher(pathlib.Path({str(home)!r}), port={free_port()}, services=("tiny",), durable=False) as stack:
    pathlib.Path({str(ready)!r}).touch()
    time.sleep(600)
"""
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ["PYTHONPATH"]])
    killed = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL)
    until(ready.exists)
    left = noted(home / "pids")
    killed.kill()
    killed.wait()
    assert all(command in command_line(pid) for pid, command in left.values())
    with launch() as stack:
        assert not any(command in command_line(pid) for pid, command in left.values())
        assert read(f"{stack.origin}/tiny/") == "tiny /tiny/"


def test_workers_are_counted_by_scale(launch: Launch) -> None:
    with launch(scale=parse_scale("tiny.jobs=3")) as stack:
        assert {"tiny.jobs.1", "tiny.jobs.2", "tiny.jobs.3"} < set(noted(stack.pids))


def test_without_redis_its_address_refuses_at_once(launch: Launch) -> None:
    with launch(redis=False) as stack, pytest.raises(redis.ConnectionError, match="refused"):
        redis.Redis.from_url(stack.redis_url, retry=None).ping()


def test_given_servers_are_used_instead_of_own_ones(
    launch: Launch, new_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = launch()
    with owner:
        assert owner.postgres is not None
        assert owner.valkey is not None
        monkeypatch.setenv("DATABASE_URL", owner.postgres.admin_url)
        monkeypatch.setenv("REDIS_URL", owner.valkey.url)
        guest = launch(home=new_folder())
        with guest as stack, database(stack) as rows:
            assert (guest.postgres, guest.valkey, stack.redis_url) == (None, None, owner.valkey.url)
            assert rows.execute("SELECT inet_server_port()").fetchone() == (owner.postgres.port,)


def refusal(launcher: Launcher) -> str:
    with pytest.raises(Refusal) as refused, launcher:
        pass
    return str(refused.value)


def test_a_busy_port_is_said(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert f"PORT={port + 1}" in refusal(launch(port=port))


def test_a_folder_in_use_is_said(launch: Launch) -> None:
    with launch():
        assert "make down" in refusal(launch())


def test_a_folder_that_cannot_be_written_is_said(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "JIAMENKOU_HOME" in refusal(launch(home=tmp_path / "file" / "home"))


def test_a_folder_that_is_no_database_is_said(launch: Launch, home: Path) -> None:
    (home / "postgres" / "data").mkdir(parents=True)
    assert "move" in refusal(launch())


def test_data_of_another_version_are_said(launch: Launch, home: Path) -> None:
    with launch():
        pass
    version = home / "postgres" / "data" / "PG_VERSION"
    version.write_text("15\n")
    assert "PostgreSQL 15" in refusal(launch())


def test_broken_data_are_said_with_the_servers_own_words(launch: Launch, home: Path) -> None:
    with launch():
        pass
    (home / "postgres" / "data" / "global" / "pg_control").unlink()
    assert "pg_control" in refusal(launch())


def test_a_service_that_cannot_start_is_said_with_its_last_words(launch: Launch, tmp_path: Path) -> None:
    main = tmp_path / "code" / "services" / "tiny" / "main.py"
    works = 'elif role == "web":'
    main.write_text(main.read_text().replace(works, f"elif role:\n    raise SystemExit('no such luck')\n{works}"))
    said = refusal(launch())
    assert "ends again and again" in said
    assert "no such luck" in said


def test_tables_that_cannot_be_made_are_said(launch: Launch, tmp_path: Path) -> None:
    main = tmp_path / "code" / "services" / "tiny" / "main.py"
    main.write_text(main.read_text().replace("(line text)", "(line nonsense)"))
    assert 'type "nonsense" does not exist' in refusal(launch())


@pytest.mark.parametrize("wish", ["tiny.web=2", "other.jobs=2", "tiny.jobs=-1"])
def test_an_impossible_scale_is_said(launch: Launch, wish: str) -> None:
    with pytest.raises(Refusal, match=r"tiny\.jobs"):
        launch(scale=parse_scale(wish))
