"""Every log-in is on a list, and can be ended: here at once, in the other services as soon as they hear of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registration.domain.devices import device_of
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.change_staff import ChangeStaff, EndStaff, ResetStaff, change_staff, end_staff, reset_staff
from services.registration.tables import LogIn, Staff
from shared.auth import COOKIE
from shared.contracts.registration import LogInEnded
from shared.log_ins import FRESH
from shared.testing import Bench, World
from tests.registration.people import STREET

API = "/registration/api"
LATER = FRESH + timedelta(seconds=1)
PHONE = "Mozilla/5.0 (Linux; Android 13; HUAWEI) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36"


def staff(bench: Bench, name: str = "小周", **given: Any) -> Staff:
    return bench.run(add_staff, AddStaff(name=name, password="correct horse", roles=frozenset({"clerk"}), **given))


def log_in(bench: Bench, name: str = "小周", browser: bool = False) -> Any:
    client = bench.client(browser=browser)
    wish = {"name": name, "password": "correct horse"}
    answer = client.post(f"{API}/login/staff", json=wish, headers={"user-agent": PHONE})
    assert answer.status_code == 200, answer.text
    return client


def holding(bench: Bench, cookie: str) -> Any:
    client = bench.client()
    client.cookies.set(COOKIE, cookie)
    return client


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (PHONE, "android chrome"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 16) AppleWebKit/605 Version/16 Mobile Safari/604.1", "iphone safari"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/120 Safari/537 Edg/120", "windows edge"),
        ("Mozilla/5.0 (Phone; OpenHarmony 4.1) MicroMessenger/8.0", "harmony wechat"),
        ("curl/8", "other other"),
        ("", "other other"),
    ],
)
def test_a_device_is_called_by_system_and_browser(said: str, device: str) -> None:
    assert device_of(said) == device


def test_each_log_in_is_on_the_list_and_says_which_one_asks(bench: Bench) -> None:
    staff(bench)
    one, two = log_in(bench), log_in(bench)
    devices = two.get(f"{API}/log-ins").json()
    assert [device["device"] for device in devices] == ["android chrome"] * 2
    assert sorted(device["here"] for device in devices) == [False, True]
    assert PHONE not in repr(bench.query("SELECT * FROM log_in"))
    assert one.get(f"{API}/log-ins").status_code == 200


def test_an_ended_log_in_opens_nothing_any_more(bench: Bench) -> None:
    staff(bench)
    lost, kept = log_in(bench), log_in(bench)
    (device,) = [device for device in kept.get(f"{API}/log-ins").json() if not device["here"]]
    assert kept.delete(f"{API}/log-ins/{device['id']}").status_code == 200
    bench.at(LATER)
    assert lost.get(f"{API}/log-ins").status_code == 401
    assert kept.get(f"{API}/log-ins").status_code == 200


def test_every_service_honours_the_end_of_a_log_in(world: World) -> None:
    staff(world["registration"])
    client = log_in(world["registration"])
    cookie = client.cookies[COOKIE]
    paths = {"notify": "/notify/messages", "stations": "/stations/board", "reports": "/reports/console"}
    for name, path in paths.items():
        assert holding(world[name], cookie).get(path).status_code == 200
    client.post("/registration/logout")
    world.settle()
    world.at(LATER)
    for name, path in paths.items():
        assert holding(world[name], cookie).get(path).status_code == 401, name
    assert holding(world["registration"], cookie).get(f"{API}/log-ins").status_code == 401


def test_logging_out_ends_the_log_in_wherever_the_cookie_was_copied(bench: Bench) -> None:
    staff(bench)
    client = log_in(bench)
    copied = client.cookies[COOKIE]
    client.post("/registration/logout")
    bench.at(LATER)
    assert holding(bench, copied).get(f"{API}/log-ins").status_code == 401
    assert bench.all(LogIn)[0].ended_at is not None


def test_somebody_elses_device_looks_like_an_unknown_one(bench: Bench) -> None:
    staff(bench)
    staff(bench, "老李")
    mine, theirs = log_in(bench), log_in(bench, "老李")
    (device,) = theirs.get(f"{API}/log-ins").json()
    foreign, unknown = mine.delete(f"{API}/log-ins/{device['id']}"), mine.delete(f"{API}/log-ins/{uuid4()}")
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json()) == (404, unknown.json())
    bench.at(LATER)
    assert theirs.get(f"{API}/log-ins").status_code == 200


def test_all_other_devices_are_ended_with_one_wish(bench: Bench) -> None:
    staff(bench)
    others, here = [log_in(bench) for _ in range(3)], log_in(bench)
    assert here.delete(f"{API}/log-ins").json() == {"ended": 3}
    bench.at(LATER)
    assert [client.get(f"{API}/log-ins").status_code for client in [*others, here]] == [401, 401, 401, 200]


def test_what_an_operator_changes_about_an_account_ends_its_log_ins(bench: Bench) -> None:
    account = staff(bench)
    log_in(bench)
    bench.run(change_staff, ChangeStaff(staff_id=account.id, by=uuid4(), roles=frozenset({"editor"})))
    assert [type(event) for event in bench.said] == [LogInEnded]
    log_in(bench)
    bench.run(reset_staff, ResetStaff(staff_id=account.id, factor=True))
    assert len(bench.said) == 1
    log_in(bench)
    bench.run(end_staff, EndStaff(staff_id=account.id, by=uuid4()))
    assert len(bench.said) == 1
    wish = {"name": "小周", "password": "correct horse"}
    assert bench.client().post(f"{API}/login/staff", json=wish).status_code == 401


def test_a_page_lists_the_devices_and_lets_one_out(bench: Bench) -> None:
    staff(bench)
    lost, here = log_in(bench), log_in(bench, browser=True)
    page = here.get("/registration/account")
    assert page.status_code == 200
    assert "安卓手机，Chrome" in page.text
    device = next(device for device in lost.get(f"{API}/log-ins").json() if device["here"])
    assert here.post("/registration/account", data={"log_in_id": device["id"]}).status_code == 303
    bench.at(LATER)
    assert lost.get(f"{API}/log-ins").status_code == 401


def test_a_device_is_seen_again_about_once_an_hour(bench: Bench) -> None:
    staff(bench)
    client = log_in(bench, browser=True)
    began = bench.all(LogIn)[0].seen_at
    client.get("/registration/account")
    bench.at(timedelta(hours=2))
    client.get("/registration/account")
    assert bench.all(LogIn)[0].seen_at == began + timedelta(hours=2)


def test_an_account_limited_to_a_street_reaches_nothing_of_another(bench: Bench) -> None:
    staff(bench, limits={"street": ("310101001",)})
    client = log_in(bench)
    programme = {"kind": "series", "title": "午间半小时", "organiser": "红十字会", "place": "社区食堂", "topics": []}
    refused = client.post(f"{API}/programmes", json=programme | {"street": STREET})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    own = client.post(f"{API}/programmes", json=programme | {"street": "310101001"})
    assert own.status_code == 201, own.text
    elsewhere = bench.client("clerk").post(f"{API}/programmes", json=programme | {"street": STREET}).json()["id"]
    session = {"starts_at": "2021-05-12T04:00:00Z", "ends_at": "2021-05-12T04:30:00Z", "capacity": 2}
    assert client.post(f"{API}/sessions", json=session | {"programme_id": elsewhere}).status_code == 403
    assert client.post(f"{API}/sessions", json=session | {"programme_id": own.json()["id"]}).status_code == 201
    assert client.get(f"/registration/desk/programmes/{elsewhere}").status_code == 403


def test_an_account_limited_to_a_programme_lets_anybody_into_its_sessions_only(bench: Bench) -> None:
    from tests.registration.people import a_resident, a_session, the_noon_half_hour

    mine, other = the_noon_half_hour(bench), the_noon_half_hour(bench)
    here, there = a_session(bench, programme=mine), a_session(bench, programme=other)
    resident = a_resident(bench)
    staff(bench, limits={"programme": (str(mine.id),)})
    client = log_in(bench)
    body = {"resident_id": str(resident.id)}
    assert client.post(f"{API}/sessions/{there.id}/scans", json=body).status_code == 403
    assert client.post(f"{API}/sessions/{here.id}/scans", json=body).status_code == 409, "it is not the day yet"
