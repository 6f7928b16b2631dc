"""Every fact is applied once, in order; what cannot be applied is set aside with its subject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.event import Event
from shared.service import Service
from shared.testing import World
from tests.bus.toy import Counted, Folded, count, heard, listener, rows, teller
from tests.conftest import Databases

Pair = Callable[..., World]


@pytest.fixture
def pair(databases: Databases, keys: Path) -> Any:
    """A teller and a listener in one world."""
    made: list[Service] = []

    def build(fail: Callable[[Event], None] = lambda event: None) -> World:
        made.extend([teller(databases.bare(), keys), listener(databases.bare(), keys, fail)])
        return World(made)

    yield build
    for service in made:
        service.engine.dispose()


@pytest.mark.parametrize("kind", [Counted, Folded])
def test_everything_counted_is_heard_once_and_in_order(pair: Pair, kind: type[Counted] | type[Folded]) -> None:
    world = pair()
    count(world.services["toy"], *range(30), kind=kind)
    world.settle()
    count(world.services["toy"], *range(30, 40), kind=kind)
    world.settle()
    assert heard(world.services["listener"]) == list(range(40))


def test_a_poisoned_event_is_parked_with_its_subject_and_the_rest_goes_on(pair: Pair) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, Counted) and event.n == 7:
            raise ValueError("seven")

    world = pair(fail)
    toy, ears = world.services["toy"], world.services["listener"]
    count(toy, 1, 2)
    count(toy, 7, thing="sevens")
    count(toy, 8, thing="sevens")
    count(toy, 9)
    for _ in range(7):
        with ears.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE inbox SET retry_at = now()")
        world.pullers["listener"].look("/toy", patient=False)
    assert heard(ears) == [1, 2, 9]
    assert rows(ears.engine, "SELECT subject, tries, state, reason FROM dead_letter ORDER BY seq") == [
        ("sevens", 5, "parked", "ValueError: seven"),
        ("sevens", 0, "parked", "an earlier event of the same subject is parked"),
    ]
