"""The board shows every station, and which of them are silent."""

from __future__ import annotations

import re
from datetime import date, timedelta

from services.stations.network import sites
from services.stations.tables import Visit
from shared.event import new_id
from shared.testing import START, Bench
from tests.stations.visits import OTHER, SITE, STATION, pressure, record, visit


def visited(site_id: object, *, days_ago: int) -> Visit:
    at = START - timedelta(days=days_ago)
    return Visit.model_validate({"id": new_id(), "station_id": site_id, "at": at, "day": at.date(), "items": 1})


def test_stations_are_sending_quiet_or_silent(bench: Bench) -> None:
    third, fourth = [site for site in sites() if site not in (SITE, OTHER)][:2]
    record(bench, visit(), visit())
    bench.add(visited(OTHER.id, days_ago=1), visited(third.id, days_ago=6), visited(fourth.id, days_ago=7))
    bench.query("UPDATE station SET state = 'suspended' WHERE code = %s RETURNING id", (sites()[-1].code,))
    lights = {light["code"]: light for light in bench.client("clerk").get("/stations/api/stations").json()}
    assert len(lights) == 219
    assert (lights[STATION]["state"], lights[STATION]["visits"]) == ("sending", 2)
    assert [lights[site.code]["state"] for site in (OTHER, third, fourth, sites()[-1])] == ["quiet", "quiet", "silent", "shut"]
    assert lights[OTHER.code]["last_day"] == "2021-05-09"


def test_every_station_has_a_mark_with_a_shape_and_a_word(bench: Bench) -> None:
    record(bench, visit(), visit())
    page = bench.client("clerk", browser=True).get("/stations/board").text
    marks = re.findall(r'<a class="(\w+)" href="/stations/(\d{9}-01)"[^>]*aria-label="([^"]+)"[^>]*><svg', page.replace("\n", ""))
    assert len(marks) == 219
    assert ("sending", STATION, "老西门街道智慧健康驿站：今天 2 人次") in marks
    assert {state for state, code, _ in marks if code != STATION} == {"silent"}
    assert "今天 2 人次，219 家驿站里 1 家有人来" in page


def test_the_board_speaks_english(bench: Bench) -> None:
    browser = bench.client("clerk", browser=True)
    browser.cookies.set("view-language", "en")
    assert "0 visits today; 0 of 219 stations visited" in browser.get("/stations/board").text


def test_a_stations_page_shows_its_fortnight_and_what_went_wrong(bench: Bench) -> None:
    bench.add(visited(SITE.id, days_ago=13), visited(SITE.id, days_ago=14))
    record(bench, visit(pressure(183, 96)), visit(pressure(500, 96)))
    page = bench.client("clerk", browser=True).get(f"/stations/{STATION}").text
    assert "最近十四天 3 人次" in page
    assert "有危急值，已转介" in page
    assert "1 项读数待查" in page
    assert "183" not in page


def test_a_station_that_is_not_there_is_not_found(bench: Bench) -> None:
    assert bench.client("clerk", browser=True).get("/stations/999999999-01").status_code == 404


def test_the_network_is_as_published() -> None:
    network = sites()
    assert len(network) == 219
    assert len({site.street for site in network}) == 219
    assert sum(site.opened_on == date(2019, 12, 16) for site in network) == 85
    assert sum(site.opened_on <= date(2020, 9, 30) for site in network) == 195
    assert all(site.opened_on <= date(2020, 12, 31) for site in network)
    assert (SITE.name, SITE.district) == ("老西门街道智慧健康驿站", "黄浦区")


def test_who_is_limited_sees_and_counts_the_stations_inside(bench: Bench) -> None:
    record(bench, visit(), visit())
    here, there = str(SITE.street), str(OTHER.street)
    assert here != there
    for limits, seen in (({"street": [here]}, [STATION]), ({"station": [SITE.id]}, [STATION]), ({"programme": [new_id()]}, [])):
        listed = bench.client("clerk", limits=limits).get("/stations/api/stations").json()
        assert [light["code"] for light in listed] == seen
    page = bench.client("clerk", browser=True, limits={"street": [there]})
    assert "今天 0 人次，1 家驿站里 0 家有人来" in page.get("/stations/board").text
    assert page.get(f"/stations/{STATION}").status_code == 403
    assert bench.client("clerk", browser=True, limits={"programme": [new_id()]}).get("/stations/board").status_code == 200
