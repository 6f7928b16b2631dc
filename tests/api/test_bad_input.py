"""Bad input: told in the reader's language what is wrong, as a page to a browser, and nothing half-done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registration.tables import Resident, Session
from services.stations.features.open_stations import open_stations
from services.stations.network import sites
from shared.testing import Bench
from tests.registration.people import STREET, a_resident, a_session, sign_up
from tests.stations.visits import pressure, reading, send, sign, visit

API = "/registration/api"
CHINESE = re.compile(r"[\u4e00-\u9fff]{4,}")
TABLES = ("registration", "resident", "programme", "session", "outbox", "job", "login_code")


@dataclass
class Desk:
    """A desk with one resident who has a place, and one who has none."""

    bench: Bench
    session: Session = field(init=False)
    guest: Resident = field(init=False)
    other: Resident = field(init=False)

    def __post_init__(self) -> None:
        self.session, self.guest, self.other = a_session(self.bench), a_resident(self.bench), a_resident(self.bench)
        sign_up(self.bench, self.session, self.guest)

    def rows(self) -> dict[str, int]:
        """How much is in each table."""
        return {table: int(self.bench.query(f"SELECT count(*) FROM {table}")[0][0]) for table in TABLES}


@pytest.fixture
def desk(new_bench: Callable[[str], Bench]) -> Desk:
    return Desk(new_bench("registration"))


def a_place(session: Any, resident: Any) -> dict[str, Any]:
    return {"json": {"session_id": str(session), "resident_id": str(resident)}}


def a_person(**given: Any) -> dict[str, Any]:
    return {"json": {"name": "王秀珍", "street": STREET, **given}}


BAD: dict[str, tuple[str, Callable[[Desk], dict[str, Any]], int, str]] = {
    "unknown session": ("registrations", lambda desk: a_place(uuid4(), desk.other.id), 404, "not_found"),
    "unknown resident": ("registrations", lambda desk: a_place(desk.session.id, uuid4()), 404, "unknown_resident"),
    "double registration": ("registrations", lambda desk: a_place(desk.session.id, desk.guest.id), 409, "already_registered"),
    "session id that is none": ("registrations", lambda desk: a_place("next Wednesday", desk.other.id), 422, "invalid"),
    "phone that is no phone": ("residents", lambda _: a_person(phone="021-63281234"), 422, "invalid"),
    "phone that is somebody's": ("residents", lambda desk: a_person(phone=phone_of(desk)), 409, "phone_taken"),
    "log-in with no phone": ("login/code", lambda _: {"json": {"phone": "call me"}}, 422, "invalid"),
    "log-in with a blank phone": ("login/code", lambda _: {"json": {"phone": "  "}}, 422, "invalid"),
    "blank reason": ("sessions/{session}/cancel", lambda _: {"json": {"reason": "  "}}, 422, "invalid"),
    "character no database keeps": (
        "sessions/{session}/cancel",
        lambda _: {"json": {"reason": "weather", "words": "台\0风"}},
        422,
        "invalid",
    ),
    "malformed JSON": ("registrations", lambda _: {"content": b'{"session_id": '}, 422, "invalid"),
    "JSON of another shape": ("registrations", lambda _: {"json": [1, 2, 3]}, 422, "invalid"),
    "10 MB body": ("residents", lambda _: {"content": b'{"name": "' + b"x" * 10_000_000 + b'"}'}, 413, "too_large"),
}


def phone_of(desk: Desk) -> str:
    """The number of the guest."""
    (kept,) = desk.bench.query("SELECT phone FROM resident WHERE id = %s", (desk.guest.id,))[0]
    return desk.bench.service.keys.decrypt(kept, "resident.phone")


@pytest.mark.parametrize("bad", BAD)
def test_the_answer_says_what_is_wrong_and_nothing_is_half_done(desk: Desk, bad: str) -> None:
    path, request, status, code = BAD[bad]
    before = desk.rows()
    address = f"{API}/{path.format(session=desk.session.id)}"
    answer = desk.bench.client("clerk").post(address, **request(desk))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert CHINESE.search(problem["detail"]), problem["detail"]
    page = desk.bench.client("clerk", browser=True).post(address, **request(desk))
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert code in page.text
    assert desk.rows() == before


def test_after_the_close_nobody_signs_up(desk: Desk) -> None:
    desk.bench.at(desk.session.closes_at)
    before = desk.rows()
    answer = desk.bench.client("clerk").post(f"{API}/registrations", **a_place(desk.session.id, desk.other.id))
    assert (answer.status_code, answer.json()["code"]) == (409, "sign_up_closed")
    assert CHINESE.search(answer.json()["detail"])
    assert desk.rows() == before


@pytest.fixture
def stations(new_bench: Callable[[str], Bench]) -> Bench:
    bench = new_bench("stations")
    bench.run(open_stations, sites())
    return bench


def kept(bench: Bench) -> tuple[int, int, int]:
    """Visits, readings and facts so far."""
    (row,) = bench.query("SELECT (SELECT count(*) FROM visit), (SELECT count(*) FROM reading), (SELECT seq FROM outbox_head)")
    return int(row[0]), int(row[1]), int(row[2])


def test_a_reading_out_of_range_is_set_aside_and_opens_no_alarm(stations: Bench) -> None:
    (told,) = send(stations.client(), stations, visit(pressure(900, 80))).json()["visits"]
    (line,) = told["readings"]
    assert (line["result"], line["code"]) == ("quarantined", "out_of_range")
    assert CHINESE.search(line["why"])
    assert stations.query("SELECT count(*) FROM referral") == [(0,)]


def test_a_reading_in_the_future_is_refused_with_its_visit(stations: Bench) -> None:
    before = kept(stations)
    later = (stations.query("SELECT now()")[0][0] + timedelta(days=3650)).isoformat()
    (told,) = send(stations.client(), stations, visit(reading("heart_rate", value=70) | {"taken_at": later})).json()["visits"]
    assert (told["result"], told["code"]) == ("refused", "in_the_future")
    assert CHINESE.search(told["why"])
    assert kept(stations) == before


def test_the_same_reading_twice_is_kept_once(stations: Bench) -> None:
    measured = visit(pressure(118, 76))
    assert send(stations.client(), stations, measured).json()["visits"][0]["result"] == "stored"
    before = kept(stations)
    (told,) = send(stations.client(), stations, measured).json()["visits"]
    assert (told["result"], told["readings"][0]["result"]) == ("known", "known")
    assert CHINESE.search(told["why"])
    assert kept(stations) == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"station": ', 400, "malformed"),
        (json.dumps({"visits": []}).encode(), 422, "invalid"),
        (b" " * 10_000_000, 413, "too_large"),
    ],
    ids=["malformed JSON", "JSON of another shape", "10 MB body"],
)
def test_what_an_appliance_cannot_mean_is_refused_whole(stations: Bench, body: bytes, status: int, code: str) -> None:
    before = kept(stations)
    headers = {"authorization": sign(stations, body), "content-type": "application/json"}
    answer = stations.client().post("/stations/api/visits", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert CHINESE.search(answer.json()["detail"])
    assert kept(stations) == before
