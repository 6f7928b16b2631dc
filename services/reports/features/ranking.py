"""The ranking of stations: measured over the twelve months that end with a month, by a printed method."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict

from services.reports import domain
from services.reports.domain import CRITERIA, LEAST_DAYS, LEAST_VISITS, Month, Use
from shared.clock import SHANGHAI
from shared.unit import Unit

_USES = """
    SELECT s.code, s.name, s.street, s.district,
           greatest(%(end)s::date - greatest(s.opened_on, %(start)s::date), 0) AS days,
           coalesce(sum(d.visits), 0)::int, coalesce(sum(d.identified), 0)::int,
           (SELECT count(DISTINCT v.person_id) FROM visitor v
             WHERE v.station_id = s.station_id AND v.month >= %(start)s AND v.month < %(end)s)::int,
           coalesce(sum(d.items), 0)::int,
           coalesce(sum(d.visits) FILTER (WHERE d.day >= %(middle)s), 0)::int,
           greatest(%(end)s::date - greatest(s.opened_on, %(middle)s::date), 0),
           coalesce(sum(d.visits) FILTER (WHERE d.day < %(middle)s), 0)::int,
           greatest(%(middle)s::date - greatest(s.opened_on, %(start)s::date), 0)
    FROM station s LEFT JOIN visits_by_station_day d ON d.station_id = s.station_id AND d.day >= %(start)s AND d.day < %(end)s
    GROUP BY s.station_id
"""


class CriterionScore(BaseModel):
    """What one criterion gave: the measure as printed, the place among all, the points of how many."""

    code: str
    name: str
    measure: str
    place: int
    points: float
    weight: int


class Place(BaseModel):
    """One station's place, its points by criterion, and why it stands there."""

    place: int
    code: str
    name: str
    street: str
    district: str
    points: float
    scores: list[CriterionScore]
    why: str


class Ranking(BaseModel):
    """The ranking with its method: enough to do it again by hand."""

    model_config = ConfigDict(frozen=True)

    starts: date
    ends: date
    stations: int
    taking_part: int
    method: list[str]
    criteria: list[str]
    places: list[Place]


def ten_best(month: Month, unit: Unit) -> Ranking:
    """The ten best stations; more where the tenth place is shared."""
    return ranking(month, unit, at_most=10)


def ranking(month: Month, unit: Unit, *, at_most: int | None = None) -> Ranking:
    """Rank the stations by the twelve months that end with `month`, as far as they have passed."""
    start, middle = month.back(11).starts, month.back(5).starts
    end = max(min(month.ends, unit.now.astimezone(SHANGHAI).date() + timedelta(days=1)), start)
    rows = unit.cursor().execute(_USES, {"start": start, "middle": min(middle, end), "end": end}).fetchall()
    ranked = domain.rank([Use(*row) for row in rows])
    places = [_place(entry, len(ranked)) for entry in ranked if at_most is None or entry.place <= at_most]
    return Ranking(
        starts=start, ends=end, stations=len(rows), taking_part=len(ranked), method=method(), criteria=[c.name for c in CRITERIA],
        places=places,
    )  # fmt: skip


def method() -> list[str]:
    """The method in the reader's words; every number in it is the rule's own."""
    weights = "；".join(f"{criterion.name}（{criterion.definition}）{criterion.weight} 分" for criterion in CRITERIA)
    return [
        f"看最近十二个月，满分 {sum(criterion.weight for criterion in CRITERIA)} 分：{weights}。",
        "每一项都把参评驿站排一次队，超过的驿站越多得分越高，并列的各算一半；不受个别特大数值影响。",
        f"开放不满 {LEAST_DAYS} 天或到访不满 {LEAST_VISITS} 人次的驿站不参评。总分相同的名次并列，按编码先后排列。",
        "这是本报按上述办法自己算出的名次，不是市里评选的结果。",
    ]


def _place(entry: domain.Ranked, of: int) -> Place:
    use = entry.use
    scores = [
        CriterionScore(
            code=criterion.code,
            name=criterion.name,
            measure=_measure(criterion.code, score.measure),
            place=score.place,
            points=score.points,
            weight=criterion.weight,
        )
        for criterion, score in zip(CRITERIA, entry.scores, strict=True)
    ]
    best = {score.criterion for score in entry.best}
    why = "，".join(f"{_reason(score)}，居第 {score.place}" for score in scores if score.code in best)
    return Place(
        place=entry.place,
        code=use.code,
        name=use.name,
        street=use.street,
        district=use.district,
        points=entry.points,
        scores=scores,
        why=f"{why}（{of} 个参评）",
    )


def _measure(code: str, value: float) -> str:
    return f"{value:.0%}" if code in ("identified", "growth") else f"{value:.1f}"


def _reason(score: CriterionScore) -> str:
    return {
        "use": f"平均每天 {score.measure} 人次",
        "return": f"实名到访者人均来 {score.measure} 次",
        "identified": f"实名到访占 {score.measure}",
        "items": f"每次平均做 {score.measure} 项",
        "growth": f"半年间增长 {score.measure}",
    }[score.code]
