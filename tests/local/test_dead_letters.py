"""Dead letters at the terminal: seen, applied again, given up, each with its reason."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.stack import Stack
from shared import clock
from shared.event import new_id
from tests.conftest import Databases
from tests.local.test_status import command


@pytest.fixture
def stack(databases: Databases, keys: Path, new_folder: Callable[[], Path]) -> Iterator[Stack]:
    """A stack that has a launcher, this process, and of all its parts only the database of notify."""
    home = new_folder()
    nowhere = "http://127.0.0.1:1"
    databases_here = {"notify": databases.fresh("notify")}
    stack = Stack(
        home=home,
        origin=nowhere,
        services={},
        databases=databases_here,
        redis_url="",
        redis=False,
        carrier=nowhere,
        clock=home / "clock",
        keys=keys,
        profile="demo",
        launcher_pid=os.getpid(),
    )
    stack.save()
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        yield stack


def park(stack: Stack, seq: int, subject: str, body: str) -> None:
    with connect(stack) as database:
        database.execute(
            "INSERT INTO dead_letter (source, seq, type, subject, body, reason, tries) VALUES (%s, %s, %s, %s, %s, %s, 5)",
            ("/registration", seq, "registration.nobody_hears", subject, body, "KeyError: 'once'"),
        )


def decided(stack: Stack) -> list[tuple[object, ...]]:
    with connect(stack) as database:
        return database.execute("SELECT seq, state, note FROM dead_letter ORDER BY seq").fetchall()


def connect(stack: Stack) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(stack.databases["notify"].replace("+psycopg", ""))


def fact(seq: int, subject: str) -> str:
    who = {"id": str(new_id()), "source": "/registration", "type": "registration.nobody_hears", "subject": subject}
    return json.dumps(
        {**who, "time": clock.now().isoformat(), "dataversion": 1, "sequence": seq, "correlationid": "c", "data": {}}
    )


def letters(stack: Stack, *arguments: str) -> tuple[int, str]:
    done = command("dead-letters", *arguments, JIAMENKOU_HOME=str(stack.home), COLUMNS="200")
    return done.returncode, done.stdout + done.stderr


def test_letters_are_listed_with_their_reason(stack: Stack) -> None:
    park(stack, 7, "session/1", fact(7, "session/1"))
    code, said = letters(stack, "list")
    assert code == 0
    assert "registration.nobody_hears" in said
    assert "KeyError: 'once'" in said


def test_a_subject_is_applied_again_and_the_note_is_kept(stack: Stack) -> None:
    for seq in (7, 8):
        park(stack, seq, "session/1", fact(seq, "session/1"))
    park(stack, 9, "session/2", fact(9, "session/2"))
    assert letters(stack, "replay", "notify", "/registration", "session/1", "--note", "mended") == (0, "2 applied\n")
    assert decided(stack) == [(7, "replayed", "mended"), (8, "replayed", "mended"), (9, "parked", None)]


def test_one_that_fails_again_stays_and_says_why(stack: Stack) -> None:
    park(stack, 7, "session/1", "{}")
    code, said = letters(stack, "replay", "notify", "/registration", "session/1", "--note", "perhaps")
    assert code == 2
    assert "fails as before: ValidationError" in said
    assert "Traceback" not in said
    assert decided(stack) == [(7, "parked", None)]


def test_a_letter_is_given_up_once(stack: Stack) -> None:
    park(stack, 7, "session/1", "{}")
    assert letters(stack, "discard", "notify", "/registration", "7", "--note", "a test entry")[0] == 0
    assert decided(stack) == [(7, "discarded", "a test entry")]
    code, said = letters(stack, "discard", "notify", "/registration", "7", "--note", "again")
    assert code == 2
    assert "no parked letter 7" in said


def test_an_unknown_service_is_said(stack: Stack) -> None:
    code, said = letters(stack, "replay", "kitchen", "/registration", "session/1", "--note", "x")
    assert code == 2
    assert "There is no service kitchen" in said
