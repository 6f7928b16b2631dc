"""The rules of reports: who may see which fact, which numbers are too small to print, how stations are ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

STAFF = frozenset({"clerk", "nurse", "editor", "operator"})
DESK = frozenset({"clerk", "operator"})
CARE = frozenset({"nurse", "operator"})

AUDIENCE: Mapping[str, frozenset[str]] = {
    "registration.resident_registered": DESK,
    "registration.resident_changed": DESK,
    "registration.residents_merged": DESK,
    "registration.merge_undone": DESK,
    "registration.authority_given": DESK,
    "registration.authority_ended": DESK,
    "registration.consent_changed": DESK,
    "registration.person_erased": DESK,
    "registration.programme_opened": STAFF,
    "registration.session_scheduled": STAFF,
    "registration.session_cancelled": STAFF,
    "registration.session_changed": STAFF,
    "registration.confirmed": DESK,
    "registration.waitlisted": DESK,
    "registration.cancelled": DESK,
    "registration.place_offered": DESK,
    "registration.offer_declined": DESK,
    "registration.offer_expired": DESK,
    "registration.place_swapped": DESK,
    "registration.checked_in": DESK,
    "registration.checked_out": DESK,
    "registration.missed": DESK,
    "registration.missed_reason_given": DESK,
    "registration.session_held": STAFF,
    "registration.livestream_held": STAFF,
    "registration.course_opened": STAFF,
    "registration.nominated": DESK,
    "registration.course_completed": STAFF,
    "registration.certificate_issued": DESK,
    "registration.certificate_revoked": DESK,
    "notify.carrier_left": DESK,
    "notify.carrier_back": DESK,
    "notify.message_sent": DESK,
    "notify.message_delivered": DESK,
    "notify.message_failed": DESK,
    "notify.message_unknown": DESK,
    "notify.message_skipped": DESK,
    "notify.reply_received": DESK,
    "notify.fell_back": DESK,
    "notify.call_made": DESK,
    "notify.errand_done": DESK,
    "notify.opted_in": DESK,
    "notify.opted_out": DESK,
    "stations.station_opened": STAFF,
    "stations.visit_recorded": STAFF,
    "stations.critical_reading_seen": CARE,
    "stations.referral_opened": CARE,
    "stations.referral_closed": CARE,
    "reports.bulletin_published": STAFF,
}
"""Who sees a fact in the feed, by its type. Types not named here never enter it."""

TOGETHER = frozenset(
    {
        "registration.resident_registered",
        "registration.resident_changed",
        "registration.consent_changed",
        "registration.missed",
        "notify.message_sent",
        "notify.message_delivered",
        "notify.message_failed",
        "notify.message_unknown",
        "notify.message_skipped",
        "stations.station_opened",
        "stations.visit_recorded",
    }
)
"""Facts that come in crowds: those of one kind (and one purpose) that arrive together make one line of the feed."""


def visible_types(roles: frozenset[str]) -> list[str]:
    """The types of fact that somebody with `roles` sees."""
    return sorted(type for type, audience in AUDIENCE.items() if audience & roles)


SMALLEST_SHOWN = 5
SMALLEST_SHOWN_OF_HEALTH = 10
"""Counts of people below these are not printed in public: a neighbour could tell who is meant. Our policy; no law says it."""


def too_small(value: int, *, health: bool = False) -> bool:
    """Whether a count of people must stay unprinted. Nought tells nothing about anybody and may be shown."""
    return 0 < value < (SMALLEST_SHOWN_OF_HEALTH if health else SMALLEST_SHOWN)


def hide_small(cells: Sequence[int], *, health: bool = False) -> list[int | None]:
    """The cells of a breakdown that is published with its total: small ones become None.

    Where a single one would be found by subtraction, the next smallest goes with it.
    """
    hidden = {place for place, value in enumerate(cells) if too_small(value, health=health)}
    if len(hidden) == 1:
        others = [place for place, value in enumerate(cells) if place not in hidden and value > 0]
        hidden.update(sorted(others, key=lambda place: cells[place])[:1])
    return [None if place in hidden else value for place, value in enumerate(cells)]


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in Shanghai; `starts` is its first day, `ends` the first day after it."""

    starts: date

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that `day` is in."""
        return cls(day.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `2021-05`; raises ValueError."""
        return cls(date.fromisoformat(f"{text}-01"))

    def __str__(self) -> str:
        return f"{self.starts:%Y-%m}"

    @property
    def ends(self) -> date:
        """The first day of the next month."""
        return (self.starts + timedelta(days=31)).replace(day=1)

    def back(self, months: int) -> Month:
        """The month so many months earlier."""
        year, month = divmod(self.starts.year * 12 + self.starts.month - 1 - months, 12)
        return Month(date(year, month + 1, 1))


@dataclass(frozen=True, slots=True)
class Use:
    """How one station was used in a window, open `days` of it; `recent` and `earlier` are its visits in the window's halves."""

    code: str
    name: str
    street: str
    district: str
    days: int
    visits: int
    identified: int
    persons: int
    items: int
    recent: int
    recent_days: int
    earlier: int
    earlier_days: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a station is ranked by: most points to the largest measure."""

    code: str
    name: str
    definition: str
    weight: int
    measure: Callable[[Use], float]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _growth(use: Use) -> float:
    before = _ratio(use.earlier, use.earlier_days)
    return _ratio(use.recent, use.recent_days) / before - 1 if before else 0.0


CRITERIA = (
    Criterion("use", "使用", "开放期间平均每天的到访人次", 40, lambda use: _ratio(use.visits, use.days)),
    Criterion("return", "回访", "每位实名到访者的平均到访次数", 20, lambda use: _ratio(use.identified, use.persons)),
    Criterion("identified", "实名", "实名到访占全部到访的份额", 15, lambda use: _ratio(use.identified, use.visits)),
    Criterion("items", "内容", "每次到访平均做的检测项次", 15, lambda use: _ratio(use.items, use.visits)),
    Criterion("growth", "增长", "后半段每天人次比前半段增加的比例", 10, _growth),
)
"""What is measured of domain matters that reports has facts about; weights add up to 100."""

LEAST_DAYS = 90
LEAST_VISITS = 200
"""A station takes part when it was open this long and visited this often within the window."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one criterion gave a station: the measure, its place among the stations taking part (1 is best), and the points."""

    criterion: str
    measure: float
    place: int
    points: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A station's place. Equal points share a place, listed by code."""

    place: int
    use: Use
    points: float
    scores: tuple[Score, ...]

    @property
    def best(self) -> tuple[Score, ...]:
        """The two criteria that speak most for it."""
        weights = {criterion.code: criterion.weight for criterion in CRITERIA}
        return tuple(sorted(self.scores, key=lambda score: (score.place, -weights[score.criterion]))[:2])


def rank(uses: Sequence[Use]) -> list[Ranked]:
    """The stations that take part, best first.

    For each criterion a station gets the weight times the share of the others it is ahead of, a tie counting half. So one freak
    value moves nobody else, and every point can be explained by a count of stations.
    """
    fit = sorted((use for use in uses if use.days >= LEAST_DAYS and use.visits >= LEAST_VISITS), key=lambda use: use.code)
    columns = [_scores(criterion, [criterion.measure(use) for use in fit]) for criterion in CRITERIA]
    rows = [(use, tuple(column[index] for column in columns)) for index, use in enumerate(fit)]
    totals = [(round(sum(score.points for score in scores), 2), use, scores) for use, scores in rows]
    totals.sort(key=lambda row: (-row[0], row[1].code))
    return [Ranked(1 + sum(other > points for other, _, _ in totals), use, points, scores) for points, use, scores in totals]


def _scores(criterion: Criterion, measures: list[float]) -> list[Score]:
    others = max(len(measures) - 1, 1)
    scores = []
    for measure in measures:
        behind = sum(other < measure for other in measures)
        ahead = sum(other > measure for other in measures)
        level = len(measures) - 1 - behind - ahead
        share = (behind + level / 2) / others if len(measures) > 1 else 1.0
        scores.append(Score(criterion.code, measure, ahead + 1, round(criterion.weight * share, 2)))
    return scores
