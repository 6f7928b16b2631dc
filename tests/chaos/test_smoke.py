"""Real processes under load are killed, wiped, restarted and cut off: every accepted fact is applied once, in order."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.chaos.run import SMOKE, Plan, Verdict, play

KEPT = Path(__file__).parents[2] / ".run" / "chaos"
SEED = 2021


@pytest.mark.timeout(400)
@pytest.mark.parametrize("plan", SMOKE, ids=lambda plan: plan.name)
def test_nothing_is_lost_or_done_twice(plan: Plan, new_folder: Callable[[], Path]) -> None:
    folder = new_folder()
    verdict = play(plan, folder, SEED, print)
    if not verdict.is_clean:
        kept = KEPT / plan.name.replace(" ", "-")
        shutil.copytree(folder, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("postgres", "valkey", "keys"))
        pytest.fail(f"{verdict.violations or 'did not come level'}; history and logs are in {kept}")
    assert len(verdict.struck) >= len(plan.faults)


def test_a_verdict_is_clean_only_when_all_was_kept_and_something_was_done() -> None:
    def verdict(accepted: int = 1, level_after: float | None = 1.0, violations: tuple[str, ...] = ()) -> Verdict:
        return Verdict("plan", 1, accepted, 0, [], level_after, list(violations))

    assert verdict().is_clean
    assert not verdict(accepted=0).is_clean
    assert not verdict(level_after=None).is_clean
    assert not verdict(violations=("never applied: 5",)).is_clean
