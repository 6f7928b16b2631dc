"""Somebody writes, a person answers: threads, who sees to them, answers in own words, and who may read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.tables import Choice, Reply
from shared.auth import COOKIE, Principal, sign_session
from shared.contracts.notify import OptedIn, OptedOut, ThreadRead
from shared.crypto import Keyring
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, Place, messages
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import text_back

API = "/notify/api"
ME = UUID(int=71)


@pytest.fixture
def thread(bench: Bench, place: Place) -> str:
    """Ana asks something that no rule can read; the path of her thread."""
    bench.work()
    text_back(bench, "可以带孙子来吗")
    return f"{API}/inbox/{bench.all(Reply)[0].id}"


def limited(bench: Bench, **limits: frozenset[str]) -> Any:
    """A clerk whose account is limited."""
    client = bench.client(browser=False)
    principal = Principal(id=new_id(), kind="staff", name="测试", roles=frozenset({"clerk"}), limits=limits)
    client.cookies.set(COOKIE, sign_session(Keyring(bench.service.settings.keys, "registration"), principal))
    return client


def test_a_thread_shows_both_sides_in_order_and_the_person_may_know_who_read_it(bench: Bench, thread: str) -> None:
    told = bench.client("clerk", id=ME).get(thread).json()
    assert [(line["theirs"], line["words"][:7]) for line in told["lines"]] == [
        (False, "您已报名午间半"),
        (True, "可以带孙子来吗"),
    ]
    assert told["number"] == "138****8001"
    read = bench.query("SELECT body FROM outbox WHERE type = 'notify.thread_read'")
    assert len(read) == 1
    assert ThreadRead.model_validate(json.loads(read[0][0])["data"]) == ThreadRead(resident_id=ANA, staff_id=ME, role="clerk")


def test_an_answer_goes_out_once_and_deals_with_what_was_open(bench: Bench, thread: str, carrier: PocketCarrier) -> None:
    text_back(bench, "还有，要带水杯吗")
    clerk = bench.client("clerk", id=ME)
    assert [(it["open"], it["overdue"]) for it in clerk.get(f"{API}/inbox").json()] == [(2, False)]
    wish = {"words": " 可以带，请早十分钟到。 ", "asked": str(new_id())}
    first, second = clerk.post(f"{thread}/answer", json=wish), clerk.post(f"{thread}/answer", json=wish)
    assert (first.status_code, first.json()) == (201, second.json())
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[1:] == ["回复您：可以带，请早十分钟到。还有事请来电12345。"]
    assert clerk.get(f"{API}/inbox").json() == []
    assert [(reply.outcome, reply.handled_by) for reply in bench.all(Reply)] == [("answered", ME)] * 2
    assert [line["words"] for line in clerk.get(thread).json()["lines"]][
        -1
    ] == "回复您：可以带，请早十分钟到。还有事请来电12345。"


def test_who_wants_no_texts_is_answered_all_the_same(bench: Bench, thread: str, carrier: PocketCarrier) -> None:
    text_back(bench, "TD")
    answered = bench.client("clerk").post(f"{thread}/answer", json={"words": "可以带", "asked": str(new_id())})
    assert answered.status_code == 201
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("回复您：可以带")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "请写回复的话"), ("　 ", "请写回复的话"), ("字" * 101, "太长了"), ("打13800138009找我", "手机号"),
        ("看www.example.com", "网址"), ("您血压158偏高", "健康数据"), ("您的血糖来问问", "健康项目"), ("好的😀", "显示不了"),
        ("𠮷先生在", "显示不了"), ("不想收请回TD", "退订"), ("【街道】好", "方头括号"), ("{title}", ""),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_go_out_is_refused_with_what_to_change(bench: Bench, thread: str, words: str, says: str) -> None:
    answer = bench.client("clerk").post(f"{thread}/answer", json={"words": words, "asked": str(new_id())})
    if says:
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.json()
        assert messages(bench, "staff_answer") == []
    else:
        assert answer.status_code == 201, "braces are not a variable"


def test_one_colleague_at_a_time_sees_to_a_thread(bench: Bench, thread: str) -> None:
    me, other = bench.client("clerk", id=ME), bench.client("nurse")
    assert me.post(f"{thread}/take", json={}).status_code == 204
    assert other.post(f"{thread}/take", json={}).status_code == 409
    assert other.post(f"{thread}/answer", json={"words": "好", "asked": str(new_id())}).status_code == 409
    assert me.get(thread).json()["taken_by"] == str(ME)
    assert other.post(f"{thread}/take", json={"back": True}).status_code == 204
    assert other.post(f"{thread}/take", json={}).status_code == 204
    assert other.post(f"{thread}/close", json={"outcome": "called"}).status_code == 204
    assert me.post(f"{thread}/take", json={}).status_code == 409


def test_a_new_text_comes_to_whoever_sees_to_the_thread(bench: Bench, thread: str) -> None:
    bench.client("clerk", id=ME).post(f"{thread}/take", json={})
    text_back(bench, "还有，几点结束")
    assert {reply.taken_by for reply in bench.all(Reply)} == {ME}


def test_who_waited_for_hours_is_marked(bench: Bench, thread: str) -> None:
    bench.at(timedelta(hours=4, minutes=1))
    assert [it["overdue"] for it in bench.client("clerk").get(f"{API}/inbox").json()] == [True]
    assert "等久了" in bench.client("clerk", browser=True).get("/notify/messages/inbox").text


def test_a_strangers_thread_can_be_closed_and_not_answered(bench: Bench) -> None:
    text_back(bench, "你们是谁", phone="13900139000")
    path, clerk = f"{API}/inbox/{bench.all(Reply)[0].id}", bench.client("clerk")
    refused = clerk.post(f"{path}/answer", json={"words": "您好", "asked": str(new_id())})
    assert (refused.status_code, "打电话" in refused.json()["detail"]) == (422, True)
    assert clerk.post(f"{path}/close", json={"outcome": "nothing_to_do"}).status_code == 204
    assert clerk.get(f"{API}/inbox/{new_id()}").status_code == 404


def test_only_those_who_may_read_texts_open_threads_and_only_inside_their_limits(bench: Bench, thread: str) -> None:
    assert bench.client("operator").get(thread).status_code == 403
    assert bench.client("resident", id=ANA).get(thread).status_code == 403
    assert limited(bench, street=frozenset({"310101020"})).get(thread).status_code == 403
    assert limited(bench, street=frozenset({"310101020"})).get(f"{API}/inbox").json() == []
    here = limited(bench, street=frozenset({"310101019"}))
    assert here.get(thread).status_code == 200
    assert "138****8001" in here.get("/notify/messages").text
    assert "138****8001" not in limited(bench, street=frozenset({"310101020"})).get("/notify/messages").text
    assert len(here.get(f"{API}/inbox").json()) == 1


def test_frequent_answers_are_kept_checked_and_ended(bench: Bench, thread: str, carrier: PocketCarrier) -> None:
    clerk = bench.client("clerk")
    made = clerk.post(f"{API}/answers", json={"words": "请带身份证"})
    assert made.status_code == 201
    assert clerk.post(f"{API}/answers", json={"words": "请带身份证"}).status_code == 409
    assert clerk.post(f"{API}/answers", json={"words": "打13800138009"}).status_code == 422
    page = bench.client("clerk", browser=True)
    assert "请带身份证" in page.get(thread.replace("/api", "/messages")).text
    assert clerk.delete(f"{API}/answers/{made.json()['id']}").status_code == 204
    assert clerk.delete(f"{API}/answers/{made.json()['id']}").status_code == 404
    assert clerk.get(f"{API}/answers").json() == []


def test_the_page_of_a_thread_answers_and_says_what_is_wrong(bench: Bench, thread: str, carrier: PocketCarrier) -> None:
    clerk, path = bench.client("clerk", browser=True), thread.replace("/api", "/messages")
    wrong = clerk.post(path, data={"act": "answer", "words": "打13800138009", "asked": str(new_id())})
    assert wrong.status_code == 422
    assert "短信里不能写个人手机号" in wrong.text
    assert ">打13800138009</textarea>" in wrong.text
    assert clerk.post(path, data={"act": "close"}).status_code == 422
    assert clerk.post(path, data={"act": "answer", "words": "可以带", "asked": str(new_id())}).status_code == 303
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("回复您：可以带")


def test_the_staff_desk_writes_down_what_somebody_wants(bench: Bench, thread: str) -> None:
    clerk, path = bench.client("clerk", id=ME), f"{API}/people/{ANA}/choices"
    assert clerk.get(path).json()["wanted"] == {"service": True, "promotion": False, "calls": True}
    wish = {"category": "service", "wanted": False, "why": "女儿打电话来说的"}
    told = clerk.post(path, json=wish).json()
    assert told["wanted"]["service"] is False
    assert [(line["channel"], line["proof"], line["why"]) for line in told["ledger"]] == [("staff", str(ME), "女儿打电话来说的")]
    assert clerk.post(path, json=wish).json()["ledger"] == told["ledger"]
    assert clerk.post(path, json=wish | {"why": "x"}).status_code == 422
    assert clerk.get(f"{API}/people/{new_id()}/choices").status_code == 404
    page = bench.client("clerk", browser=True)
    form = {"category": "promotion", "wanted": "true", "why": ""}
    assert "请写明本人是怎么说的" in page.post(f"/notify/messages/people/{ANA}", data=form).text
    assert page.post(f"/notify/messages/people/{ANA}", data=form | {"why": "当面说的"}).status_code == 303
    assert "女儿打电话来说的" in page.get(f"/notify/messages/people/{ANA}").text
    told_types = [row[0] for row in bench.query("SELECT type FROM outbox WHERE type LIKE 'notify.opted%%' ORDER BY seq")]
    assert told_types == [OptedOut.type, OptedIn.type]
    assert [bench.service.keys.decrypt(row.why, "choice.why") for row in bench.all(Choice)] == ["女儿打电话来说的", "当面说的"]
