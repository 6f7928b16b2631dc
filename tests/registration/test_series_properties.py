"""Whatever is done to a series, its calendar is what counting day by day gives; no topic is lost, nothing is put on twice."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.edit_series import EditSeries, edit_series
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.features.holidays import SetDay, set_day
from services.registration.features.materialise import materialise_all
from services.registration.features.recurrence import days_of
from services.registration.features.repeat import Repeat, repeat
from services.registration.tables import Programme, Session
from shared.clock import SHANGHAI
from shared.errors import Invalid
from shared.testing import START, Bench
from shared.unit import Unit
from tests.registration.people import the_noon_half_hour

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONDAY = date(2021, 5, 10)
EVENING = datetime(2021, 5, 10, 20, 0, tzinfo=SHANGHAI)
"""The clock only ever stands at eight in the evening, when the day's sessions are over."""


@dataclass(frozen=True)
class Counted:
    """A rule, counted day by day without any library."""

    every: str
    interval: int = 1
    weekdays: frozenset[int] = frozenset()
    day: int = 0
    count: int = 0
    until: date | None = None

    @property
    def text(self) -> str:
        """The same as an RRULE."""
        parts = [f"FREQ={self.every}", f"INTERVAL={self.interval}"]
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(CODES[day] for day in sorted(self.weekdays)))
        if self.day:
            parts.append(f"BYMONTHDAY={self.day}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        if self.until:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        return ";".join(parts)

    def days(self, anchor: date, last: date) -> list[date]:
        """Walk from the anchor, a day at a time."""
        found: list[date] = []
        today = anchor
        while today <= last and (self.until is None or today <= self.until) and not (self.count and len(found) >= self.count):
            if self._meets(today, anchor):
                found.append(today)
            today += timedelta(days=1)
        return found

    def _meets(self, day: date, anchor: date) -> bool:
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        if self.every == "DAILY":
            return (day - anchor).days % self.interval == 0
        if self.every == "WEEKLY":
            weeks = ((day - timedelta(days=day.weekday())) - (anchor - timedelta(days=anchor.weekday()))).days // 7
            return weeks % self.interval == 0 and (bool(self.weekdays) or day.weekday() == anchor.weekday())
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        wanted = self.day if self.day > 0 else calendar.monthrange(day.year, day.month)[1] + 1 + self.day
        return months % self.interval == 0 and day.day == wanted


intervals = some.integers(1, 3)
weekdays = some.frozensets(some.integers(0, 6), max_size=4)
daily = some.builds(Counted, some.just("DAILY"), intervals, weekdays)
weekly = some.builds(Counted, some.just("WEEKLY"), intervals, weekdays)
monthly = some.builds(
    Counted, some.just("MONTHLY"), intervals, some.just(frozenset[int]()), some.integers(-3, 31).filter(lambda day: day != 0)
)
ends = some.one_of(
    some.just({}),
    some.builds(lambda count: {"count": count}, some.integers(1, 30)),
    some.builds(lambda days: {"until": MONDAY + timedelta(days=days)}, some.integers(0, 200)),
)
rules = some.builds(lambda rule, end: replace(rule, **end), some.one_of(daily, weekly, monthly), ends)


@given(rules, some.integers(0, 40))
@settings(deadline=None)
def test_a_rule_means_the_days_that_counting_gives(rule: Counted, later: int) -> None:
    anchor = MONDAY + timedelta(days=later)
    last = anchor + timedelta(days=400)
    assert list(days_of(rule.text, anchor, last)) == rule.days(anchor, last)


@dataclass
class Piece:
    """A stretch of the series with one time of day."""

    first: date
    last: date | None
    begins: time


@dataclass
class Model:
    """What the calendar ought to be."""

    rule: Counted
    policy: str
    pieces: list[Piece]
    skipped: set[date] = field(default_factory=set)
    own: dict[date, datetime] = field(default_factory=dict)
    off: set[date] = field(default_factory=set)
    work: dict[date, date | None] = field(default_factory=dict)

    def expected(self, now: datetime, horizon: date) -> dict[date, datetime]:
        """Start by slot, of everything to come whose day is within the horizon; what has a time of its own keeps it."""
        found = {}
        days = self.rule.days(MONDAY, horizon + timedelta(days=60))
        for piece in self.pieces:
            for slot in days:
                if slot < piece.first or (piece.last and slot > piece.last) or slot in self.skipped:
                    continue
                on = self._held(slot, set(days))
                start = self.own.get(slot) or (datetime.combine(on, piece.begins, SHANGHAI) if on else None)
                if start is not None and start > now:
                    found[slot] = start
        return found

    def _held(self, slot: date, days: set[date]) -> date | None:
        if self.policy == "anyway" or slot not in self.off:
            return slot
        if self.policy == "skip":
            return None
        instead = max((on for on, off in self.work.items() if off == slot), default=None)
        return instead if instead is not None and instead not in days else None


step = some.tuples(
    some.sampled_from(["cancel", "move", "following", "all", "off", "work", "wait"]),
    some.integers(0, 30),
    some.integers(8, 17),
)


@given(some.one_of(daily, weekly), some.sampled_from(["skip", "anyway", "make_up"]), some.lists(step, max_size=7))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_edits_in_any_order_leave_the_calendar_that_counting_gives(
    bench: Bench, rule: Counted, policy: str, steps: list[tuple[str, int, int]]
) -> None:
    bench.at(EVENING)
    bench.query("WITH gone AS (DELETE FROM special_day RETURNING 1) SELECT count(*) FROM gone")
    programme = the_noon_half_hour(bench)
    bench.query("UPDATE programme SET holidays = %s WHERE id = %s RETURNING id", (policy, programme.id))
    wish = {"rule": rule.text, "first_on": MONDAY, "begins": time(12), "minutes": 30, "weeks_ahead": 4}
    bench.run(repeat, Repeat(programme_id=programme.id, **wish))
    model = Model(rule, policy, [Piece(MONDAY, None, time(12))])
    now = EVENING
    for kind, number, hour in steps:
        now = _carry_out(bench, programme, model, kind, number, hour, now)
        bench.run(_keep_up, programme)
        _compare(bench, programme, model, now)
    bench.run(_keep_up, programme)
    assert bench.said == []


def _keep_up(programme: Programme, unit: Unit) -> None:
    materialise_all(unit, [programme])


def _coming(bench: Bench, programme: Programme, now: datetime) -> list[Session]:
    rows = [row for row in bench.all(Session) if row.programme_id == programme.id and row.state == "planned"]
    return sorted((row for row in rows if row.starts_at > now), key=lambda row: row.starts_at)


def _carry_out(bench: Bench, programme: Programme, model: Model, kind: str, number: int, hour: int, now: datetime) -> datetime:
    """Do it to the product and to the model."""
    coming = _coming(bench, programme, now)
    session: Any = coming[number % len(coming)] if coming else None
    day = now.date() + timedelta(days=number + 1)
    if kind == "wait":
        bench.at(now + timedelta(days=number))
        return now + timedelta(days=number)
    if kind == "off":
        bench.run(set_day, SetDay(on=day, kind="off", name="放假"))
        model.off.add(day)
        model.work.pop(day, None)
    elif kind == "work":
        stands_for = max((off for off in model.off if off != day), default=None)
        bench.run(set_day, SetDay(on=day, kind="work", name="上班", stands_for=stands_for))
        model.work[day] = stands_for
        model.off.discard(day)
    elif session is None:
        return now
    elif kind == "cancel":
        bench.run(cancel_session, CancelSession(session_id=session.id, reason="weather"))
        model.skipped.add(session.slot)
    elif kind == "move":
        start = session.starts_at.astimezone(SHANGHAI).replace(hour=hour, minute=37)
        bench.run(edit_session, EditSession(session_id=session.id, starts_at=start))
        model.own[session.slot] = start
    else:
        _edit(bench, model, session, kind, time(hour))
    return now


def _edit(bench: Bench, model: Model, session: Session, scope: Any, begins: time) -> None:
    slot = session.slot
    assert slot is not None
    try:
        bench.run(edit_series, EditSeries(session_id=session.id, scope=scope, begins=begins))
    except Invalid:
        return
    piece = next(piece for piece in model.pieces if piece.first <= slot and (piece.last is None or slot <= piece.last))
    if scope == "all" or slot == piece.first:
        piece.begins = begins
    else:
        model.pieces.append(Piece(slot, piece.last, begins))
        piece.last = slot - timedelta(days=1)


def _compare(bench: Bench, programme: Programme, model: Model, now: datetime) -> None:
    horizon = now.date() + timedelta(weeks=4)
    coming = _coming(bench, programme, now)
    actual = {row.slot: row.starts_at.astimezone(SHANGHAI) for row in coming}
    assert len(actual) == len(coming), "a date was put on twice"
    expected = model.expected(now, horizon)
    within = {slot: start for slot, start in expected.items() if start.date() <= horizon}
    assert {slot: start for slot, start in actual.items() if start.date() <= horizon} == within
    assert actual.items() <= expected.items()
    topics = [row.topic for row in coming]
    assert all(len(set(topics[place : place + 4])) == len(topics[place : place + 4]) for place in range(len(topics)))


@given(some.one_of(daily, weekly), some.lists(some.integers(0, 20), max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_put_on_in_pieces_or_at_once_it_is_the_same_calendar(bench: Bench, rule: Counted, waits: list[int]) -> None:
    bench.at(START)
    patient, hasty = the_noon_half_hour(bench), the_noon_half_hour(bench)
    for programme in (patient, hasty):
        wish = {"rule": rule.text, "first_on": MONDAY, "begins": time(12), "minutes": 30, "weeks_ahead": 4}
        bench.run(repeat, Repeat(programme_id=programme.id, **wish))
    now = START
    for wait in waits:
        now += timedelta(days=wait)
        bench.at(now)
        bench.run(_keep_up, hasty)
    bench.run(_keep_up, patient)
    one, other = ([(row.slot, row.starts_at) for row in _coming(bench, programme, now)] for programme in (patient, hasty))
    assert one == other
    bench.run(_keep_up, patient)
    assert bench.said == []
