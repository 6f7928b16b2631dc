"""Operators give out accounts, change them, set anew what was lost, and end them; nobody else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.log_in import LogInStaff, log_in_staff
from services.registration.tables import LogIn, Staff
from shared.auth import COOKIE, Principal, sign_session
from shared.crypto import Keyring
from shared.log_ins import FRESH
from shared.testing import Bench
from tests.registration.people import STREET, the_noon_half_hour

LIST = "/registration/desk/staff"
API = "/registration/api/staff"


def an_account(bench: Bench, name: str = "小周", **given: Any) -> Staff:
    return bench.run(add_staff, AddStaff(**{"name": name, "password": "correct horse", "roles": frozenset({"clerk"}), **given}))


def gets_in(bench: Bench, name: str, password: str = "correct horse") -> Principal | None:
    found = bench.run(log_in_staff, LogInStaff(name=name, password=password))
    return found if isinstance(found, Principal) else None


def logged_in(bench: Bench, name: str) -> Any:
    client: Any = bench.client()
    answer = client.post("/registration/api/login/staff", json={"name": name, "password": "correct horse"})
    assert answer.status_code == 200
    return client


def test_an_operator_adds_an_account_on_the_page_and_its_owner_gets_in(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    page: Any = bench.client("operator", browser=True)
    assert "工作人员账号" in page.get("/registration/desk").text
    form = {"name": "周 🌻", "password": "correct horse", "roles": ["clerk", "editor"], "streets": f"{STREET}，310101020 "}
    added = page.post(LIST, data=form | {"programme": [str(programme.id)], "stations": f"{STREET}-01"})
    assert (added.status_code, added.headers["location"]) == (303, LIST)
    principal = gets_in(bench, "周 🌻")
    assert principal is not None
    assert principal.roles == {"clerk", "editor"}
    assert principal.limits == {
        "street": {STREET, "310101020"},
        "programme": {str(programme.id)},
        "station": {f"{STREET}-01"},
    }
    listed = page.get(LIST).text
    assert "周 🌻" in listed
    assert "午间半小时" in listed


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": " "}, "请填账号名"),
        ({"name": "周" * 41}, "请填账号名"),
        ({"password": "short"}, "至少要八位"),
        ({"roles": []}, "至少选一项"),
        ({"roles": ["mayor"]}, "至少选一项"),
        ({"streets": "老西门街道"}, "街道写九位"),
        ({"streets": " ".join(str(310101000 + number) for number in range(21))}, "最多二十处"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_at_its_field_and_nothing_is_added(
    bench: Bench, wrong: dict[str, Any], says: str
) -> None:
    page: Any = bench.client("operator", browser=True)
    before = len(bench.all(Staff))
    refused = page.post(LIST, data={"name": "小周", "password": "correct horse", "roles": ["clerk"]} | wrong)
    assert refused.status_code == 422
    assert says in refused.text
    assert "correct horse" not in refused.text
    assert len(bench.all(Staff)) == before


def test_a_name_that_is_taken_is_refused_with_what_was_typed_kept(bench: Bench) -> None:
    an_account(bench)
    page: Any = bench.client("operator", browser=True)
    form = {"name": "小周", "password": "correct horse", "roles": ["nurse"], "streets": "310101020"}
    refused = page.post(LIST, data=form)
    assert refused.status_code == 409
    assert "已经有一个叫" in refused.text
    assert "310101020" in refused.text


def test_changed_roles_and_places_hold_at_once(bench: Bench) -> None:
    account = an_account(bench)
    client = logged_in(bench, "小周")
    assert client.get("/registration/api/log-ins").status_code == 200
    page: Any = bench.client("operator", browser=True)
    assert page.get(f"{LIST}/{account.id}").status_code == 200
    assert page.post(f"{LIST}/{account.id}", data={"roles": ["nurse"], "streets": STREET}).status_code == 303
    bench.at(FRESH + timedelta(seconds=1))
    assert client.get("/registration/api/log-ins").status_code == 401
    principal = gets_in(bench, "小周")
    assert principal is not None
    assert principal.roles == {"nurse"}
    assert principal.limits == {"street": {STREET}}
    refused = page.post(f"{LIST}/{account.id}", data={"roles": [], "streets": STREET})
    assert refused.status_code == 422
    assert bench.get(Staff, account.id).roles == ["nurse"]


def test_a_password_and_a_second_factor_are_set_anew(bench: Bench) -> None:
    account = an_account(bench)
    bench.query("UPDATE staff SET factor = 'lost', failures = 5 RETURNING id")
    page: Any = bench.client("operator", browser=True)
    assert "重置动态验证码" in page.get(f"{LIST}/{account.id}").text
    assert page.post(f"{LIST}/{account.id}/reset", data={"password": "short"}).status_code == 422
    assert page.post(f"{LIST}/{account.id}/reset", data={"factor": "true"}).status_code == 303
    assert gets_in(bench, "小周") is not None
    assert page.post(f"{LIST}/{account.id}/reset", data={"password": "battery staple"}).status_code == 303
    assert gets_in(bench, "小周") is None
    assert gets_in(bench, "小周", "battery staple") is not None


def test_an_ended_account_lets_nobody_in_and_stays_listed(bench: Bench) -> None:
    account = an_account(bench)
    client = logged_in(bench, "小周")
    page: Any = bench.client("operator", browser=True)
    assert page.post(f"{LIST}/{account.id}/end").status_code == 303
    bench.at(FRESH + timedelta(seconds=1))
    assert client.get("/registration/api/log-ins").status_code == 401
    assert all(log_in.ended_at for log_in in bench.all(LogIn))
    assert gets_in(bench, "小周") is None
    assert "已停用" in page.get(LIST).text
    for path, form in (("", {"roles": ["clerk"]}), ("/reset", {"factor": "true"}), ("/end", {})):
        assert page.post(f"{LIST}/{account.id}{path}", data=form).status_code == 404


def test_operators_do_not_shut_themselves_out(bench: Bench) -> None:
    account = an_account(bench, "老钱", roles=frozenset({"operator"}))
    page: Any = bench.client("operator", id=account.id, browser=True)
    for path, form in (("", {"roles": ["clerk"]}), ("", {"roles": ["operator"], "streets": STREET}), ("/end", {})):
        refused = page.post(f"{LIST}/{account.id}{path}", data=form)
        assert refused.status_code == 409
        assert "另一位管理员" in refused.text
    assert bench.get(Staff, account.id).roles == ["operator"]


def test_only_operators_without_limits_see_accounts(bench: Bench) -> None:
    for role in ("clerk", "nurse", "editor", "resident"):
        assert bench.client(role).get(API).status_code == 403
        assert bench.client(role, browser=True).get(LIST).status_code == 403
    assert bench.client().get(API).status_code == 401
    limited: Any = bench.client()
    here = Principal(id=uuid4(), kind="staff", name="钱", roles=frozenset({"operator"}), limits={"street": frozenset({STREET})})
    limited.cookies.set(COOKIE, sign_session(Keyring(bench.service.settings.keys, "registration"), here))
    wish = {"name": "x", "password": "correct horse", "roles": ["operator"]}
    assert limited.post(API, json=wish).status_code == 403
    assert limited.get(API).status_code == 403
    assert "工作人员账号" not in bench.client("clerk", browser=True).get("/registration/desk").text


def test_the_whole_life_of_an_account_through_the_interface(bench: Bench) -> None:
    client: Any = bench.client("operator")
    made = client.post(API, json={"name": "li", "password": "correct horse", "roles": ["clerk"], "limits": {"street": [STREET]}})
    assert made.status_code == 201
    account = UUID(made.json()["id"])
    (listed,) = [one for one in client.get(API).json() if one["name"] == "li"]
    assert listed["limits"] == {"street": [STREET]}
    assert "password" not in listed
    changed = client.put(f"{API}/{account}", json={"roles": ["nurse"]})
    assert (changed.json()["roles"], changed.json()["limits"]) == (["nurse"], {})
    assert client.post(f"{API}/{account}/reset", json={"password": "battery staple"}).status_code == 200
    assert gets_in(bench, "li", "battery staple") is not None
    assert client.delete(f"{API}/{account}").json() == {"id": str(account)}
    assert client.delete(f"{API}/{account}").json()["code"] == "unknown_staff"
    assert client.put(f"{API}/{uuid4()}", json={"roles": ["nurse"]}).status_code == 404


def test_operators_read_what_was_done_to_accounts_and_by_whom(bench: Bench) -> None:
    boss = an_account(bench, "老钱", roles=frozenset({"operator"}))
    client: Any = bench.client("operator", id=boss.id)
    made = client.post(API, json={"name": "li", "password": "correct horse", "roles": ["clerk"]}).json()["id"]
    owner = logged_in(bench, "li")
    logged_in(bench, "li")
    assert owner.delete("/registration/api/log-ins").json() == {"ended": 1}
    client.put(f"{API}/{made}", json={"roles": ["nurse"], "limits": {"street": [STREET]}})
    for reset in ({"password": "battery staple"}, {"factor": True}, {"factor": False}):
        client.post(f"{API}/{made}/reset", json=reset)
    client.delete(f"{API}/{made}")
    refused = client.put(f"{API}/{boss.id}", json={"roles": ["clerk"]})
    assert refused.status_code == 409
    lines = [(line["action"], line["account"], line["by"]) for line in reversed(client.get(f"{API}/log").json())]
    assert lines == [
        ("added", "老钱", ""),
        ("added", "li", "老钱"),
        ("log_ins_ended", "li", "li"),
        ("changed", "li", "老钱"),
        ("password_reset", "li", "老钱"),
        ("factor_reset", "li", "老钱"),
        ("unpaused", "li", "老钱"),
        ("ended", "li", "老钱"),
    ]
    kept = repr(bench.query("SELECT facts FROM account_note"))
    assert STREET in kept
    assert "battery staple" not in kept
    page: Any = bench.client("operator", id=boss.id, browser=True)
    listed = " ".join(page.get(LIST).text.split())
    assert "重置了动态验证码" in listed
    assert "在服务器上" in listed
    assert "1 台设备" in listed
    assert "改了职责或范围" not in page.get(f"{LIST}/{boss.id}").text
    for role in ("clerk", "nurse", "editor"):
        assert bench.client(role).get(f"{API}/log").status_code == 403
