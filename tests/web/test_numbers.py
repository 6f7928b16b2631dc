"""Dates and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import clock
from shared.web.numbers import about, day, day_and_time, hours, number, span, time_of_day

NOON = datetime(2021, 6, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday_the_31st_of_may() -> None:
    clock.freeze(datetime(2021, 5, 31, 2, 0, tzinfo=UTC))


def test_a_time_is_shown_on_shanghais_clocks() -> None:
    assert day_and_time(NOON, "zh") == "6月2日（周三）12:00"
    assert day_and_time(NOON, "en") == "Wed 2 June, 12:00"


def test_today_and_tomorrow_are_said_so() -> None:
    assert day_and_time(clock.now(), "zh") == "今天10:00"
    assert day_and_time(clock.now() + timedelta(days=1), "zh") == "明天10:00"
    assert day(clock.now() + timedelta(days=1), "en") == "tomorrow"
    assert day(clock.now(), "zh", relative=False) == "5月31日（周一）"


def test_the_day_changes_at_midnight_in_shanghai_not_in_utc() -> None:
    clock.freeze(datetime(2021, 5, 31, 15, 59, tzinfo=UTC))
    assert day(NOON, "zh") == "6月2日（周三）"
    clock.freeze(datetime(2021, 5, 31, 16, 0, tzinfo=UTC))
    assert day(NOON, "zh") == "明天"


def test_another_year_is_named() -> None:
    assert day(date(2020, 6, 3), "zh") == "2020年6月3日（周三）"
    assert day(date(2020, 6, 3), "en") == "Wed 3 June 2020"


def test_a_session_is_told_from_when_to_when() -> None:
    assert span(NOON, "zh", NOON + timedelta(minutes=30)) == "6月2日（周三）12:00–12:30"
    assert span(NOON, "en", NOON + timedelta(minutes=30)) == "Wed 2 June, 12:00–12:30"
    assert hours(NOON, "zh", NOON + timedelta(days=1)) == "12:00–6月3日（周四）12:00"
    assert hours(NOON, "zh") == time_of_day(NOON) == "12:00"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        day_and_time(datetime(2021, 6, 2, 12, 0), "zh")  # noqa: DTZ001 - the very mistake


@pytest.mark.parametrize(
    ("exact", "shown", "chinese", "english"),
    [
        (498_612, 500_000, "近50万", "nearly 500,000"),
        (500_001, 500_000, "逾50万", "more than 500,000"),
        (500_000, 500_000, "50万", "500,000"),
        (13_042, 13_000, "逾1.3万", "more than 13,000"),
        (9, 10, "近10", "nearly 10"),
    ],
)
def test_near_is_said_only_of_less_and_over_only_of_more(exact: int, shown: int, chinese: str, english: str) -> None:
    assert about(exact, "zh", shown) == chinese
    assert about(exact, "en", shown) == english


def test_a_round_number_that_would_mislead_is_refused() -> None:
    with pytest.raises(ValueError, match="is not about"):
        about(440_000, "zh", 500_000)


def test_without_a_shown_number_two_figures_are_kept() -> None:
    assert about(498_612, "zh") == "近50万"
    assert about(219, "zh") == "近220"
    assert about(87, "zh") == "87"


@given(st.integers(min_value=0, max_value=10**9))
def test_the_word_is_never_wrong(exact: int) -> None:
    text = about(exact, "en")
    shown = int(text.removeprefix("nearly ").removeprefix("more than ").replace(",", ""))
    assert text.startswith("nearly") == (exact < shown)
    assert text.startswith("more than") == (exact > shown)


def test_numbers_are_grouped_from_ten_thousand() -> None:
    assert [number(value) for value in (0, 9_500, 13_000, 1_234_567)] == ["0", "9500", "13,000", "1,234,567"]
