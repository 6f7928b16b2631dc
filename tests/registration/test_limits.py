"""Staff who are limited to a street, a programme or a neighbourhood find nothing else in any list, and reach nothing else."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from starlette.routing import BaseRoute

from services.registration import api, pages
from services.registration.features.erasures import AskErasure, ask_erasure
from services.registration.features.open_programme import OpenProgramme, open_programme
from services.registration.tables import Nomination, Programme, Resident, Session
from services.registration.whereabouts import WHEREABOUTS
from shared.testing import Bench
from tests.registration.classroom import EAST, WEST, a_course, sent
from tests.registration.people import STREET, a_resident, a_session, sign_up, the_noon_half_hour

ELSEWHERE = "310101001"
API = "/registration/api"
OUTSIDE = "不在您负责的"


def a_programme(bench: Bench, street: str, title: str) -> Programme:
    told = {"kind": "series", "title": title, "organiser": "街道办", "street": street, "place": "社区食堂", "topics": ()}
    return bench.run(open_programme, OpenProgramme(**told))


def both(bench: Bench) -> tuple[Programme, Programme]:
    """A programme of this street and one of another, each with a session on Wednesday."""
    here, there = a_programme(bench, STREET, "这边的活动"), a_programme(bench, ELSEWHERE, "那边的活动")
    a_session(bench, programme=here)
    a_session(bench, programme=there)
    return here, there


def living(bench: Bench, street: str, name: str, phone: str | None = None) -> Resident:
    resident = a_resident(bench, name, phone)
    bench.query("UPDATE resident SET street = %s WHERE id = %s RETURNING id", (street, resident.id))
    return resident


@pytest.mark.parametrize("path", ["/desk", "/desk/programmes", "/desk/calendar?month=2021-05", "/desk/calendar?view=list"])
def test_a_list_of_what_is_on_shows_what_is_inside_the_limits(bench: Bench, path: str) -> None:
    here, _ = both(bench)
    for limits in ({"street": [STREET]}, {"programme": [here.id]}):
        shown = bench.client("clerk", browser=True, limits=limits).get(f"/registration{path}")
        assert shown.status_code == 200
        assert "这边的活动" in shown.text
        assert "那边的活动" not in shown.text
    assert "那边的活动" in bench.client("clerk", browser=True).get(f"/registration{path}").text


def test_a_station_s_staff_see_no_programme_at_all(bench: Bench) -> None:
    both(bench)
    page = bench.client("nurse", browser=True, limits={"station": ["0179302a-0000-7000-8000-000000000001"]})
    listed = page.get("/registration/desk/programmes").text
    assert "这边的活动" not in listed
    assert "那边的活动" not in listed
    assert page.get("/registration/desk").status_code == 200


def test_people_are_found_and_counted_inside_the_limits(bench: Bench) -> None:
    here, there = living(bench, STREET, "王秀珍"), living(bench, ELSEWHERE, "王秀兰", "13900139000")
    client = bench.client("clerk", limits={"street": [STREET]})
    for search in ("", "?search=王", "?search=13900139000", "?search=wx"):
        found = [person["id"] for person in client.get(f"{API}/residents{search}").json()]
        assert found == ([] if "139" in search else [str(here.id)]), search
    page = bench.client("clerk", browser=True, limits={"street": [STREET]}).get("/registration/residents").text
    assert f"/residents/{here.id}" in page
    assert f"/residents/{there.id}" not in page
    everybody = bench.client("clerk", browser=True).get("/registration/residents").text
    counted = re.compile(r"共 (\d+) 行")
    assert (counted.findall(page)[:1], counted.findall(everybody)[:1]) == (["1"], ["2"])


def test_somebody_merged_is_found_where_the_person_lives(bench: Bench) -> None:
    kept, merged = living(bench, ELSEWHERE, "王秀珍"), living(bench, STREET, "王秀珍", "13900139000")
    bench.client("clerk").post(f"{API}/merges", json={"kept": str(kept.id), "merged": str(merged.id)})
    found = [
        [person["id"] for person in bench.client("clerk", limits={"street": [street]}).get(f"{API}/residents?search=王").json()]
        for street in (STREET, ELSEWHERE)
    ]
    assert found == [[], [str(kept.id)]]


def test_duplicates_are_suggested_where_both_records_are_inside(bench: Bench) -> None:
    for street in (STREET, STREET, ELSEWHERE):
        living(bench, street, "王秀珍")
    bench.query("UPDATE resident SET birth_year = 1948 RETURNING id")
    assert len(bench.client("clerk").get(f"{API}/duplicates").json()) == 3
    assert len(bench.client("clerk", limits={"street": [STREET]}).get(f"{API}/duplicates").json()) == 1
    assert bench.client("clerk", limits={"street": [ELSEWHERE]}).get(f"{API}/duplicates").json() == []


def test_wishes_to_be_forgotten_are_listed_inside_the_limits(bench: Bench) -> None:
    for street, name in ((STREET, "王秀珍"), (ELSEWHERE, "李国强")):
        bench.run(ask_erasure, AskErasure(resident_id=living(bench, street, name).id, asked_by="resident"))
    page = bench.client("clerk", browser=True, limits={"street": [STREET]}).get("/registration/erasures").text
    assert "王" in page
    assert "李" not in page


def test_courses_are_listed_for_those_who_run_them_and_those_who_send_people(bench: Bench) -> None:
    course = a_course(bench)
    for limits, link in (
        ({"street": [STREET]}, f'/courses/{course.programme_id}"'),
        ({"neighbourhood": [WEST]}, f'/courses/{course.programme_id}/nominate"'),
        ({"street": [ELSEWHERE]}, None),
        ({"neighbourhood": ["310101019099"]}, None),
    ):
        page = bench.client("clerk", browser=True, limits=limits).get("/registration/desk/courses")
        assert page.status_code == 200
        assert (link in page.text) if link else ("社区工作骨干培训班" not in page.text), limits


def test_a_neighbourhood_s_staff_nominate_and_see_their_own_only(bench: Bench) -> None:
    course = a_course(bench)
    theirs = sent(bench, course, a_resident(bench, "东边的人"), neighbourhood=EAST)
    client = bench.client("clerk", limits={"neighbourhood": [WEST]})
    own = client.post(
        f"{API}/courses/{course.programme_id}/nominations",
        json={"resident_id": str(a_resident(bench).id), "neighbourhood": WEST},
    )
    assert own.status_code == 201, own.text
    for refused in (
        client.post(
            f"{API}/courses/{course.programme_id}/nominations",
            json={"resident_id": str(a_resident(bench).id), "neighbourhood": EAST},
        ),
        client.post(f"{API}/nominations/{theirs.id}/withdraw"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "foreign_neighbourhood")
        assert "自己居委" in refused.json()["detail"]
    page = bench.client("clerk", browser=True, limits={"neighbourhood": [WEST]})
    nominate = page.get(f"/registration/desk/courses/{course.programme_id}/nominate").text
    assert "净土居委" in nominate
    assert "西仓居委" not in nominate
    assert "东边的人" not in nominate
    assert client.post(f"{API}/nominations/{own.json()['id']}/withdraw").status_code == 200
    assert {row.state for row in bench.all(Nomination) if row.neighbourhood == WEST} == {"withdrawn"}


def test_a_neighbourhood_s_staff_do_nothing_else_with_a_course(bench: Bench) -> None:
    course = a_course(bench)
    nomination = sent(bench, course)
    client = bench.client("clerk", limits={"neighbourhood": [WEST]})
    for refused in (
        client.get(f"{API}/courses/{course.programme_id}"),
        client.post(f"{API}/courses/{course.programme_id}/enrol"),
        client.post(f"{API}/courses/{course.programme_id}/complete"),
        client.post(f"{API}/nominations/{nomination.id}/certificate"),
    ):
        assert refused.status_code == 403, refused.url
        assert OUTSIDE in refused.json()["detail"]
    page = bench.client("clerk", browser=True, limits={"neighbourhood": ["310101019099"]})
    assert page.get(f"/registration/desk/courses/{course.programme_id}/nominate").status_code == 403


def test_a_clerk_of_the_programme_nominates_for_every_neighbourhood(bench: Bench) -> None:
    course = a_course(bench)
    client = bench.client("clerk", limits={"programme": [course.programme_id], "neighbourhood": [WEST]})
    wish = {"resident_id": str(a_resident(bench).id), "neighbourhood": EAST}
    assert client.post(f"{API}/courses/{course.programme_id}/nominations", json=wish).status_code == 201


def test_a_street_that_is_typed_opens_nobody_else_s_record(bench: Bench) -> None:
    there, here = living(bench, ELSEWHERE, "李国强"), living(bench, STREET, "王秀珍")
    client = bench.client("clerk", limits={"street": [STREET]})
    assert client.patch(f"{API}/residents/{there.id}", json={"street": STREET}).status_code == 403
    assert client.patch(f"{API}/residents/{here.id}", json={"street": ELSEWHERE}).status_code == 403
    assert client.patch(f"{API}/residents/{here.id}", json={"neighbourhood": "净土居委"}).status_code == 200


def test_what_residents_and_staff_may_both_do_stays_inside_the_limits_too(bench: Bench) -> None:
    _, there = both(bench)
    (session,) = [each for each in bench.all(Session) if each.programme_id == there.id]
    registration = sign_up(bench, session, living(bench, STREET, "王秀珍"))
    client = bench.client("clerk", limits={"street": [STREET]})
    refused = client.post(f"{API}/registrations/{registration.id}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    signed = client.post(
        f"{API}/registrations", json={"session_id": str(session.id), "resident_id": str(registration.resident_id)}
    )
    assert signed.status_code == 403


def test_two_records_are_merged_only_where_both_are_inside(bench: Bench) -> None:
    here, there = living(bench, STREET, "王秀珍"), living(bench, ELSEWHERE, "王秀珍")
    client = bench.client("clerk", limits={"street": [STREET]})
    assert client.post(f"{API}/merges", json={"kept": str(here.id), "merged": str(there.id)}).status_code == 403
    path = f"/registration/duplicates/merge?kept={here.id}&merged={there.id}"
    assert bench.client("clerk", browser=True, limits={"street": [STREET]}).get(path).status_code == 403


NO_PLACE = {
    "export_id": "one's own",
    "half_id": "whoever has just given a password",
    "log_in_id": "one's own",
    "instructor_id": "lecturers are everybody's",
    "staff_id": "for operators without limits",
    "year": "holidays are everybody's",
    "token": "a calendar's own secret",
    "moment": "a test of the course that is named beside it",
    "nonce": "a scan of the session that is named beside it",
    "entry_id": "a line of the resident who is named beside it",
}


def test_every_id_in_a_path_says_where_it_is(bench: Bench) -> None:
    """A new kind of id in a path has to be placed, or else to be one that nobody's limits speak of."""

    def paths(routes: list[BaseRoute]) -> set[str]:
        found: set[str] = set()
        for route in routes:
            inner: Any = getattr(route, "original_router", None)
            found |= paths(inner.routes) if inner is not None else {str(getattr(route, "path", ""))}
        return found

    names = {
        name for router in (api.router, pages.router) for path in paths(router.routes) for name in re.findall(r"{(\w+)", path)
    }
    assert len(names) > 15
    assert names - set(WHEREABOUTS) == set(NO_PLACE)
    unknown = bench.client("clerk", limits={"programme": [the_noon_half_hour(bench).id]})
    assert unknown.get(f"{API}/courses/{uuid4()}").status_code == 404
