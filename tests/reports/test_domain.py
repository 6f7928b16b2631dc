"""Rules of reports: months, numbers too small to print, the ranking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reports.domain import (
    AUDIENCE,
    CRITERIA,
    LEAST_DAYS,
    LEAST_VISITS,
    Month,
    Use,
    hide_small,
    rank,
    too_small,
    visible_types,
)

AVERAGE = Use("b", "乙", "s", "黄浦区", 365, 1_000, 600, 200, 3_000, 550, 183, 450, 182)


def test_a_month_ends_where_the_next_begins() -> None:
    assert Month.parse("2021-05").ends == date(2021, 6, 1)
    assert Month.parse("2021-12").ends == date(2022, 1, 1)
    assert str(Month.of(date(2021, 5, 31)).back(5)) == "2020-12"
    assert str(Month.parse("2021-05").back(23)) == "2019-06"


@pytest.mark.parametrize(("value", "hidden"), [(0, False), (1, True), (4, True), (5, False)])
def test_counts_below_five_are_too_small_but_nought_tells_nothing(value: int, hidden: bool) -> None:
    assert too_small(value) is hidden


@pytest.mark.parametrize(("value", "hidden"), [(0, False), (9, True), (10, False)])
def test_counts_of_peoples_health_need_ten(value: int, hidden: bool) -> None:
    assert too_small(value, health=True) is hidden


def test_a_single_small_cell_takes_the_next_smallest_with_it() -> None:
    assert hide_small([18, 3, 7, 0]) == [18, None, None, 0]
    assert hide_small([18, 3, 2]) == [18, None, None]
    assert hide_small([18, 7]) == [18, 7]
    assert hide_small([3]) == [None]


@given(st.lists(st.integers(0, 30), max_size=8))
def test_no_small_cell_can_be_found_by_subtraction(cells: list[int]) -> None:
    shown = hide_small(cells)
    hidden = [cell for cell, value in zip(cells, shown, strict=True) if value is None]
    assert not any(value is not None and too_small(value) for value in shown)
    assert len(hidden) != 1 or len([cell for cell in cells if cell > 0]) == 1


def test_weights_add_up_to_a_hundred() -> None:
    assert sum(criterion.weight for criterion in CRITERIA) == 100


def test_whoever_is_best_in_everything_gets_everything() -> None:
    best = replace(AVERAGE, code="a", visits=2_000, identified=1_900, persons=100, items=9_000, recent=1_500)
    worst = replace(AVERAGE, code="c", visits=300, identified=30, persons=30, items=310, recent=100, earlier=200)
    ranked = rank([worst, AVERAGE, best])
    assert [(row.use.code, row.place, row.points) for row in ranked] == [("a", 1, 100.0), ("b", 2, 50.0), ("c", 3, 0.0)]
    assert [score.place for score in ranked[0].scores] == [1] * len(CRITERIA)


def test_equal_stations_share_a_place_and_stand_by_code() -> None:
    less = replace(AVERAGE, code="d", visits=900, items=2_600, identified=500)
    ranked = rank([less, *(replace(AVERAGE, code=code) for code in ("c", "a", "b"))])
    assert [(row.use.code, row.place) for row in ranked] == [("a", 1), ("b", 1), ("c", 1), ("d", 4)]


def test_stations_that_were_hardly_open_or_used_take_no_part() -> None:
    young = replace(AVERAGE, code="y", days=LEAST_DAYS - 1)
    quiet = replace(AVERAGE, code="q", visits=LEAST_VISITS - 1)
    just = replace(AVERAGE, code="j", days=LEAST_DAYS, visits=LEAST_VISITS)
    assert {row.use.code for row in rank([young, quiet, just, AVERAGE])} == {"j", "b"}


def test_one_freak_value_moves_nobody_else() -> None:
    others = [replace(AVERAGE, code=f"s{n}", visits=1_000 + n) for n in range(10)]
    calm = {row.use.code: row.points for row in rank([*others, replace(AVERAGE, code="z", visits=2_000)])}
    wild = {row.use.code: row.points for row in rank([*others, replace(AVERAGE, code="z", visits=2_000_000)])}
    assert {code: calm[code] for code in calm if code != "z"} == {code: wild[code] for code in wild if code != "z"}


def test_a_lone_station_and_none_at_all_can_be_ranked() -> None:
    assert [row.points for row in rank([AVERAGE])] == [100.0]
    assert rank([]) == []


def test_each_role_sees_what_is_its_business() -> None:
    critical, text = "stations.critical_reading_seen", "notify.message_sent"
    assert critical in visible_types(frozenset({"nurse"}))
    assert text not in visible_types(frozenset({"nurse"}))
    assert text in visible_types(frozenset({"clerk"}))
    assert critical not in visible_types(frozenset({"clerk"}))
    assert visible_types(frozenset({"operator"})) == sorted(AUDIENCE)
    assert visible_types(frozenset({"resident"})) == []
