"""The interface: who may do what, and what bad input is answered with."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from services.registration.domain.people import PURPOSES
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.tables import Resident
from shared.auth import COOKIE, read_session
from shared.contracts.registration import LoginCodeRequested
from shared.crypto import Keyring
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import STREET, WEDNESDAY, a_resident, a_session, sign_up, state_of, the_noon_half_hour

API = "/registration/api"


def as_resident(bench: Bench, resident: Resident) -> Any:
    return bench.client("resident", id=resident.id)


def test_staff_set_up_a_session_and_sign_somebody_up(bench: Bench) -> None:
    staff = bench.client("clerk")
    programme = staff.post(
        f"{API}/programmes",
        json={
            "kind": "series",
            "title": "午间半小时",
            "organiser": "红十字会",
            "street": STREET,
            "place": "社区食堂",
            "topics": [{"code": "wounds", "title": "小伤口"}],
        },
    )
    assert programme.status_code == 201
    session = staff.post(
        f"{API}/sessions",
        json={
            "programme_id": programme.json()["id"],
            "starts_at": WEDNESDAY.isoformat(),
            "ends_at": (WEDNESDAY + timedelta(minutes=30)).isoformat(),
            "capacity": 20,
        },
    ).json()
    assert (session["topic"], session["free"]) == ("wounds", 20)
    resident = staff.post(
        f"{API}/residents", json={"name": "王秀珍", "phone": "13800138000", "street": STREET, "consents": ["texts"]}
    )
    assert resident.status_code == 201
    wish = {"session_id": session["id"], "resident_id": resident.json()["id"]}
    registration = staff.post(f"{API}/registrations", json=wish)
    assert (registration.status_code, registration.json()["state"]) == (201, "confirmed")
    assert staff.get(f"{API}/sessions", params={"on": "2021-05-12"}).json()[0]["free"] == 19
    (line,) = staff.get(f"{API}/sessions/{session['id']}/roster").json()
    assert (line["name"], line["phone"]) == ("王秀珍", "138****8000")
    bench.at(WEDNESDAY)
    tap = {"registration_id": registration.json()["id"]}
    scans = f"{API}/sessions/{session['id']}/scans"
    assert [staff.post(scans, json=tap).json()["code"] for _ in range(2)] == ["ok", "again"]
    assert staff.post(f"{API}/sessions/{session['id']}/hold").json()["state"] == "held"
    again = staff.post(f"{API}/sessions/{session['id']}/hold")
    assert (again.status_code, again.json()["code"]) == (409, "session_over")


def test_residents_sign_up_for_themselves_and_give_back_their_own(bench: Bench) -> None:
    session, me, other = a_session(bench), a_resident(bench), a_resident(bench)
    theirs = sign_up(bench, session, other)
    client = as_resident(bench, me)
    mine = client.post(f"{API}/registrations", json={"session_id": str(session.id)})
    assert (mine.status_code, mine.json()["resident_id"]) == (201, str(me.id))
    foreign = client.post(f"{API}/registrations/{theirs.id}/cancel")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_registration")
    assert state_of(bench, theirs) == "confirmed"
    assert client.post(f"{API}/registrations/{mine.json()['id']}/cancel").json()["state"] == "cancelled"
    for_another = client.post(f"{API}/registrations", json={"session_id": str(session.id), "resident_id": str(other.id)})
    assert for_another.status_code == 404


def test_what_is_kept_about_me_is_shown_to_me(bench: Bench) -> None:
    me = a_resident(bench, name="王秀珍", phone="13800138000", consents=frozenset({"texts"}))
    sign_up(bench, a_session(bench), me)
    client = as_resident(bench, me)
    shown = client.get(f"{API}/residents/me").json()
    assert (shown["name"], shown["phone"]) == ("王秀珍", "+8613800138000")
    nothing = dict.fromkeys(PURPOSES, False)
    assert shown["consents"] == nothing | {"texts": True}
    assert [registration["state"] for registration in shown["registrations"]] == ["confirmed"]
    changed = client.post(f"{API}/residents/me/consents", json={"purpose": "texts", "given": False})
    assert changed.json() == nothing


STAFF_ONLY = [
    ("post", "residents", {"name": "王", "street": STREET}),
    ("get", "residents", None),
    ("get", "residents/{session}", None),
    ("patch", "residents/{session}", {}),
    ("post", "residents/{session}/reveal", {"why": "核对"}),
    ("post", "residents/{session}/consents", {"purpose": "texts", "given": True}),
    ("post", "residents/{session}/household", {}),
    ("post", "authorities", {}),
    ("post", "authorities/{session}/end", None),
    ("post", "programmes", {}),
    ("post", "sessions", {}),
    ("get", "sessions/{session}/roster", None),
    ("post", "sessions/{session}/hold", None),
    ("post", "sessions/{session}/cancel", {"reason": "weather", "words": "台风"}),
    ("post", "sessions/{session}/scans", {}),
    ("post", "sessions/{session}/offline-scans", {"door_pass": "", "scans": []}),
    ("get", "sessions/{session}/door-list", None),
    ("get", "sessions/{session}/occupancy", None),
    ("get", "sessions/{session}/conflicts", None),
    ("post", "livestreams/{session}/open", None),
    ("post", "livestreams/{session}/close", None),
]


@pytest.mark.parametrize(("method", "path", "body"), STAFF_ONLY)
def test_what_staff_do_nobody_else_may(bench: Bench, method: str, path: str, body: dict[str, Any] | None) -> None:
    url = f"{API}/{path.format(session=a_session(bench).id)}"
    nobody, resident = bench.client(), as_resident(bench, a_resident(bench))
    assert nobody.request(method, url, json=body).status_code == 401
    assert resident.request(method, url, json=body).status_code == 403


def test_nobody_signs_up_or_gives_back_without_a_log_in(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    nobody = bench.client()
    assert nobody.post(f"{API}/registrations", json={"session_id": str(session.id)}).status_code == 401
    assert nobody.post(f"{API}/registrations/{registration.id}/cancel").status_code == 401
    assert nobody.get(f"{API}/residents/me").status_code == 401


def test_bad_input_is_answered_with_its_reason(bench: Bench) -> None:
    staff = bench.client("clerk")
    resident, full, gone = a_resident(bench), a_session(bench, capacity=1), a_session(bench)
    sign_up(bench, full, resident)
    bench.run(cancel_session, CancelSession(session_id=gone.id, reason="weather"))

    def answer(path: str, **request: Any) -> tuple[int, str]:
        given = staff.post(f"{API}/{path}", **request)
        return given.status_code, given.json()["code"]

    me = str(resident.id)
    assert answer("registrations", json={"session_id": str(new_id()), "resident_id": me}) == (404, "not_found")
    assert answer("registrations", json={"session_id": str(full.id), "resident_id": me}) == (409, "already_registered")
    assert answer("registrations", json={"session_id": str(gone.id), "resident_id": me}) == (409, "session_cancelled")
    assert answer("registrations", json={"session_id": str(full.id)}) == (404, "unknown_resident")
    assert answer("residents", json={"name": "王", "street": STREET, "phone": "12345"}) == (422, "invalid")
    assert answer("registrations", content=b'{"session_id": ') == (422, "invalid")
    assert answer(f"sessions/{full.id}/scans", json={}) == (422, "invalid")
    assert staff.post(f"{API}/residents", content=b" " * 10_000_000).status_code == 413
    bench.at(full.closes_at)
    late = str(a_resident(bench).id)
    assert answer("registrations", json={"session_id": str(full.id), "resident_id": late}) == (409, "sign_up_closed")


def test_a_problem_never_repeats_the_number_that_was_typed(bench: Bench) -> None:
    answer = bench.client("clerk").post(f"{API}/residents", json={"name": "王", "street": STREET, "phone": "021-63281234"})
    assert answer.status_code == 422
    assert "63281234" not in answer.text


def test_a_resident_logs_in_by_text_through_the_interface(bench: Bench) -> None:
    resident = a_resident(bench, phone="13800138000")
    client = bench.client()
    asked = client.post(f"{API}/login/code", json={"phone": "13800138000"})
    unknown = client.post(f"{API}/login/code", json={"phone": "13900139000"})
    assert (
        (asked.status_code, asked.json().keys())
        == (unknown.status_code, unknown.json().keys())
        == (202, {"login_id", "expires_at"})
    )
    ((told,),) = bench.query("SELECT body FROM outbox WHERE type = %s", (LoginCodeRequested.type,))
    code = Keyring(bench.service.settings.keys, "notify").unseal(json.loads(told)["data"]["code"])
    login = asked.json()["login_id"]
    wrong = client.post(f"{API}/login/code/verify", json={"login_id": login, "code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
    assert bench.query("SELECT max(tries) FROM login_code") == [(1,)]
    right = client.post(f"{API}/login/code/verify", json={"login_id": login, "code": code})
    assert right.json()["id"] == str(resident.id)
    assert {"HttpOnly", "SameSite=strict"} <= set(right.headers["set-cookie"].split("; "))
    principal = read_session(bench.service.keys, client.cookies[COOKIE])
    assert principal is not None
    assert principal.id == resident.id


def test_asking_for_codes_too_often_is_answered_with_when_to_come_back(bench: Bench) -> None:
    client = bench.client()
    client.post(f"{API}/login/code", json={"phone": "13800138000"})
    again = client.post(f"{API}/login/code", json={"phone": "13800138000"})
    assert (again.status_code, again.json()["code"], again.json()["retry_after"]) == (429, "too_many_codes", 60)


def test_the_demo_has_an_account_for_each_role(bench: Bench) -> None:
    for role in ("clerk", "nurse", "editor", "operator"):
        client = bench.client()
        answer = client.post(f"{API}/login/staff", json={"name": role, "password": "jiamenkou"})
        assert answer.json()["roles"] == [role]
    refused = bench.client().post(f"{API}/login/staff", json={"name": "clerk", "password": "guess"})
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_password")
    assert bench.query("SELECT failures FROM staff WHERE name = 'clerk'") == [(1,)]


def test_a_programme_that_nobody_opened_has_no_sessions(bench: Bench) -> None:
    the_noon_half_hour(bench)
    answer = bench.client("clerk").post(
        f"{API}/sessions",
        json={"programme_id": str(new_id()), "starts_at": WEDNESDAY.isoformat(), "ends_at": WEDNESDAY.isoformat(), "capacity": 1},
    )
    assert answer.status_code == 404


def test_what_a_request_relied_on_has_gone_and_it_is_told_so(bench: Bench) -> None:
    nobody = bench.client("resident", id=new_id())
    answer = nobody.post("/registration/api/mine/calendar")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_a_command_refuses_is_refused_with_its_field(bench: Bench) -> None:
    me = bench.client("resident", id=a_resident(bench).id)
    answer = me.post("/registration/api/residents/me/carers", json={"name": "王小明", "phone": "12", "relation": "child"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "phone")
