"""Killed before every statement of every step, or cut off from the database there: recovered, nothing is lost or done twice."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.chaos.toy import NAMES, heard, make_tables, rows
from shared import clock
from shared.crypto import create_keys
from shared.testing import START
from tests.bus.mortal import Blow, Death, Fate, Ground
from tests.bus.scenes import SCENES, Scene, apply_until_parked, fail, jobs, replay
from tests.conftest import Databases


@pytest.fixture(scope="module")
def ground(databases_of_session: Databases, keys: Path) -> Iterator[Ground]:
    create_keys(keys, NAMES)
    made = Ground({name: databases_of_session.copy("toy", make_tables) for name in NAMES}, keys, fail)
    yield made
    made.close()
    databases_of_session.drop_all()


def set_up(ground: Ground, scene: Scene) -> None:
    clock.freeze(START)
    fail.mended = False
    ground.clean()
    scene.before(ground.teller, ground.listener)


def struck(ground: Ground, scene: Scene, fate: Fate) -> bool:
    """Act the scene under this fate; False when it was over before the blow."""
    with ground.under(fate) as pair:
        try:
            scene.act(*pair)
        except (Death, Exception):
            if not fate.struck:
                raise
    return fate.struck


def recovered(ground: Ground, scene: Scene) -> list[str]:
    """What is wrong after a recovery."""
    if scene.poisoned:
        if not fail.mended:
            apply_until_parked(ground.teller, ground.listener)
        letters = rows(ground.listener.engine, "SELECT seq FROM dead_letter ORDER BY seq")
        assert letters == [(1,), (2,)]
        fail.mended = True
        replay(ground.teller, ground.listener)
    ground.recover()
    found = ground.violations(accepted=scene.accepted, unknown=scene.unknown)
    in_turn = [n for n in heard(ground.listener) if n in (13, 14)] in ([], [13, 14])
    return [trouble for trouble in found if not (scene.poisoned and in_turn and trouble == "teller: applied out of order")]


@pytest.mark.parametrize(
    ("name", "blow"),
    [*((name, blow) for name in SCENES for blow in (Blow.DIES, Blow.CUT_AFTER)), ("an apply", Blow.CUT), ("a job", Blow.CUT)],
    ids=lambda value: value.name.lower() if isinstance(value, Blow) else value,
)
def test_a_blow_at_any_statement_leaves_nothing_lost_or_double(ground: Ground, name: str, blow: Blow) -> None:
    scene = SCENES[name]
    at = 1
    while True:
        set_up(ground, scene)
        fate = Fate(blow, at)
        before = fail.mended
        was_struck = struck(ground, scene, fate)
        fail.mended = before
        assert recovered(ground, scene) == [], f"at statement {at}"
        for key, state, times in jobs(ground.teller):
            assert state == "done", f"job {key} at statement {at}"
            assert times >= 1
        if not was_struck:
            break
        at += 1
    assert at > 2


def end_for_real(databases: dict[str, str], keys: Path, name: str, at: int, mended: bool) -> None:
    """In a process of its own: act, and be killed at a statement."""
    clock.freeze(START)
    fail.mended = mended
    ground = Ground(databases, keys, fail)
    with ground.under(Fate(Blow.KILLED, at)) as pair:
        SCENES[name].act(*pair)


@pytest.mark.parametrize("name", SCENES)
def test_a_process_really_killed_leaves_nothing_lost_or_double(ground: Ground, name: str) -> None:
    scene = SCENES[name]
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.bus.test_crash"])
    set_up(ground, scene)
    counting = Fate()
    assert not struck(ground, scene, counting)
    for at in sorted({1, counting.steps // 2, counting.steps - 1, counting.steps}):
        set_up(ground, scene)
        process = processes.Process(target=end_for_real, args=(ground.databases, ground.keys, name, at, fail.mended))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert recovered(ground, scene) == [], f"at statement {at}"
