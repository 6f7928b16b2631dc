"""Tests, the anonymous survey and the follow-ups of a course, on plain values.

The four levels are Kirkpatrick's: what people thought of it, what they learned, what they do differently, what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Literal

Moment = Literal["pre", "post"]
Asked = Literal["participant", "supervisor"]

FOLLOW_UP_DAYS = (30, 60, 90)
SMALLEST_SHOWN = 5
"""Answers to an anonymous survey are shown from this many on: with fewer, a colleague could tell who wrote what."""
TRIES = {"pre": 1, "post": 3}
RATINGS = (1, 5)


def score(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, int]) -> int:
    """The share of points in whole percent, rounded down; a question left out earns nothing."""
    points = sum(question["points"] for question in questions)
    earned = sum(question["points"] for question in questions if answers.get(question["code"]) == question["right"])
    return earned * 100 // points if points else 0


def due_on(completed: date, days: int) -> date:
    """When somebody is asked what has become of what they learned."""
    return completed + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Rated:
    """What a question of the survey came to; `mean` with one decimal."""

    code: str
    words: str
    answers: int
    mean: float


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey's outcome. With fewer than five answers nothing of them is shown, and `answers` is None."""

    answers: int | None
    rated: tuple[Rated, ...]
    remarks: tuple[str, ...]


def summed_up(questions: Sequence[Mapping[str, Any]], ballots: Sequence[Mapping[str, Any]]) -> Survey:
    """The survey's outcome from the answered ballots, in whatever order they lie; remarks are sorted to forget that order."""
    if len(ballots) < SMALLEST_SHOWN:
        return Survey(None, (), ())
    rated, remarks = [], []
    for question in questions:
        given = [ballot[question["code"]] for ballot in ballots if ballot.get(question["code"])]
        if question["kind"] == "words":
            remarks += given if len(given) >= SMALLEST_SHOWN else []
        elif len(given) >= SMALLEST_SHOWN:
            mean = Fraction(sum(given), len(given))
            rated.append(Rated(question["code"], question["words"], len(given), round(float(mean), 1)))
    return Survey(len(ballots), tuple(rated), tuple(sorted(remarks)))


@dataclass(frozen=True, slots=True)
class Gain:
    """What those who took both tests gained: each is compared with themselves."""

    pairs: int
    before: int
    after: int


def paired(before: Mapping[Any, int], after: Mapping[Any, int]) -> Gain:
    """The mean percent before and after, of those with both."""
    both = before.keys() & after.keys()
    if not both:
        return Gain(0, 0, 0)
    return Gain(len(both), sum(before[who] for who in both) // len(both), sum(after[who] for who in both) // len(both))
