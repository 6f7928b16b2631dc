"""The two-year history, made up: which day brings how many visitors to which station, and what they have measured.

Everything follows from the seed and the number of visits: the same call always makes the same rows and ids. Usage rises,
weekends and the closures of spring 2020 show, some stations draw more people than others, three visitors in five are identified.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate

from services.stations.domain import CATALOGUE, Meal, Numbers, judge
from services.stations.network import HOURS, Site

CHUNK = 5_000
"""Visits that are written together."""

IDENTIFIED = 0.6
VISITS_A_PERSON = 4
CLOSED = (date(2020, 1, 27), date(2020, 3, 16))
"""From when until when the stations were shut in spring 2020 (made up, but for the fact)."""

SAMPLES = 512
_NULL = "\\N"

Fact = tuple[str, Site, date, str | None, int]
"""Of one visit: id, station, day, pseudonym, items."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Visits that are written together: rows in COPY's text format, and the facts to be told about them."""

    visits: str
    readings: str
    facts: list[Fact]


class History:
    """A history of exactly `visits` visits up to the day before `until`."""

    def __init__(self, sites: list[Site], *, visits: int, seed: int, until: date) -> None:
        self.sites, self.visits, self.seed = sites, visits, seed
        self._cells = [
            (day, site, weight) for day in _days(sites, until) for site in sites if (weight := _weight(site, day, until)) > 0
        ]
        total = sum(weight for _, _, weight in self._cells)
        self._ends = [round(upto * visits / total) for upto in accumulate(weight for _, _, weight in self._cells)]
        self._regulars = self._count_regulars()
        self._menus, self._samples = _menus(random.Random(seed)), _samples(random.Random(seed))

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.visits // CHUNK)

    def size(self, number: int) -> int:
        """How many visits a chunk holds."""
        return min(CHUNK, self.visits - number * CHUNK)

    def first_id(self, number: int) -> str:
        """The id of a chunk's first visit, by which one sees whether the chunk is written."""
        return next(self._visits(number))[0]

    def chunk(self, number: int) -> Chunk:
        """One chunk, whole."""
        visits: list[str] = []
        readings: list[str] = []
        facts: list[Fact] = []
        chance = random.Random(f"{self.seed}:{self.visits}:{number}")
        draw, menus, samples = chance.random, self._menus, self._samples
        for id, day, site, minute in self._visits(number):
            menu = menus[int(draw() * len(menus))]
            person = self._person(site, draw) if draw() < IDENTIFIED else None
            visits.append(f"{id}\t{site.id}\t{day} {_CLOCK[minute]}\t{day}\t{person or _NULL}\t{len(menu)}\tt\n")
            for place, item in enumerate(menu, start=1):
                head, tail = samples[item][int(draw() * SAMPLES)]
                readings.append(f"{id[:-2]}{place:02x}\t{id}\t{head}{day} {_CLOCK[minute + place]}{tail}")
            facts.append((id, site, day, person, len(menu)))
        return Chunk("".join(visits), "".join(readings), facts)

    def _visits(self, number: int) -> Iterator[tuple[str, date, Site, int]]:
        """Id, day, station and minute of the day of each visit in a chunk. Ids begin with the time: indexes stay dense."""
        start = number * CHUNK
        cell = bisect_right(self._ends, start)
        for visit in range(start, start + self.size(number)):
            while self._ends[cell] <= visit:
                cell += 1
            day, site, _ = self._cells[cell]
            mark = blake2b(b"%d:%d:%d" % (self.seed, self.visits, visit), digest_size=10).hexdigest()
            minute = 510 + int(mark[-4:], 16) % 470
            moment = (_midnight(day) + minute * 60) * 1000
            yield f"{moment:012x}8{mark[:3]}8{mark[3:18]}", day, site, minute

    def _person(self, site: Site, draw: Callable[[], float]) -> str:
        """A pseudonym: some people come often, most seldom."""
        number = int(self._regulars[site.code] * draw() ** 1.7)
        mark = blake2b(f"{self.seed}:{site.code}:{number}".encode(), digest_size=16).hexdigest()
        return f"{mark[:12]}8{mark[13:16]}8{mark[17:]}"

    def _count_regulars(self) -> dict[str, int]:
        visits = dict.fromkeys((site.code for site in self.sites), 0)
        before = 0
        for (_, site, _), end in zip(self._cells, self._ends, strict=True):
            visits[site.code] += end - before
            before = end
        return {code: max(1, int(count * IDENTIFIED / VISITS_A_PERSON)) for code, count in visits.items()}


def _days(sites: list[Site], until: date) -> list[date]:
    first = min(site.opened_on for site in sites)
    return [first + timedelta(days=number) for number in range((until - first).days)]


def _weight(site: Site, day: date, until: date) -> float:
    """How many visitors a day brings, compared with others: usage rises threefold, a new station needs two months to be known."""
    if day < site.opened_on or CLOSED[0] <= day < CLOSED[1]:
        return 0
    weekend = day.weekday() - 4
    if (weekend >= 1 and site.hours == HOURS[0]) or (weekend == 2 and site.hours == HOURS[1]):
        return 0
    first = date(2019, 12, 16)
    rising = 0.5 + (day - first).days / max(1, (until - first).days)
    known = min(1.0, 0.4 + (day - site.opened_on).days / 100)
    return site.draw * rising * known * (0.8 if weekend >= 1 else 1.0)


def _menus(chance: random.Random) -> list[tuple[str, ...]]:
    """What visitors have measured, one to eight items."""
    menus = []
    for _ in range(1000):
        count = chance.choices(range(1, 9), weights=(14, 20, 22, 18, 11, 7, 5, 3))[0]
        ranked = sorted(_DRAWN, key=lambda item: chance.random() ** (1 / _DRAWN[item]), reverse=True)
        menus.append(tuple(ranked[:count]))
    return menus


def _samples(chance: random.Random) -> dict[str, list[tuple[str, str]]]:
    """Readings with their verdicts, as the parts of a row before and after the time."""
    samples: dict[str, list[tuple[str, str]]] = {}
    for code in _DRAWN:
        item = CATALOGUE[code]
        kept = samples.setdefault(code, [])
        while len(kept) < SAMPLES:
            numbers: Numbers = tuple(round(chance.gauss(middle, width), item.decimals) for middle, width in _TYPICAL[code])
            meal: Meal | None = (chance.choices(_MEALS, weights=(3, 1))[0]) if code == "glucose" else None
            verdict = judge(item, numbers, meal=meal)
            if not verdict.doubt:
                second = numbers[1] if item.is_pair else _NULL
                head = f"{code}\t{numbers[0]}\t{second}\t{item.unit}\t{meal or _NULL}\t"
                kept.append((head, f"\t{verdict.grade or _NULL}\t{verdict.rule}\t\n"))
    return samples


def _midnight(day: date) -> int:
    """The start of a day in Shanghai, in Unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 8 * 3600


_CLOCK = [f"{minute // 60:02d}:{minute % 60:02d}:00+08" for minute in range(24 * 60)]

_MEALS: tuple[Meal, ...] = ("fasting", "after_meal")

_DRAWN = {
    "blood_pressure": 9.0,
    "weight": 6.0,
    "height": 5.0,
    "bmi": 5.0,
    "glucose": 4.0,
    "spo2": 3.0,
    "heart_rate": 3.0,
    "temperature": 2.0,
    "body_fat": 2.0,
    "waist": 1.5,
    "uric_acid": 1.5,
    "grip": 1.5,
    "vital_capacity": 1.0,
    "choice_reaction": 0.7,
    "one_leg_stand": 0.7,
}
"""How often an item is chosen, compared with others."""

_TYPICAL = {
    "blood_pressure": ((128, 16), (78, 10)),
    "weight": ((62, 10),),
    "height": ((162, 8),),
    "bmi": ((23.8, 3.2),),
    "glucose": ((6.0, 1.3),),
    "spo2": ((97, 1.4),),
    "heart_rate": ((74, 10),),
    "temperature": ((36.4, 0.3),),
    "body_fat": ((27, 6),),
    "waist": ((83, 9),),
    "uric_acid": ((345, 75),),
    "grip": ((29, 8),),
    "vital_capacity": ((2600, 600),),
    "choice_reaction": ((0.62, 0.12),),
    "one_leg_stand": ((14, 6),),
}
"""Middle and spread of what is measured, per number."""
