"""Figures: exact, traceable, and printed by rule."""

from __future__ import annotations

from datetime import date, datetime
from itertools import product
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reports.domain import Month
from services.reports.features.definitions import BY_CODE, DEFINITIONS
from services.reports.features.figures import Figure, compute
from services.reports.features.ranking import ranking, ten_best
from shared.clock import SHANGHAI
from shared.contracts import registration
from shared.testing import Bench
from tests.reports.story import at, critical, history, in_parcels, may, opened, text, uuid, visit

MAY = Month.parse("2021-05")


def figure(value: int, code: str = "visits.so_far", **given: Any) -> Figure:
    definition = BY_CODE[code]
    known = {
        "code": code,
        "name": definition.name,
        "meaning": definition.meaning,
        "unit": definition.unit,
        "starts": date(2021, 5, 1),
        "ends": date(2021, 6, 1),
        "query": "SELECT 1",
        "value": value,
        "computed_at": datetime(2021, 6, 1, tzinfo=SHANGHAI),
        "hidden": False,
    }
    return Figure(**(known | given))


def values(bench: Bench, month: Month = MAY) -> dict[str, Figure]:
    with bench.service.begin() as unit:
        return {figure.code: figure for figure in compute(month, unit)}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (9_999, "9999"),
        (10_000, "1万"),
        (12_961, "近1.3万"),
        (13_000, "1.3万"),
        (13_001, "逾1.3万"),
        (499_832, "近50万"),
        (504_000, "逾50万"),
    ],
)
def test_numbers_are_printed_by_rule(value: int, shown: str) -> None:
    assert figure(value).shown == shown


@given(st.integers(10_000, 10_000_000))
def test_nearly_is_said_only_of_less_and_more_than_only_of_more(value: int) -> None:
    shown = figure(value).shown
    number = float(shown.strip("近逾万")) * 10_000
    assert shown.startswith("近") == (value < number)
    assert shown.startswith("逾") == (value > number)


def test_a_hidden_figure_says_only_what_it_is_below() -> None:
    assert figure(3, "series.people", hidden=True).printed == "不足5\N{NO-BREAK SPACE}人"
    assert figure(3, "critical.month", hidden=True).exact == "不足10\N{NO-BREAK SPACE}项次"


def test_the_window_names_its_last_day() -> None:
    assert figure(1).window == "2021年5月1日至2021年5月31日"


def test_codes_are_their_own_and_units_are_never_mixed_up() -> None:
    assert len(BY_CODE) == len(DEFINITIONS)
    for definition in DEFINITIONS:
        if definition.unit == "人":
            assert "DISTINCT" in definition.sql or "livestream" in definition.sql


def test_a_month_of_the_paper_is_counted(bench: Bench) -> None:
    total = in_parcels(bench, history(count=4)) - 4
    may(bench)
    found = values(bench)
    assert found["visits.so_far"].value == total
    assert found["stations.open"].value == 4
    assert {code: found[code].value for code in ("series.sessions", "series.topics", "series.visits", "series.people")} == {
        "series.sessions": 4,
        "series.topics": 4,
        "series.visits": 72,
        "series.people": 21,
    }
    assert (found["series.walk_ins"].value, found["series.moved_up"].value) == (8, 4)
    assert (found["livestreams.viewers"].value, found["livestreams.questions"].value) == (13_000, 312)
    assert (found["course.sessions"].value, found["course.people"].value) == (1, 36)
    assert (found["texts.sent"].value, found["texts.delivered"].value) == (60, 53)
    assert (found["critical.month"].value, found["critical.month"].hidden) == (1, True)
    assert found["visits.growth"].value > 0


def test_every_query_can_be_run_again_as_printed(bench: Bench) -> None:
    in_parcels(bench, history(count=3, days=400))
    may(bench)
    url = bench.service.settings.database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as connection:
        for figure in values(bench).values():
            row = connection.execute(figure.query.encode()).fetchone()
            assert int((row[0] if row else 0) or 0) == figure.value, figure.query


def test_the_last_evening_of_a_month_is_in_it_and_the_next_morning_is_not(bench: Bench) -> None:
    bench.at(at(date(2021, 5, 31), 23, 59))
    bench.hear(text(1), critical(1))
    bench.at(at(date(2021, 6, 1), 0, 1))
    bench.hear(text(2), critical(2))
    assert values(bench)["texts.sent"].value == 1
    assert values(bench)["critical.month"].value == 1
    assert values(bench, Month.parse("2021-06"))["texts.sent"].value == 1


def test_growth_needs_two_years(bench: Bench) -> None:
    in_parcels(bench, history(count=2, days=500))
    assert values(bench)["visits.growth"].value == 0


def test_an_empty_house_counts_nought(bench: Bench) -> None:
    assert {figure.value for figure in values(bench).values()} == {0}


def test_the_ten_best_are_ten_with_their_method_and_reasons(bench: Bench) -> None:
    in_parcels(bench, history(count=12, days=400, busy=1))
    bench.at(at(date(2021, 6, 1), 9))
    with bench.service.begin() as unit:
        best, everyone = ten_best(MAY, unit), ranking(MAY, unit)
    assert [place.place for place in best.places] == list(range(1, 11))
    assert best.places == everyone.places[:10]
    assert (everyone.stations, everyone.taking_part) == (12, len(everyone.places))
    for place in best.places:
        assert abs(sum(score.points for score in place.scores) - place.points) < 0.01
        assert "居第" in place.why
    assert sorted((place.points for place in best.places), reverse=True) == [place.points for place in best.places]


def test_a_ranking_measures_days_open_not_days_of_the_window(bench: Bench) -> None:
    bench.hear(opened(1, on=date(2020, 1, 1)), opened(2, on=date(2021, 2, 1)))
    spring = [date(2021, month, day) for month in (2, 3, 4, 5) for day in range(1, 29)]
    in_parcels(bench, [visit(n, station=station, day=day) for n, (day, station) in enumerate(product(spring, (1, 2, 1, 2)))])
    bench.at(at(date(2021, 6, 1), 9))
    with bench.service.begin() as unit:
        places = {place.code[-2:]: place for place in ranking(MAY, unit).places}
    assert places["02"].scores[0].measure == "1.9"
    assert places["01"].scores[0].measure == "0.6"


def say_why(n: int, reason: str, before: str | None = None, *, session: int = 1) -> registration.MissedReasonGiven:
    given = {"registration_id": uuid(7, n), "session_id": uuid(6, session), "programme_id": uuid(5, session)}
    return registration.MissedReasonGiven.model_validate(given | {"reason": reason, "before": before})


def test_reasons_for_missing_are_counted_by_programme_and_month_and_the_last_word_counts(bench: Bench) -> None:
    may(bench)
    ((session, programme),) = bench.query(
        "SELECT session_id, programme_id FROM occurrence WHERE state = 'held' AND kind = 'series' ORDER BY starts_at LIMIT 1"
    )
    said = [say_why(n, "forgot") for n in range(7)] + [say_why(9, "inconvenient"), say_why(9, "unwanted", "inconvenient")]
    bench.hear(*(event.model_copy(update={"session_id": session, "programme_id": programme}) for event in said))
    found = values(bench)
    counts = {reason: found[f"missed.{reason}"].value for reason in ("forgot", "inconvenient", "unwanted")}
    assert counts == {"forgot": 7, "inconvenient": 0, "unwanted": 1}
    assert (found["missed.forgot"].hidden, found["missed.unwanted"].hidden) == (False, True)
    clerk = bench.client("clerk")
    (line,) = clerk.get("/reports/api/missed?month=2021-05").json()
    assert line["reasons"] == {"forgot": None, "inconvenient": 0, "unwanted": None}
    assert clerk.get("/reports/api/missed?month=2021-06").json() == []
    assert clerk.get("/reports/api/missed?month=上个月").status_code == 422
    assert bench.client("resident").get("/reports/api/missed").status_code == 403
    assert "没来的人说的原因" in bench.client("editor", browser=True).get("/reports/figures?month=2021-05").text
