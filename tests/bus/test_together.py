"""Wishes that wait together are carried out together, and each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import psycopg
import pytest

from shared.together import Together


class Desk:
    """Carries out groups of words once `open` is set; it cannot bear the word `bad`, and `cut` cuts its line."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.reached, self.open = threading.Event(), threading.Event()
        self.together: Together[str, str] = Together(self.carry_out, name="desk", most=3, threads=2)

    def carry_out(self, group: list[str]) -> Sequence[str | Exception]:
        self.groups.append(group)
        self.reached.set()
        assert self.open.wait(20)
        if "bad" in group:
            raise ValueError("bad")
        if "cut" in group:
            raise psycopg.OperationalError("the line was cut")
        return [KeyError(word) if word == "no" else word.upper() for word in group]


@pytest.fixture
def desk() -> Desk:
    """A desk with one wish under way, which holds up those that come after it."""
    desk = Desk()
    desk.together.put("first")
    assert desk.reached.wait(10)
    return desk


def test_what_arrives_meanwhile_is_one_group_in_the_order_of_arrival_and_not_too_large(desk: Desk) -> None:
    futures = [desk.together.put(word) for word in "abcde"]
    desk.open.set()
    assert [future.result(10) for future in futures] == list("ABCDE")
    assert desk.groups == [["first"], ["a", "b", "c"], ["d", "e"]]


def test_a_refusal_is_told_to_whom_it_is_for(desk: Desk) -> None:
    yes, no = desk.together.put("yes"), desk.together.put("no")
    desk.open.set()
    assert (yes.result(10), type(no.exception(10))) == ("YES", KeyError)
    assert desk.groups == [["first"], ["yes", "no"]]


def test_a_group_that_fails_is_tried_one_by_one(desk: Desk) -> None:
    futures = [desk.together.put(word) for word in ("a", "bad", "c")]
    desk.open.set()
    assert [future.exception(10) and str(future.exception()) for future in futures] == [None, "bad", None]
    assert desk.groups[1:] == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]


def test_when_the_database_is_away_nobody_waits_for_it_again_and_again(desk: Desk) -> None:
    futures = [desk.together.put(word) for word in ("cut", "b", "c")]
    desk.open.set()
    assert {type(future.exception(10)) for future in futures} == {psycopg.OperationalError}
    assert desk.groups[1:] == [["cut", "b", "c"], ["cut"]]


def test_one_key_does_not_hold_up_another(desk: Desk) -> None:
    other = desk.together.put("other", key="another")
    while len(desk.groups) < 2:
        desk.reached.wait(0.01)
    desk.open.set()
    assert other.result(10) == "OTHER"
    assert sorted(desk.groups) == [["first"], ["other"]]


def test_who_gave_up_is_left_out(desk: Desk) -> None:
    gone, stays = desk.together.put("gone"), desk.together.put("stays")
    assert gone.cancel()
    desk.open.set()
    assert stays.result(10) == "STAYS"
    assert desk.groups == [["first"], ["stays"]]
