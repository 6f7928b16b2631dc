"""The bulletin's chart: visits by month as one SVG, the same on the page and on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel

from services.reports.domain import Month
from services.reports.features.figures import end_of
from shared.unit import Unit
from shared.web.numbers import number

MONTHS = 24
_FOLDER = Path(__file__).parents[1] / "templates"
_QUERY = """
    SELECT date_trunc('month', day)::date, sum(visits)::int FROM visits_by_station_day
    WHERE day >= %(start)s AND day < %(end)s GROUP BY 1 ORDER BY 1
"""

PAPER = {"ink": "#1e2326", "slate": "#4a5560", "rule": "#d8cfbf", "brick": "#9a3324"}
"""The printed page's colours; on the web the style sheet's own are used."""
SCREEN = {name: f"var(--{name})" for name in PAPER}


class Point(BaseModel):
    """One month of the chart."""

    month: date
    value: int


class Chart(BaseModel):
    """What the chart says, the numbers behind it, and the query that gave them."""

    title: str
    unit: str
    query: str
    points: list[Point]


def visits_by_month(month: Month, growth: int, unit: Unit) -> Chart:
    """The visits of up to two years that end with `month`, months before the first visit left out."""
    start, end = month.back(MONTHS - 1).starts, end_of(month, unit)
    rows = dict(unit.cursor().execute(_QUERY, {"start": start, "end": end}).fetchall())
    months = [month.back(back).starts for back in range(MONTHS - 1, -1, -1)]
    kept = [on for on in months if any(earlier in rows for earlier in months[: months.index(on) + 1])]
    return Chart(
        title="走进驿站的人，一年比一年多" if growth else "每个月走进驿站的人次",
        unit="人次",
        query=" ".join(_QUERY.split()) % {"start": f"'{start}'", "end": f"'{end}'"},
        points=[Point(month=on, value=rows.get(on, 0)) for on in kept],
    )


def draw(chart: Chart, colours: Mapping[str, str], *, font: str, wide: int = 560, high: int = 360) -> str:
    """The chart as SVG: bars from nought, the last month in the one strong colour, labels on the bars that matter."""
    points = chart.points
    if not points:
        return ""
    top, left, right, foot, head = _nice(max(point.value for point in points)), 8, 8, 40, 30
    step = (wide - left - right) / len(points)
    bars = [
        {
            "x": round(left + step * place + step * 0.14, 1),
            "y": round(high - foot - (high - foot - head) * point.value / top, 1),
            "width": round(step * 0.72, 1),
            "height": round((high - foot - head) * point.value / top, 1),
            "middle": round(left + step * (place + 0.5), 1),
            "last": place == len(points) - 1,
            "value": number(point.value) if place in _labelled(points) else "",
            "month": _month_name(point.month, place) if _named(points, place) else "",
        }
        for place, point in enumerate(points)
    ]
    shares = (0.5, 1)
    lines = [{"y": round(high - foot - (high - foot - head) * share, 1), "value": number(round(top * share))} for share in shares]
    template = _environment().get_template("chart.svg")
    return template.render(
        chart=chart, bars=bars, lines=lines, wide=wide, high=high, base=high - foot, left=left, right=right, font=font, **colours
    )


def _labelled(points: Sequence[Point]) -> set[int]:
    most = max(range(len(points)), key=lambda place: points[place].value)
    last = len(points) - 1
    return {0, last} | ({most} if last - most > 2 else set())


def _named(points: Sequence[Point], place: int) -> bool:
    """Every third month back from the last is named: room for its words at any length of the chart."""
    return (len(points) - 1 - place) % 3 == 0


def _month_name(month: date, place: int) -> str:
    return f"{month.year}年{month.month}月" if place < 3 or month.month <= 3 else f"{month.month}月"


def _nice(value: int) -> int:
    """The next number that people would draw a line at, and half of which they can read."""
    size = int(10 ** (len(str(value)) - 1))
    return next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= value)


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
