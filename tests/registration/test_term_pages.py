"""A whole term is signed up for on one page, by the person, by who cares for them, and at the desk for who calls."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from services.registration.tables import AccessNote, Programme, Registration, Resident
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, the_noon_half_hour, with_rules
from tests.registration.test_enrol import a_term
from tests.registration.test_place_pages import a_carer_of, browser

WEEK = timedelta(days=7)


def term_path(programme: Programme, desk: bool = False) -> str:
    return f"/registration/{'desk/' if desk else ''}programmes/{programme.id}/term"


def words_of(page: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", page))


def states(bench: Bench, resident: Resident) -> list[str]:
    return sorted(each.state for each in bench.all(Registration) if each.resident_id == resident.id)


def after(client: Any, answer: Any) -> str:
    assert answer.status_code == 303
    shown = client.get(answer.headers["location"])
    assert shown.status_code == 200
    return words_of(shown.text)


def test_three_taps_from_the_programme_and_each_date_says_what_came_of_it(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    sign_up(bench, a_session(bench, programme=programme, starts_at=WEDNESDAY + 3 * WEEK), me)
    bench.at(timedelta(minutes=1))
    client = browser(bench, me)
    assert f'href="{term_path(programme)}"' in client.get(f"/registration/programmes/{programme.id}").text
    assert "3场都报名" in words_of(client.get(term_path(programme)).text)
    shown = after(client, client.post(term_path(programme), data={"act": "enrol"}))
    for words in ("报好了", "2场有名额", "1场满了，先候补", "候补第1位", "1场本来就报了，没有改动", "4场都退掉"):
        assert words in shown
    assert states(bench, me) == ["confirmed"] * 3 + ["waitlisted"]
    assert "这一期都报好了" in words_of(client.get(term_path(programme)).text)


def test_a_term_is_left_in_one_go_and_the_next_neighbours_get_the_places(bench: Bench) -> None:
    programme, me = the_noon_half_hour(bench), a_resident(bench)
    session = a_session(bench, programme=programme, capacity=1)
    a_session(bench, programme=programme, starts_at=WEDNESDAY + WEEK)
    client = browser(bench, me)
    client.post(term_path(programme))
    neighbour = sign_up(bench, session)
    shown = after(client, client.post(term_path(programme), data={"act": "leave"}))
    assert "都退掉了" in shown
    assert "2场都报名" in shown
    assert (states(bench, me), bench.get(Registration, neighbour.id).state) == (["cancelled"] * 2, "offered")
    nothing = client.post(term_path(programme), data={"act": "leave"})
    assert (nothing.status_code, "没有可以退的名额" in nothing.text) == (409, True)


def test_only_some_of_the_dates_can_be_taken(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    client, days = browser(bench, me), {"since": "2021-05-13", "until": "2021-05-19"}
    assert "1场都报名" in words_of(client.get(term_path(programme), params=days).text)
    assert "1场满了，先候补" in after(client, client.post(term_path(programme), data=days))
    assert states(bench, me) == ["waitlisted"]


def test_a_carer_signs_up_for_an_elder_who_reads_it_in_their_log(bench: Bench) -> None:
    programme, elder = a_term(bench), a_resident(bench, "王秀珍")
    carer = a_carer_of(bench, elder)
    client = browser(bench, carer)
    assert "王秀珍" in client.get(term_path(programme)).text
    shown = after(client, client.post(term_path(programme), data={"who": str(elder.id)}))
    assert "王秀珍的场次" in shown
    assert {each.acted_by for each in bench.all(Registration) if each.resident_id == elder.id} == {carer.id}
    assert [note.action for note in bench.all(AccessNote)] == ["signed_up"]
    assert states(bench, carer) == []
    stranger = browser(bench, a_resident(bench))
    for answer in (
        stranger.get(term_path(programme), params={"who": str(elder.id)}),
        stranger.post(term_path(programme), data={"who": str(elder.id), "act": "leave"}),
        stranger.get(term_path(programme), params={"who": str(new_id())}),
    ):
        assert (answer.status_code, "您只能给自己，或您照顾的家人报名" in answer.text) == (404, True)


def test_at_the_desk_somebody_who_calls_is_found_by_phone_and_signed_up(bench: Bench) -> None:
    programme, caller = a_term(bench), a_resident(bench, "张𠮷", phone="13912345678")
    clerk, path = bench.client("clerk", browser=True), term_path(programme, desk=True)
    assert "手机号" in clerk.get(path).text
    unknown = clerk.post(path, data={"phone": "13900000000"})
    assert (unknown.status_code, "没有找到这个手机号" in unknown.text) == (422, True)
    found = clerk.post(path, data={"phone": "139 1234 5678"})
    assert "3场都报名" in after(clerk, found)
    shown = after(clerk, clerk.post(path, data={"who": str(caller.id)}))
    assert "2场有名额" in shown
    assert "都退掉了" in after(clerk, clerk.post(path, data={"who": str(caller.id), "act": "leave"}))
    assert clerk.get(path, params={"who": str(new_id())}).status_code == 404
    assert path in clerk.get(f"/registration/residents/{caller.id}").text
    assert browser(bench, caller).get(path).status_code == 403


def test_whom_the_rules_leave_out_is_told_before_they_tap(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench, birth_year=2001)
    bench.query("UPDATE programme SET audience = '{\"age_from\": 60}' WHERE id = %s RETURNING id", (programme.id,))
    shown = words_of(browser(bench, me).get(term_path(programme)).text)
    assert "这个活动有年龄或街道的要求" in shown
    assert "都报名" not in shown


def test_what_has_not_opened_says_when_and_does_not_keep_from_the_rest(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    last = a_session(bench, programme=programme, starts_at=WEDNESDAY + 3 * WEEK)
    with_rules(bench, last, opens_at=WEDNESDAY)
    client = browser(bench, me)
    shown = after(client, client.post(term_path(programme)))
    assert "1场没有报上，原因写在下面" in shown
    assert re.search(r"5月12日.{0,8}12:00开始报名", shown)
    assert states(bench, me) == ["confirmed", "confirmed", "waitlisted"]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"since": "2021-06-01", "until": "2021-05-01"}, "最后一天不能早于第一天"),
        ({"since": "昨天"}, "日子要写成"),
        ({"since": "2022-01-01"}, "这段时间里没有可以报名的场次"),
    ],
)
def test_days_that_cannot_be_are_answered_in_a_sentence_and_leave_nothing(bench: Bench, days: dict[str, str], words: str) -> None:
    programme, me = a_term(bench), a_resident(bench)
    answer = browser(bench, me).post(term_path(programme), data=days)
    assert (answer.status_code // 100, words in answer.text) == (4, True)
    if words.startswith(("最后", "日子")):
        shown = browser(bench, me).get(term_path(programme), params=days)
        assert (shown.status_code, words in shown.text) == (422, True)
    assert states(bench, me) == []


@pytest.mark.parametrize("wish", [{"party": "0"}, {"party": "两个"}, {"mode": "moon"}, {"act": "🚀"}])
def test_a_wish_that_no_form_makes_is_refused(bench: Bench, wish: dict[str, str]) -> None:
    programme, me = a_term(bench), a_resident(bench)
    assert browser(bench, me).post(term_path(programme), data=wish).status_code == 422
    assert browser(bench, me).post(f"/registration/programmes/{new_id()}/term").status_code == 404
    assert states(bench, me) == []


def test_the_term_speaks_english_too(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    client = browser(bench, me)
    client.cookies.set("view-language", "en")
    assert "Sign up for all 3 dates" in client.get(term_path(programme)).text
