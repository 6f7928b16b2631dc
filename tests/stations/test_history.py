"""The two-year history is always the same, is loaded once, and adds up."""

from __future__ import annotations

import json
from datetime import date

import pytest

from services.stations.features.import_visits import import_visits
from services.stations.features.open_stations import open_stations
from services.stations.generated import CHUNK, History
from services.stations.history import OtherHistory, load_history
from services.stations.network import LAOXIMEN, sites
from services.stations.recount import recount
from services.stations.tables import Referral
from shared.contracts.stations import StationOpened
from shared.testing import Bench
from tests.stations.visits import pressure, record, visit

UNTIL = date(2021, 5, 1)


def history(visits: int = CHUNK + 200, seed: int = 2021) -> History:
    return History(sites(), visits=visits, seed=seed, until=UNTIL)


def counted(bench: Bench) -> dict[str, int]:
    with bench.service.begin() as unit:
        return recount(unit.cursor())


def test_the_same_seed_makes_the_same_history() -> None:
    one, same, other = history(), history(), history(seed=7)
    assert [one.chunk(number) for number in range(one.chunks)] == [same.chunk(number) for number in range(same.chunks)]
    assert one.chunk(1).visits != other.chunk(1).visits


def test_chunks_together_hold_exactly_the_visits_asked_for() -> None:
    whole = history(12_345)
    facts = [fact for number in range(whole.chunks) for fact in whole.chunk(number).facts]
    assert len(facts) == len({fact[0] for fact in facts}) == 12_345
    assert [whole.chunk(number).facts[0][0] for number in range(3)] == [whole.first_id(number) for number in range(3)]


def test_nobody_visits_a_station_before_it_opens_or_when_it_is_shut() -> None:
    for number in range(2):
        for _, site, day, _, items in history().chunk(number).facts:
            assert site.opened_on <= day < UNTIL
            assert not date(2020, 1, 27) <= day < date(2020, 3, 16)
            assert day.weekday() < 6 or site.hours == "每天 9:00–17:00"
            assert 1 <= items <= 8


def test_usage_rises_and_three_in_five_are_identified() -> None:
    whole = history(40_000)
    facts = [fact for number in range(whole.chunks) for fact in whole.chunk(number).facts]
    months = [
        sum(day.year == year and day.month == month for _, _, day, _, _ in facts)
        for year, month in ((2020, 5), (2020, 11), (2021, 4))
    ]
    assert months == sorted(months)
    assert 0.58 < sum(fact[3] is not None for fact in facts) / len(facts) < 0.62
    visits: dict[str, int] = {}
    for _, site, _, _, _ in facts:
        visits[site.street] = visits.get(site.street, 0) + 1
    assert LAOXIMEN in sorted(visits, key=lambda street: visits[street], reverse=True)[:10]


def test_loading_twice_adds_nothing(bench: Bench) -> None:
    assert list(load_history(bench.service, history())) == [0, CHUNK, CHUNK + 200]
    once, told = counted(bench), bench.query("SELECT seq FROM outbox_head")
    assert list(load_history(bench.service, history())) == [CHUNK + 200]
    assert counted(bench) == once
    assert bench.query("SELECT seq FROM outbox_head") == told


def test_loading_goes_on_where_it_was_interrupted(bench: Bench) -> None:
    with bench.service.begin() as unit:
        assert import_visits(history().chunk(0), unit) == CHUNK
    assert list(load_history(bench.service, history())) == [CHUNK, CHUNK + 200]
    assert counted(bench)["visits"] == CHUNK + 200


def test_a_chunk_that_somebody_else_wrote_meanwhile_is_left_alone(bench: Bench) -> None:
    for expected in (CHUNK, 0):
        with bench.service.begin() as unit:
            assert import_visits(history().chunk(0), unit) == expected
    assert counted(bench)["visits"] == CHUNK


def test_another_history_is_not_loaded_on_top(bench: Bench) -> None:
    list(load_history(bench.service, history(300)))
    with pytest.raises(OtherHistory):
        list(load_history(bench.service, history(400)))
    assert counted(bench)["visits"] == 300


def test_what_is_told_adds_up_to_what_is_in_the_tables(bench: Bench) -> None:
    list(load_history(bench.service, history(2_000)))
    record(bench, visit(pressure(183, 96)), visit())
    bodies = [
        json.loads(body)["data"] for (body,) in bench.query("SELECT body FROM outbox WHERE type = 'stations.visit_recorded'")
    ]
    assert counted(bench) == {
        "stations": 219,
        "visits": len(bodies),
        "identified_visits": sum(told["person_id"] is not None for told in bodies),
        "persons": len({told["person_id"] for told in bodies} - {None}),
        "items": sum(told["items"] for told in bodies),
        "critical": 1,
        "referrals": len(bench.all(Referral)),
    }
    assert len(bodies) == 2_002
    assert sum(told["imported"] for told in bodies) == 2_000


def test_every_imported_reading_has_its_visit_and_no_doubt(bench: Bench) -> None:
    list(load_history(bench.service, history(2_000)))
    assert bench.query(
        "SELECT count(*) FROM reading LEFT JOIN visit ON visit.id = visit_id WHERE visit.id IS NULL OR doubt <> ''"
    ) == [(0,)]
    assert bench.query("SELECT count(*) FROM visit WHERE items <> (SELECT count(*) FROM reading WHERE visit_id = visit.id)") == [
        (0,)
    ]
    assert bench.query("SELECT count(*) FROM visit WHERE day <> (at AT TIME ZONE 'Asia/Shanghai')::date") == [(0,)]


def test_stations_open_once(bench: Bench) -> None:
    assert bench.run(open_stations, sites()) == 0
    assert bench.said == []
    assert bench.query("SELECT count(*) FROM outbox WHERE type = %s", (StationOpened.type,)) == [(219,)]
    assert bench.query("SELECT count(*) FROM station WHERE generated") == [(219,)]
