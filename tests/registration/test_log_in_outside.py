"""Staff log in at their organisation's provider, on a real port; what is wrong there lets nobody in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import uvicorn
from pydantic import SecretStr, ValidationError

from infra.local.ports import ClosedPort, free_port
from infra.simulators.identity import Provider
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.change_staff import EndStaff, end_staff
from services.registration.features.log_in import LogInStaff, log_in_staff
from services.registration.settings import RegistrationSettings
from services.registration.tables import LogIn, Staff
from shared.event import new_id
from shared.testing import Bench

ROOT = "/registration/login/oidc"
SECRET = "s+cret: with marks"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    port = free_port()
    made = Provider(f"http://127.0.0.1:{port}", "jiamenkou", "s%2Bcret%3A%20with%20marks")
    server = uvicorn.Server(uvicorn.Config(made.app(), host="127.0.0.1", port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield made
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def office(bench: Bench, provider: Provider) -> Bench:
    """Registration with the provider in its settings; 小周 has an account and sits at the browser."""
    settings: Any = bench.service.settings
    settings.oidc_issuer, settings.oidc_client_id = provider.issuer, "jiamenkou"
    settings.oidc_client_secret = SecretStr(SECRET)
    bench.run(add_staff, AddStaff(name="小周", password="correct horse", roles=frozenset({"clerk"})))
    provider.faults.heal()
    provider.person = {"preferred_username": "小周"}
    return bench


def a_browser(office: Bench) -> Any:
    return office.client(browser=True)


def sent_back(browser: Any, path: str = "") -> str:
    """Set out and log in there; returns the address to which the provider sends the browser back."""
    left = browser.get(f"{ROOT}?next={path}")
    assert left.status_code == 303, left.text
    back = httpx2.get(left.headers["location"]).headers["location"]
    assert back.startswith(f"http://127.0.0.1:8080{ROOT}/callback?")
    return str(back.removeprefix("http://127.0.0.1:8080"))


def refused(office: Bench, answer: Any, says: str, status: int = 401) -> None:
    assert answer.status_code == status
    assert says in answer.text
    assert "Traceback" not in answer.text
    assert office.all(LogIn) == []


def test_whoever_the_provider_lets_in_is_in_and_led_on(office: Bench) -> None:
    browser = a_browser(office)
    assert "用单位账号登录" in browser.get("/registration/login/staff").text
    answer = browser.get(sent_back(browser, "/registration/desk/programmes"))
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/registration/desk/programmes">' in answer.text
    assert browser.get("/registration/desk/programmes").status_code == 200
    (account,) = (one for one in office.all(Staff) if one.name == "小周")
    assert [log_in.person_id for log_in in office.all(LogIn)] == [account.id]


def test_what_is_asked_of_the_provider_is_a_code_with_pkce_a_state_and_a_nonce(office: Bench) -> None:
    asked = [parse_qs(urlsplit(a_browser(office).get(ROOT).headers["location"]).query) for _ in range(2)]
    assert asked[0]["response_type"] == ["code"]
    assert asked[0]["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43


@pytest.fixture
def public_office(office: Bench, provider: Provider) -> Iterator[Bench]:
    """The same, where neither side has a secret for the other."""
    settings: Any = office.service.settings
    settings.oidc_client_secret, kept = SecretStr(""), provider.client_secret
    provider.client_secret = ""
    yield office
    provider.client_secret = kept


def test_a_public_client_lets_staff_in_without_any_secret(public_office: Bench) -> None:
    browser = a_browser(public_office)
    assert browser.get(sent_back(browser)).status_code == 200
    assert len(public_office.all(LogIn)) == 1


def test_a_stolen_code_of_a_public_client_is_worth_nothing_without_its_verifier(public_office: Bench, provider: Provider) -> None:
    browser = a_browser(public_office)
    (code,) = parse_qs(urlsplit(sent_back(browser)).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "client_id": "jiamenkou", "code_verifier": "guessed" * 8}
    form["redirect_uri"] = f"http://127.0.0.1:8080{ROOT}/callback"
    assert httpx2.post(f"{provider.issuer}/token", data=form).json() == {"error": "invalid_grant"}


def test_without_a_secret_nobody_gets_in_where_the_provider_asks_for_one(office: Bench) -> None:
    settings: Any = office.service.settings
    settings.oidc_client_secret = SecretStr("")
    browser = a_browser(office)
    refused(office, browser.get(sent_back(browser)), "单位账号没有登录成功")


@pytest.mark.parametrize("fault", ["wrong_nonce", "expired", "forged", "unsigned", "foreign", "other_issuer", "denied"])
def test_what_the_provider_says_wrongly_lets_nobody_in(office: Bench, provider: Provider, fault: str) -> None:
    browser = a_browser(office)
    httpx2.post(f"{provider.issuer}/faults", json={fault: {"next": 1}})
    refused(office, browser.get(sent_back(browser)), "单位账号没有登录成功")
    assert browser.get(sent_back(browser)).status_code == 200


def test_somebody_whom_only_the_organisation_knows_is_told_to_ask_for_an_account(office: Bench, provider: Provider) -> None:
    provider.person = {"preferred_username": "𠮷野 🌻"}
    browser = a_browser(office)
    refused(office, browser.get(sent_back(browser)), "这里还没有您的工作人员账号")


@pytest.mark.parametrize("person", [{}, {"preferred_username": ""}, {"preferred_username": ["小周"]}])
def test_without_the_claim_that_names_an_account_nobody_gets_in(
    office: Bench, provider: Provider, person: dict[str, Any]
) -> None:
    provider.person = person
    browser = a_browser(office)
    refused(office, browser.get(sent_back(browser)), "单位账号没有登录成功")


def test_an_address_names_an_account_only_when_it_was_verified(office: Bench, provider: Provider) -> None:
    settings: Any = office.service.settings
    settings.oidc_account_claim = "email"
    office.run(add_staff, AddStaff(name="zhou@example.org", password="correct horse", roles=frozenset({"clerk"})))
    provider.person = {"email": "zhou@example.org"}
    browser = a_browser(office)
    refused(office, browser.get(sent_back(browser)), "单位账号没有登录成功")
    provider.person |= {"email_verified": True}
    assert browser.get(sent_back(browser)).status_code == 200


def test_an_ended_account_stays_ended(office: Bench) -> None:
    (account,) = (one for one in office.all(Staff) if one.name == "小周")
    office.run(end_staff, EndStaff(staff_id=account.id, by=new_id()))
    browser = a_browser(office)
    refused(office, browser.get(sent_back(browser)), "这里还没有您的工作人员账号")


def test_a_new_key_of_the_provider_is_known_at_once(office: Bench, provider: Provider) -> None:
    browser = a_browser(office)
    assert browser.get(sent_back(browser)).status_code == 200
    httpx2.post(f"{provider.issuer}/rotation")
    assert browser.get(sent_back(browser)).status_code == 200


def test_while_the_provider_is_down_staff_read_so_and_may_use_their_password(office: Bench, provider: Provider) -> None:
    browser = a_browser(office)
    back = sent_back(browser)
    httpx2.post(f"{provider.issuer}/faults", json={"down": {"probability": 1}})
    refused(office, browser.get(ROOT), "现在连不上", 503)
    refused(office, browser.get(back), "现在连不上", 503)
    assert 'name="password"' in browser.get("/registration/login/staff").text
    nobody = ClosedPort()
    settings: Any = office.service.settings
    settings.oidc_issuer = f"http://127.0.0.1:{nobody.number}"
    refused(office, browser.get(ROOT), "现在连不上", 503)
    nobody.release()


def test_the_way_back_is_open_only_to_the_browser_that_left_once_and_in_time(office: Bench) -> None:
    browser = a_browser(office)
    back = sent_back(browser)
    refused(office, a_browser(office).get(back), "单位账号没有登录成功")
    refused(office, browser.get(f"{ROOT}/callback?code=x&state=y"), "单位账号没有登录成功")
    refused(office, browser.get(back), "单位账号没有登录成功")
    late = sent_back(browser)
    office.at(timedelta(minutes=10))
    refused(office, browser.get(late), "单位账号没有登录成功")
    browser.cookies.set("jiamenkou_oidc", "nonsense", path=ROOT)
    refused(office, browser.get(f"{ROOT}/callback?code=x&state=y"), "单位账号没有登录成功")


def test_a_code_that_was_traded_is_good_for_nothing(office: Bench) -> None:
    browser = a_browser(office)
    back = sent_back(browser)
    kept = dict(browser.cookies)
    assert browser.get(back).status_code == 200
    again = a_browser(office)
    again.cookies.update({name: value for name, value in kept.items() if name == "jiamenkou_oidc"})
    assert again.get(back).status_code == 401
    assert len(office.all(LogIn)) == 1


def test_the_second_factor_is_given_here_unless_the_provider_sees_to_it(office: Bench) -> None:
    settings: Any = office.service.settings
    settings.second_factor_since = date(2021, 5, 1)
    browser = a_browser(office)
    asked = browser.get(sent_back(browser, "/registration/desk/calendar"))
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/registration/login/factor?half=")
    assert "%2Fregistration%2Fdesk%2Fcalendar" in asked.headers["location"]
    assert office.all(LogIn) == []
    settings.oidc_second_factor = True
    assert browser.get(sent_back(browser)).status_code == 200
    assert len(office.all(LogIn)) == 1


def test_wrong_passwords_of_others_keep_nobody_out_here(office: Bench) -> None:
    for _ in range(5):
        office.run(log_in_staff, LogInStaff(name="小周", password="guess"))
    browser = a_browser(office)
    assert browser.get(sent_back(browser)).status_code == 200


def test_nobody_is_led_to_another_site(office: Bench) -> None:
    browser = a_browser(office)
    assert "url=/registration/desk" in browser.get(sent_back(browser, "https://elsewhere.example/")).text


def test_the_provider_is_never_asked_while_a_transaction_is_open(office: Bench, provider: Provider) -> None:
    browser = a_browser(office)
    back = sent_back(browser)
    open_ones: list[Any] = []
    strikes = provider.faults.strikes

    def look(name: str) -> bool:
        if name == "down":
            sql = "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%%'"
            open_ones.append(office.query(sql))
        return strikes(name)

    provider.faults.strikes = look  # type: ignore[method-assign]
    try:
        assert browser.get(back).status_code == 200
    finally:
        del provider.faults.strikes
    assert open_ones == [[], [], []]


def test_without_the_setting_there_is_no_such_way_in(bench: Bench) -> None:
    browser: Any = bench.client(browser=True)
    assert "用单位账号登录" not in browser.get("/registration/login/staff").text
    assert browser.get(ROOT).status_code == 404
    assert browser.get(f"{ROOT}/callback?code=x&state=y").status_code == 404


def test_half_a_setting_is_refused_when_the_service_starts(tmp_path: Path) -> None:
    def settings(**given: Any) -> RegistrationSettings:
        return RegistrationSettings(database_url="postgresql://", **given)

    with pytest.raises(ValidationError, match="OIDC_CLIENT_ID"):
        settings(oidc_issuer="https://id.example")
    with pytest.raises(ValidationError, match="https"):
        settings(oidc_issuer="http://id.example", oidc_client_id="us")
    file = tmp_path / "secret"
    file.write_text("from a file\n", encoding="utf-8")
    whole = settings(oidc_issuer="https://id.example", oidc_client_id="us", oidc_client_secret_file=file)
    assert whole.oidc_secret() == "from a file"
    assert "hidden" not in repr(settings(oidc_client_secret="hidden"))
