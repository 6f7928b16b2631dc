"""What a reading means: set aside when it cannot be true, else sorted into a class by published limits. Never a diagnosis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

Sex = Literal["f", "m"]
Meal = Literal["fasting", "after_meal", "random"]
Outcome = Literal["seen", "unreachable", "declined"]
Numbers = tuple[float, ...]
"""What was measured: one number, or systolic and diastolic of one blood pressure."""

ADULT = 18
"""Limits are for adults; a visitor whose age is unknown counts as one, but as no older."""

AHEAD = timedelta(minutes=5)
"""How far an appliance's clock may run ahead of ours."""

FOLLOW_UP = timedelta(days=14)
"""The health centre follows up within two weeks of an urgent referral (national basic public health service rules)."""


class Grade(StrEnum):
    """The class of a reading; `critical` opens a referral."""

    NORMAL = "normal"
    ATTENTION = "attention"
    ABNORMAL = "abnormal"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Band:
    """One class of an item: one of its numbers reaches `starts`, passes `above`, or is at most `upto`; none of them fits all."""

    rule: str
    grade: Grade
    starts: Numbers = ()
    above: Numbers = ()
    upto: Numbers = ()
    meal: Meal | None = None
    sex: Sex | None = None
    min_age: int = ADULT

    def fits(self, numbers: Numbers, meal: Meal | None, sex: Sex | None, age: int) -> bool:
        """Whether a reading belongs here. Of a pair, the number in the higher class decides."""
        if (self.meal is not None and meal != self.meal) or (self.sex is not None and sex != self.sex) or age < self.min_age:
            return False
        if self.starts:
            return any(number >= limit for number, limit in zip(numbers, self.starts, strict=True))
        if self.above:
            return any(number > limit for number, limit in zip(numbers, self.above, strict=True))
        if self.upto:
            return any(number <= limit for number, limit in zip(numbers, self.upto, strict=True))
        return True


@dataclass(frozen=True, slots=True)
class Item:
    """Something a station measures. `unit` is UCUM; `plausible` has a range per number; `confirmed`: named in public texts."""

    code: str
    zh: str
    en: str
    unit: str
    category: Literal["health", "fitness", "scale"]
    decimals: int
    plausible: tuple[tuple[float, float], ...]
    bands: tuple[Band, ...]
    confirmed: bool

    @property
    def is_pair(self) -> bool:
        """Whether two numbers are taken together."""
        return len(self.plausible) == 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a reading: `doubt` says why it was set aside; else its class and the rule, where any rule speaks of it."""

    doubt: str = ""
    grade: Grade | None = None
    rule: str = ""


UNKNOWN_ITEM = Verdict(doubt="unknown_item")
IMPLAUSIBLE = Verdict(doubt="out_of_range")
CROSSED = Verdict(doubt="diastolic_not_below_systolic")
UNGRADED = Verdict()


def judge(
    item: Item | None, numbers: Numbers, *, meal: Meal | None = None, sex: Sex | None = None, age: int | None = None
) -> Verdict:
    """Set the reading aside, or find its class."""
    if item is None:
        return UNKNOWN_ITEM
    for number, (low, high) in zip(numbers, item.plausible, strict=True):
        if not low <= number <= high:
            return IMPLAUSIBLE
    if len(numbers) == 2 and numbers[1] >= numbers[0]:
        return CROSSED
    years = ADULT if age is None else age
    for band in item.bands:
        if band.fits(numbers, meal, sex, years):
            return Verdict(grade=band.grade, rule=band.rule)
    return UNGRADED


def latest(now: datetime) -> datetime:
    """The latest time at which something can have been measured by now, as far as an appliance's clock goes."""
    return now + AHEAD


def follow_up_due(opened_on: date) -> date:
    """The last day on which a referral may be followed up."""
    return opened_on + FOLLOW_UP


def read_catalogue(path: Path) -> Mapping[str, Item]:
    """The items of a catalogue file, by code."""
    return {raw["code"]: _item(raw) for raw in json.loads(path.read_text(encoding="utf-8"))["items"]}


def _item(raw: dict[str, Any]) -> Item:
    return Item(
        code=raw["code"],
        zh=raw["zh"],
        en=raw["en"],
        unit=raw["unit"],
        category=raw["category"],
        decimals=raw["decimals"],
        plausible=tuple((low, high) for low, high in raw["plausible"]),
        bands=tuple(_band(band) for band in raw.get("bands", [])),
        confirmed=raw["confirmed"],
    )


def _band(raw: dict[str, Any]) -> Band:
    return Band(
        rule=raw["rule"],
        grade=Grade(raw["class"]),
        starts=tuple(raw.get("from", ())),
        above=tuple(raw.get("above", ())),
        upto=tuple(raw.get("upto", ())),
        meal=raw.get("meal"),
        sex=raw.get("sex"),
        min_age=raw.get("min_age", ADULT),
    )


CATALOGUE = read_catalogue(Path(__file__).parent / "data" / "items.json")
"""Every item a station may send, by code."""
