"""The status of a stack, and the command line's refusals."""

import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from infra.local import status
from infra.local.processes import noted
from infra.local.stack import REPOSITORY, Stack
from shared import clock
from tests.local.conftest import Launch, until


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status follows the stack's simulated clock; the next test shall not."""
    monkeypatch.setattr(clock, "_file", None)


def shown(stack: Stack) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=140)
    well = status.show(stack, console)
    assert isinstance(console.file, io.StringIO)
    return well, console.file.getvalue()


def run(stack: Stack, command: str) -> None:
    with psycopg.connect(stack.databases["tiny"].replace("+psycopg", "")) as database:
        database.execute(command)


def test_a_quiet_stack_is_well(launch: Launch) -> None:
    with launch() as stack:
        well, page = shown(stack)
    assert well, page
    assert "tiny.relay" in page
    assert "no dead letters" in page


def test_what_is_wrong_is_shown(launch: Launch) -> None:
    launcher = launch()
    with launcher as stack:
        run(stack, "INSERT INTO subscriber (name, types) VALUES ('tiny', '{x.happened}')")
        run(stack, "INSERT INTO inbox (source, seq, stopped) VALUES ('/tiny', 3, 'the log was replaced')")
        assert "the log was replaced" in shown(stack)[1]
        run(stack, "UPDATE inbox SET stopped = ''")
        assert shown(stack)[0]
        run(stack, "INSERT INTO dead_letter VALUES ('/tiny', 7, 'x.happened', 'thing/1', '{}', 'KeyError: no such thing', 5)")
        well, page = shown(stack)
        assert not well
        assert "KeyError: no such thing" in page
        assert [letter.subject for letter in status.letters(stack)] == ["thing/1"]
        run(stack, "DELETE FROM dead_letter")
        assert shown(stack)[0]
        launcher.supervisor.rest("tiny.jobs")
        os.kill(noted(stack.pids)["tiny.jobs"][0], signal.SIGKILL)
        until(lambda: "away" in shown(stack)[1])
        assert not shown(stack)[0]
        launcher.supervisor.wake("tiny.jobs")
        until(lambda: shown(stack)[0])


def test_jobs_are_due_by_the_simulated_clock(launch: Launch) -> None:
    with launch() as stack:
        run(stack, "INSERT INTO job (id, kind, key, due_at) VALUES (gen_random_uuid(), 'remind', 'k', now() + interval '1 hour')")
        assert [cell for cell in shown(stack)[1].split() if cell.isdigit()][-3:] == ["0", "1", "0"]
        clock.set_simulated(stack.clock, clock.now() + timedelta(days=1))
        assert "min" in shown(stack)[1]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if name not in ("PORT", "SCALE", "REDIS", "EXIT", "JIAMENKOU_HOME")
    }
    return subprocess.run([sys.executable, "-m", "infra.local.cli", *arguments], cwd=REPOSITORY, env={**clean, **environment},
                          capture_output=True, text=True, check=False)  # fmt: skip


def test_the_command_refuses_in_words_and_with_exit_code_two(new_folder: Callable[[], Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        refused = command("up", "--home", str(new_folder()), PORT=str(busy.getsockname()[1]))
    assert refused.returncode == 2
    assert "is in use by another program" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_nothing_can_be_stopped_where_nothing_runs(new_folder: Callable[[], Path]) -> None:
    refused = command("down", JIAMENKOU_HOME=str(new_folder()))
    assert refused.returncode == 2
    assert "Nothing runs here" in refused.stderr


def test_a_scale_that_is_no_number_is_refused(new_folder: Callable[[], Path]) -> None:
    refused = command("up", "--scale", "notify.jobs=many", "--home", str(new_folder()))
    assert refused.returncode == 2
    assert "notify.jobs=3" in refused.stderr
