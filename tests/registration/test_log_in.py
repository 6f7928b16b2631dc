"""Residents log in with a code by text, staff with a password; guessing does not get anybody in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.registration.domain import retention
from services.registration.features import problems
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.log_in import LogInStaff, VerifyLoginCode, log_in_staff, verify_login_code
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from services.registration.tables import LoginCode, Staff
from shared.auth import Principal
from shared.contracts.registration import LoginCodeRequested
from shared.crypto import Keyring
from shared.testing import Bench
from tests.registration.people import a_resident

PHONE = "13800138000"


def ask(bench: Bench, phone: str = PHONE, address: str = "10.0.0.1") -> LoginCode:
    return bench.run(request_login_code, RequestLoginCode(phone=phone, address=address))


def the_code_in_the_text(bench: Bench) -> str:
    (told,) = bench.said
    assert isinstance(told, LoginCodeRequested)
    return Keyring(bench.service.settings.keys, "notify").unseal(told.code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def verify(bench: Bench, login_id: UUID, code: str) -> object:
    return bench.run(verify_login_code, VerifyLoginCode(login_id=login_id, code=code))


def test_the_code_from_the_text_lets_its_owner_in_once(bench: Bench) -> None:
    resident = a_resident(bench, name="王秀珍", phone=PHONE)
    login = ask(bench)
    code = the_code_in_the_text(bench)
    principal = bench.run(verify_login_code, VerifyLoginCode(login_id=login.id, code=f" {code[:3]} {code[3:]} "))
    assert principal is not None
    assert (principal.id, principal.name, principal.roles) == (resident.id, "王秀珍", frozenset({"resident"}))
    assert verify(bench, login.id, code) is None


def test_the_code_is_kept_so_that_the_tables_do_not_tell_it(bench: Bench) -> None:
    a_resident(bench, phone=PHONE)
    ask(bench)
    code = the_code_in_the_text(bench)
    assert code not in repr(bench.query("SELECT code_mark, phone_mark, address_mark FROM login_code"))


def test_for_an_unknown_number_everything_but_the_text_is_the_same(bench: Bench) -> None:
    login = ask(bench)
    assert bench.said == []
    assert login.resident_id is None
    with pytest.raises(problems.TooManyCodes):
        ask(bench)


def test_a_code_dies_after_five_minutes(bench: Bench) -> None:
    a_resident(bench, phone=PHONE)
    login = ask(bench)
    code = the_code_in_the_text(bench)
    bench.at(timedelta(minutes=5))
    assert verify(bench, login.id, code) is None


def test_after_five_wrong_tries_even_the_right_code_is_refused(bench: Bench) -> None:
    a_resident(bench, phone=PHONE)
    login = ask(bench)
    code = the_code_in_the_text(bench)
    for _ in range(5):
        assert verify(bench, login.id, wrong(code)) is None
    assert verify(bench, login.id, code) is None


@pytest.mark.parametrize("typed", ["", "abcdef", "-1", "9" * 1000])
def test_what_is_no_code_lets_nobody_in(bench: Bench, typed: str) -> None:
    a_resident(bench, phone=PHONE)
    login = ask(bench)
    assert verify(bench, login.id, typed) is None


def test_one_code_a_minute_and_five_an_hour_for_a_number(bench: Bench) -> None:
    for _ in range(4):
        ask(bench)
        with pytest.raises(problems.TooManyCodes) as refused:
            ask(bench)
        assert refused.value.facts == {"retry_after": 60}
        bench.at(timedelta(minutes=1))
    ask(bench)
    bench.at(timedelta(minutes=1))
    with pytest.raises(problems.TooManyCodes) as refused:
        ask(bench)
    assert refused.value.facts == {"retry_after": 55 * 60}
    bench.at(timedelta(minutes=55))
    ask(bench)


def test_thirty_codes_an_hour_from_one_place(bench: Bench) -> None:
    for last in range(30):
        ask(bench, phone=f"138001380{last:02d}")
    with pytest.raises(problems.TooManyCodes):
        ask(bench, phone="13800138099")
    ask(bench, phone="13800138099", address="10.0.0.2")


def test_whoever_asks_too_often_is_told_when_to_ask_again(bench: Bench) -> None:
    for browser, path, wish in (
        (False, "/registration/api/login/code", {"json": {"phone": PHONE}}),
        (True, "/registration/login", {"data": {"phone": PHONE}}),
    ):
        client = bench.client(browser=browser)
        client.post(path, **wish)
        refused = client.post(path, **wish)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")


def test_who_needs_large_print_gets_the_elder_view_until_they_choose_otherwise(bench: Bench) -> None:
    a_resident(bench, phone=PHONE, needs=frozenset({"large_print"}))
    a_resident(bench, phone="13900139000")

    def logged_in(phone: str, chosen: str | None = None) -> str | None:
        bench.at(timedelta(hours=2))
        browser = bench.client(browser=True)
        if chosen:
            browser.cookies.set("view-elder", chosen)
        login = ask(bench, phone)
        answer = browser.post(f"/registration/login/code?login={login.id}", data={"code": the_code_in_the_text(bench)})
        assert answer.status_code == 303
        assert ("elder" in browser.get("/registration/mine").text.split("<head>")[0]) is (
            browser.cookies.get("view-elder") == "on"
        )
        kept: str | None = browser.cookies.get("view-elder")
        return kept

    assert logged_in(PHONE) == "on"
    assert logged_in(PHONE, chosen="off") == "off"
    assert logged_in("13900139000") is None


def test_codes_of_yesterday_are_dropped(bench: Bench) -> None:
    ask(bench)
    bench.at(retention.LOGIN_CODES + timedelta(seconds=1))
    kept = ask(bench)
    bench.tick()
    assert [login.id for login in bench.all(LoginCode)] == [kept.id]


def test_staff_log_in_with_their_password(bench: Bench) -> None:
    account = bench.run(add_staff, AddStaff(name="小周", password="correct horse", roles=frozenset({"clerk", "editor"})))
    assert "correct" not in bench.get(Staff, account.id).password
    principal = bench.run(log_in_staff, LogInStaff(name="小周", password="correct horse"))
    assert isinstance(principal, Principal)
    assert (principal.id, principal.kind, principal.roles) == (account.id, "staff", frozenset({"clerk", "editor"}))
    assert bench.run(log_in_staff, LogInStaff(name="小周", password="correct hors")) is None
    assert bench.run(log_in_staff, LogInStaff(name="老周", password="correct horse")) is None


def test_five_wrong_passwords_make_an_account_pause_for_a_minute(bench: Bench) -> None:
    bench.run(add_staff, AddStaff(name="小周", password="correct horse", roles=frozenset({"clerk"})))
    for _ in range(5):
        assert bench.run(log_in_staff, LogInStaff(name="小周", password="guess")) is None
    right = LogInStaff(name="小周", password="correct horse")
    assert bench.run(log_in_staff, right) is None
    bench.at(timedelta(minutes=1))
    assert bench.run(log_in_staff, right) is not None


def test_two_accounts_never_share_a_name(bench: Bench) -> None:
    wish = AddStaff(name="小周", password="correct horse", roles=frozenset({"clerk"}))
    bench.run(add_staff, wish)
    with pytest.raises(problems.NameTaken):
        bench.run(add_staff, wish)
