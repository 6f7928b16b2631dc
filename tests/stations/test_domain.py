"""Readings fall into the published classes, to the last unit on either side of every limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.stations.domain import CATALOGUE, Grade, Meal, Sex, Verdict, follow_up_due, judge, latest

NORMAL, ATTENTION, ABNORMAL, CRITICAL = Grade.NORMAL, Grade.ATTENTION, Grade.ABNORMAL, Grade.CRITICAL


def grade(item: str, *numbers: float, meal: Meal | None = None, sex: Sex | None = None, age: int | None = None) -> Grade | None:
    verdict = judge(CATALOGUE[item], numbers, meal=meal, sex=sex, age=age)
    assert not verdict.doubt
    return verdict.grade


@pytest.mark.parametrize(
    ("systolic", "diastolic", "expected"),
    [
        (119, 79, NORMAL), (120, 79, ATTENTION), (119, 80, ATTENTION),
        (139, 89, ATTENTION), (140, 89, ABNORMAL), (139, 90, ABNORMAL),
        (159, 99, ABNORMAL), (160, 99, ABNORMAL), (159, 100, ABNORMAL),
        (179, 109, ABNORMAL), (180, 109, CRITICAL), (179, 110, CRITICAL), (185, 70, CRITICAL),
    ],
)  # fmt: skip
def test_the_higher_number_of_a_blood_pressure_decides(systolic: float, diastolic: float, expected: Grade) -> None:
    assert grade("blood_pressure", systolic, diastolic) is expected


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [((159, 99), "grade-1"), ((160, 99), "grade-2"), ((159, 100), "grade-2"), ((179, 109), "grade-2"), ((180, 60), "grade-3")],
)
def test_a_blood_pressure_names_its_grade(numbers: tuple[float, float], rule: str) -> None:
    assert judge(CATALOGUE["blood_pressure"], numbers).rule == f"hypertension-2019/{rule}"


@pytest.mark.parametrize(
    ("value", "meal", "expected"),
    [
        (3.9, "fasting", CRITICAL), (3.9, None, CRITICAL), (4.0, "fasting", NORMAL), (4.0, None, None),
        (6.0, "fasting", NORMAL), (6.1, "fasting", ATTENTION), (6.9, "fasting", ATTENTION), (7.0, "fasting", ABNORMAL),
        (7.0, None, None), (11.0, "after_meal", None), (11.0, "random", None), (11.1, "random", ABNORMAL), (11.1, None, ABNORMAL),
        (16.6, "random", ABNORMAL), (16.7, "random", CRITICAL), (16.7, None, CRITICAL),
    ],
)  # fmt: skip
def test_glucose_is_graded_as_fasting_only_when_it_was(value: float, meal: Meal | None, expected: Grade | None) -> None:
    assert grade("glucose", value, meal=meal) is expected


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        ("bmi", 18.4, ATTENTION), ("bmi", 18.5, NORMAL), ("bmi", 23.9, NORMAL), ("bmi", 24, ATTENTION), ("bmi", 27.9, ATTENTION),
        ("bmi", 28, ABNORMAL),
        ("spo2", 89, ABNORMAL), ("spo2", 90, ATTENTION), ("spo2", 94, ATTENTION), ("spo2", 95, NORMAL),
        ("uric_acid", 420, NORMAL), ("uric_acid", 421, ABNORMAL),
        ("heart_rate", 59, ATTENTION), ("heart_rate", 60, NORMAL), ("heart_rate", 100, NORMAL), ("heart_rate", 101, ATTENTION),
        ("cognition_ad8", 1, NORMAL), ("cognition_ad8", 2, ATTENTION),
        ("temperature", 36.5, None), ("height", 165, None), ("vital_capacity", 2500, None),
    ],
)  # fmt: skip
def test_each_limit_belongs_to_one_side(item: str, value: float, expected: Grade | None) -> None:
    assert grade(item, value) is expected


@pytest.mark.parametrize(
    ("value", "sex", "expected"),
    [
        (79.9, "f", NORMAL), (80, "f", ATTENTION), (84.9, "f", ATTENTION), (85, "f", ABNORMAL),
        (84.9, "m", NORMAL), (85, "m", ATTENTION), (89.9, "m", ATTENTION), (90, "m", ABNORMAL),
        (89.9, None, None), (90, None, ABNORMAL),
    ],
)  # fmt: skip
def test_a_waist_is_graded_by_sex_where_the_limits_differ(value: float, sex: Sex | None, expected: Grade | None) -> None:
    assert grade("waist", value, sex=sex) is expected


@pytest.mark.parametrize(
    ("value", "sex", "age", "expected"),
    [
        (27.9, "m", 60, ATTENTION), (28, "m", 60, NORMAL), (17.9, "f", 75, ATTENTION), (18, "f", 75, NORMAL),
        (17.9, "f", 59, None), (17.9, "f", None, None), (17.9, None, 75, None),
    ],
)  # fmt: skip
def test_grip_is_graded_from_sixty_years_on(value: float, sex: Sex | None, age: int | None, expected: Grade | None) -> None:
    assert grade("grip", value, sex=sex, age=age) is expected


def test_limits_for_adults_say_nothing_of_children() -> None:
    assert grade("blood_pressure", 185, 100, age=12) is None
    assert grade("bmi", 17, age=17) is None
    assert grade("bmi", 17, age=18) is ATTENTION


@pytest.mark.parametrize(
    ("item", "numbers"),
    [
        ("blood_pressure", (301, 80)),
        ("blood_pressure", (120, 19)),
        ("glucose", (33.4,)),
        ("glucose", (0.5,)),
        ("spo2", (101,)),
        ("bmi", (7.9,)),
    ],
)
def test_what_cannot_be_true_is_set_aside(item: str, numbers: tuple[float, ...]) -> None:
    assert judge(CATALOGUE[item], numbers) == Verdict(doubt="out_of_range")


def test_a_diastolic_number_stays_below_the_systolic() -> None:
    assert judge(CATALOGUE["blood_pressure"], (120, 120)).doubt == "diastolic_not_below_systolic"
    assert judge(CATALOGUE["blood_pressure"], (120, 119)).grade is CRITICAL


def test_an_item_that_the_catalogue_lacks_is_set_aside() -> None:
    assert judge(None, (1,)).doubt == "unknown_item"


def test_a_clock_may_run_five_minutes_ahead() -> None:
    now = datetime(2021, 5, 10, 1, tzinfo=UTC)
    assert latest(now) - now == timedelta(minutes=5)


def test_a_follow_up_is_due_in_two_weeks() -> None:
    assert follow_up_due(date(2021, 5, 17)) == date(2021, 5, 31)


def test_plausible_limits_are_wider_than_every_clinical_one() -> None:
    for item in CATALOGUE.values():
        for band in item.bands:
            for limits in (band.starts, band.above, band.upto):
                for limit, (low, high) in zip(limits, item.plausible, strict=False):
                    assert low < limit < high, f"{item.code} {band.rule}"
