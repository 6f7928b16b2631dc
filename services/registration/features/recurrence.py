"""Reading RRULEs (RFC 5545), and the days they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any, Literal, get_args

from dateutil.rrule import rrulestr

from services.registration.features import problems
from shared.web import phrase

Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

NO_RULE = phrase("看不懂这个重复的规律。可以按天、按周、按月或按年重复，比如 FREQ=WEEKLY;BYDAY=WE。")
TOO_OFTEN = phrase("最密只能每天一场；一天里的几场请分成几个规律。")
NO_COUNT = phrase("次数和间隔都要从 1 数起，次数最多 400。")
BOTH_ENDS = phrase("请在“到哪一天”和“共几次”里只选一个。")
ENDS_EARLY = phrase("结束的日子早于开始的日子，一场也排不出来。")
NO_DAY = phrase("按这个规律，十年里一天也没有，请再核对。")
NOT_WEEKLY = phrase("只有按周办的系列能这样换星期几；别的请在“规律”里另排一个，再让这一个到某天为止。")
HORIZON = timedelta(days=3660)
"""How far a rule is looked through for a first day: ten years."""

PARTS: dict[str, str] = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d?|[1-3]\d\d|400",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYDAY": r"[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)(,[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))*",
    "BYMONTHDAY": r"-?\d{1,2}(,-?\d{1,2})*",
    "BYMONTH": r"\d{1,2}(,\d{1,2})*",
    "BYSETPOS": r"-?\d{1,3}(,-?\d{1,3})*",
    "BYWEEKNO": r"-?\d{1,2}(,-?\d{1,2})*",
    "BYYEARDAY": r"-?\d{1,3}(,-?\d{1,3})*",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}
"""The parts of a rule that are understood, and what each may say."""


def read_rule(text: str, first: date) -> str:
    """The rule in its plain form, if sessions from `first` on can come of it; raises `ImpossibleRule`."""
    parts = _parts(text)
    if "COUNT" in parts and "UNTIL" in parts:
        raise problems.ImpossibleRule(BOTH_ENDS)
    if "UNTIL" in parts and _until(parts["UNTIL"]) < first:
        raise problems.ImpossibleRule(ENDS_EARLY)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        found = next(days_of(rule, first, first + HORIZON), None)
    except (ValueError, TypeError, IndexError):
        raise problems.ImpossibleRule(NO_RULE) from None
    if found is None:
        raise problems.ImpossibleRule(NO_DAY)
    return rule


def days_of(rule: str, anchor: date, last: date) -> Iterator[date]:
    """The days that the rule means, counted from `anchor`, up to `last`; `rule` is one that `read_rule` gave."""
    parts = dict(part.split("=") for part in rule.split(";"))
    count = int(parts.pop("COUNT", 10_000))
    end = min(last, _until(parts.pop("UNTIL"))) if "UNTIL" in parts else last
    parts["UNTIL"] = f"{end:%Y%m%d}T235959"
    rows: Any = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=datetime.combine(anchor, time()))
    return takewhile(lambda day: day <= end, islice((moment.date() for moment in rows), count))


def on_weekdays(rule: str, weekdays: Sequence[Weekday], *, anchor: date, first: date) -> str:
    """A weekly rule on other days from `first` on: what it has left of its number of dates is counted from there."""
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts["FREQ"] != "WEEKLY":
        raise problems.ImpossibleRule(NOT_WEEKLY)
    parts["BYDAY"] = ",".join(day for day in get_args(Weekday) if day in weekdays)
    if "COUNT" in parts:
        passed = sum(1 for _ in days_of(rule, anchor, first - timedelta(days=1)))
        parts["COUNT"] = str(max(int(parts["COUNT"]) - passed, 1))
    return read_rule(";".join(f"{name}={value}" for name, value in parts.items()), first)


def _parts(text: str) -> dict[str, str]:
    written = text.strip().upper().removeprefix("RRULE:")
    parts: dict[str, str] = {}
    for part in written.split(";"):
        name, _, value = part.partition("=")
        if (name == "FREQ" and value in ("HOURLY", "MINUTELY", "SECONDLY")) or name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise problems.ImpossibleRule(TOO_OFTEN)
        if name in ("COUNT", "INTERVAL") and not re.fullmatch(PARTS[name], value):
            raise problems.ImpossibleRule(NO_COUNT)
        if name not in PARTS or name in parts or not re.fullmatch(PARTS[name], value):
            raise problems.ImpossibleRule(NO_RULE)
        parts[name] = value
    numbered = re.search(r"\d", parts.get("BYDAY", ""))
    if "FREQ" not in parts or (numbered and parts["FREQ"] in ("DAILY", "WEEKLY")):
        raise problems.ImpossibleRule(NO_RULE)
    return parts


def _until(text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise problems.ImpossibleRule(NO_RULE) from None
