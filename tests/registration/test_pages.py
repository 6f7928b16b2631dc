"""The pages: three taps to a place, in words that say what happened; staff see their desk, others do not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.live_room import OpenLivestream, open_livestream
from services.registration.tables import Registration, Resident
from shared.auth import COOKIE
from shared.contracts.registration import LoginCodeRequested
from shared.crypto import Keyring
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import (
    STREET,
    WEDNESDAY,
    a_livestream,
    a_resident,
    a_session,
    sign_up,
    state_of,
    the_noon_half_hour,
)

HOME = "/registration/"


def browser(bench: Bench, resident: Resident | None = None) -> Any:
    return bench.client("resident", id=resident.id, browser=True) if resident else bench.client(browser=True)


def staff(bench: Bench) -> Any:
    return bench.client("clerk", browser=True)


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', page)


def test_a_place_is_three_taps_away(bench: Bench) -> None:
    session, me = a_session(bench), a_resident(bench)
    client = browser(bench, me)
    path = f"/registration/sessions/{session.id}"
    assert path in links(client.get(HOME).text)
    assert "我要报名" in client.get(path).text
    signed = client.post(path)
    assert signed.status_code == 303
    ticket = client.get(signed.headers["location"]).text
    assert "报上名了" in ticket
    assert "<svg" in ticket
    assert signed.headers["location"].removesuffix("?new") in links(client.get("/registration/mine").text)


def test_pressing_twice_leads_to_the_ticket_one_has(bench: Bench) -> None:
    session, me = a_session(bench), a_resident(bench)
    client = browser(bench, me)
    first, second = (client.post(f"/registration/sessions/{session.id}").headers["location"] for _ in range(2))
    assert first == f"{second}?new"


def test_who_waits_sees_their_place_in_line_and_may_stop_waiting(bench: Bench) -> None:
    session, me = a_session(bench, capacity=1), a_resident(bench)
    sign_up(bench, session)
    client = browser(bench, me)
    assert "我要候补" in client.get(f"/registration/sessions/{session.id}").text
    ticket = client.post(f"/registration/sessions/{session.id}").headers["location"].removesuffix("?new")
    assert "候补，第 1 位" in client.get(ticket).text
    assert client.post(ticket).status_code == 303
    assert "名额已经退了" in client.get(ticket).text


def test_somebody_elses_ticket_is_not_found(bench: Bench) -> None:
    theirs = sign_up(bench, a_session(bench))
    client = browser(bench, a_resident(bench))
    assert client.get(f"/registration/mine/{theirs.id}").status_code == 404
    assert client.post(f"/registration/mine/{theirs.id}").status_code == 404
    assert state_of(bench, theirs) == "confirmed"


def test_strangers_are_led_to_the_log_in_and_back(bench: Bench) -> None:
    session = a_session(bench)
    page = browser(bench).get(f"/registration/sessions/{session.id}").text
    assert f"/registration/login?next=/registration/sessions/{session.id}" in links(page)


def test_a_resident_logs_in_by_text_and_goes_on_where_they_were(bench: Bench) -> None:
    a_resident(bench, phone="13800138000")
    client = browser(bench)
    asked = client.post("/registration/login?next=/registration/mine", data={"phone": "138 0013 8000"})
    assert asked.status_code == 303
    ((told,),) = bench.query("SELECT body FROM outbox WHERE type = %s", (LoginCodeRequested.type,))
    code = Keyring(bench.service.settings.keys, "notify").unseal(json.loads(told)["data"]["code"])
    form = asked.headers["location"]
    wrong = client.post(form, data={"code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, COOKIE in client.cookies) == (401, False)
    assert "验证码不对" in wrong.text
    right = client.post(form, data={"code": code})
    assert right.headers["location"] == "/registration/mine"
    assert "我的名额" in client.get("/registration/mine").text
    client.post("/registration/logout")
    assert client.get("/registration/mine").status_code == 401


def test_the_log_in_says_what_is_wrong_with_a_number_and_leads_nowhere_else(bench: Bench) -> None:
    client = browser(bench)
    wrong = client.post("/registration/login", data={"phone": "63281234"})
    assert wrong.status_code == 422
    assert "11位数字" in wrong.text
    asked = client.post("/registration/login?next=https://example.org/", data={"phone": "13800138000"})
    assert asked.headers["location"].endswith("next=%2Fregistration%2F")


def test_staff_log_in_with_the_demo_accounts_that_the_page_names(bench: Bench) -> None:
    client = browser(bench)
    assert "jiamenkou" in client.get("/registration/login/staff").text
    refused = client.post("/registration/login/staff", data={"name": "clerk", "password": "guess"})
    assert (refused.status_code, "账号或密码不对" in refused.text) == (401, True)
    right = client.post("/registration/login/staff", data={"name": "clerk", "password": "jiamenkou"})
    assert right.headers["location"] == "/registration/desk"


def test_consents_are_switches(bench: Bench) -> None:
    client = browser(bench, a_resident(bench, consents=frozenset({"texts"})))
    assert client.get("/registration/consents").text.count("已同意") == 1
    client.post("/registration/consents", data={"purpose": "texts", "given": "false"})
    assert client.get("/registration/consents").text.count("已同意") == 0


STAFF_PAGES = ["desk", "desk/sessions/{session}", "desk/programmes", "desk/programmes/{programme}", "residents", "residents/new"]


@pytest.mark.parametrize("page", STAFF_PAGES)
def test_staff_pages_open_for_staff_and_for_nobody_else(bench: Bench, page: str) -> None:
    session = a_session(bench)
    path = f"/registration/{page.format(session=session.id, programme=session.programme_id)}"
    assert staff(bench).get(path).status_code == 200
    assert browser(bench).get(path).status_code == 401
    assert browser(bench, a_resident(bench)).get(path).status_code == 403


@pytest.mark.parametrize("page", ["", "sessions", "sessions/{session}", "mine", "login", "login/staff", "live/{live}"])
def test_residents_pages_speak_both_languages(bench: Bench, page: str) -> None:
    session, live, me = a_session(bench), a_livestream(bench), a_resident(bench)
    sign_up(bench, session, me)
    bench.run(open_livestream, OpenLivestream(session_id=live.id))
    client = browser(bench, me)
    path = f"/registration/{page.format(session=session.id, live=live.id)}"
    assert client.get(path).status_code == 200
    client.cookies.set("view-language", "en")
    english = client.get(path)
    assert english.status_code == 200
    assert 'lang="en"' in english.text


def test_a_roster_checks_in_with_a_tap_from_the_day_on(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    path = f"/registration/desk/sessions/{session.id}"
    clerk = staff(bench)
    assert "签到</button>" not in clerk.get(path).text
    bench.at(WEDNESDAY)
    assert "签到</button>" in clerk.get(path).text
    tapped = clerk.post(f"{path}/check-in", data={"registration_id": str(registration.id)})
    assert tapped.headers["location"].endswith(f"#{registration.id}")
    assert "已到 12:00" in clerk.get(path).text
    clerk.post(f"{path}/hold")
    assert "已收场" in clerk.get(path).text


def test_a_walk_in_is_found_by_number_and_let_in_when_staff_say_so(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    sign_up(bench, session)
    a_resident(bench, phone="13800138000")
    bench.at(WEDNESDAY)
    clerk, path = staff(bench), f"/registration/desk/sessions/{session.id}"
    full = clerk.post(path, data={"phone": "13800138000", "at_the_door": "true"})
    assert (full.status_code, "名额已满" in full.text) == (422, True)
    assert clerk.post(path, data={"phone": "13800138000", "at_the_door": "true", "force": "true"}).status_code == 303
    unknown = clerk.post(path, data={"phone": "13900139000", "at_the_door": "true"})
    assert "没有找到这个手机号" in unknown.text
    assert [row.state for row in bench.all(Registration)] == ["confirmed", "extra"]


def test_staff_register_a_resident_whom_lists_show_masked(bench: Bench) -> None:
    clerk = staff(bench)
    form = {"name": "王秀珍", "phone": "13800138000", "street": STREET, "birth_year": "1947", "consents": ["texts"]}
    assert clerk.post("/registration/residents/new", data=form).status_code == 303
    shown = clerk.get("/registration/residents").text
    assert "王**" in shown
    assert "138****8000" in shown
    assert "秀珍" not in shown
    again = clerk.post("/registration/residents/new", data=form)
    assert (again.status_code, "已经登记过" in again.text) == (409, True)
    wrong = clerk.post("/registration/residents/new", data=form | {"phone": "12345", "name": ""})
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 2)
    assert 'value="12345"' in wrong.text


def test_staff_open_a_programme_and_schedule_its_next_topic(bench: Bench) -> None:
    clerk = staff(bench)
    form = {"kind": "series", "title": "午间半小时", "organiser": "红十字会", "place": "食堂", "topics": "小伤口\n黄金四分钟"}
    programme = clerk.post("/registration/desk/programmes", data=form).headers["location"]
    times = {"day": "2021-05-12", "begins": "12:00", "ends": "12:30", "capacity": "20"}
    session = clerk.post(programme, data=times).headers["location"]
    assert "小伤口" in clerk.get(session).text
    backwards = clerk.post(programme, data=times | {"ends": "11:00"})
    assert (backwards.status_code, "结束时间要晚于" in backwards.text) == (422, True)
    assert clerk.post(programme, data=times | {"begins": "noon"}).status_code == 422


def test_a_called_off_session_says_why(bench: Bench) -> None:
    session, me = a_session(bench), a_resident(bench)
    sign_up(bench, session, me)
    clerk = staff(bench)
    path = f"/registration/desk/sessions/{session.id}/cancel"
    assert clerk.post(path, data={"reason": ""}).status_code == 422
    clerk.post(path, data={"reason": "venue", "words": "食堂检修"})
    client = browser(bench, me)
    assert "食堂检修" in client.get(f"/registration/sessions/{session.id}").text
    assert "食堂检修" in client.get("/registration/mine").text


def test_who_has_come_is_told_so(bench: Bench) -> None:
    me = a_resident(bench)
    registration = sign_up(bench, a_session(bench), me)
    bench.at(WEDNESDAY)
    bench.run(check_in, CheckIn(registration_id=registration.id))
    page = browser(bench, me).get(f"/registration/mine/{registration.id}").text
    assert "已签到" in page
    assert "退掉这个名额" not in page


def test_the_live_room_works_without_script(bench: Bench) -> None:
    session = a_livestream(bench)
    path = f"/registration/live/{session.id}"
    client = browser(bench)
    assert "到时候再打开" in client.get(path).text
    clerk = bench.client("clerk", browser=True, elsewhere=True)
    with client, clerk:
        clerk.post(f"/registration/desk/sessions/{session.id}/open-room")
        assert "直播中" in client.get(path).text
        assert client.post(path, data={"words": ""}).status_code == 422
        assert client.post(path, data={"words": "还招人吗？"}).status_code == 303
        assert client.post(f"{path}/reaction").status_code == 303
        shown = client.get(path).text
        assert "还招人吗？" in shown
        assert 'id="live-reactions">1<' in shown
        clerk.post(f"/registration/desk/sessions/{session.id}/close-room")
        assert "直播结束了" in client.get(path).text


def test_a_page_that_is_not_there_says_so(bench: Bench) -> None:
    the_noon_half_hour(bench)
    assert browser(bench).get(f"/registration/sessions/{new_id()}").status_code == 404
