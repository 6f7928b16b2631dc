"""Wordings have versions, and a version is used once it is approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify.domain import texts
from services.notify.features.approve_template import Approve, approve_template
from services.notify.features.wordings import Wordings, wordings
from services.notify.features.write_template import WriteTemplate, write_template
from services.notify.tables import Approval, Template
from shared.testing import Bench
from tests.notify.conftest import ANAS_PHONE, Place, the
from tests.notify.phones import PocketCarrier

API = "/notify/api/templates"
EDITOR = UUID(int=77)
SHORTER = "您已报名{title}，{when}，{place}。"
CUP = {"name": "notice.bring_cup", "category": "service", "words": "{when}的{title}，请自带水杯，{place}。"}


def a_version(bench: Bench, name: str = "place_confirmed", words: str = SHORTER) -> Template:
    """A draft by the editor."""
    return bench.run(write_template, WriteTemplate(name=name, category="service", words=words, written_by=EDITOR))


def step(bench: Bench, template: Template, body: str, state: Any, **more: str) -> None:
    """A step of the version's approval."""
    bench.run(approve_template, Approve(template_id=template.id, body=body, state=state, staff_id=EDITOR, **more))


def in_force(bench: Bench) -> Wordings:
    """The wordings in force."""
    with bench.service.begin() as unit:
        return wordings(unit)


def used(bench: Bench, name: str = "place_confirmed") -> tuple[int, str]:
    """The version that a carrier that takes any text is given, with its words."""
    wording = in_force(bench).of(name, "pocket")
    assert wording is not None
    return wording.version, wording.words


def test_a_draft_is_not_used_until_it_is_approved(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.tick()
    template = a_version(bench)
    assert template.version == 2
    assert used(bench)[0] == 1
    step(bench, template, "house", "approved")
    bench.work()
    assert carrier.phones.on(ANAS_PHONE) == ["您已报名午间半小时“小伤口”，5月12日（周三）12:00，庄家街51弄1号社区食堂。"]
    assert the(bench, "place_confirmed").template_version == 2


def test_a_text_keeps_the_version_it_was_sent_in(bench: Bench, place: Place) -> None:
    bench.tick()
    bench.work()
    step(bench, a_version(bench), "house", "approved")
    assert the(bench, "place_confirmed").template_version == 1


def test_a_text_without_an_approved_wording_waits_for_one(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.tick()
    first = next(template for template in bench.all(Template) if template.name == "place_confirmed")
    step(bench, first, "house", "rejected", reason="签名不对")
    bench.work()
    message = the(bench, "place_confirmed")
    assert (message.state, message.held_for, message.attempts) == ("planned", "template", 0)
    step(bench, a_version(bench), "house", "approved")
    bench.at(timedelta(minutes=10))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def test_a_carrier_that_checks_templates_is_given_only_what_it_approved(bench: Bench) -> None:
    bench.tick()
    facts = texts.example_of("place_confirmed")
    assert in_force(bench).word("place_confirmed", facts, texts.EXAMPLE_NOW, "aliyun") is None
    template = a_version(bench)
    step(bench, template, "aliyun", "submitted")
    assert in_force(bench).word("place_confirmed", facts, texts.EXAMPLE_NOW, "aliyun") is None
    step(bench, template, "aliyun", "approved", code="SMS_220001")
    worded = in_force(bench).word("place_confirmed", facts, texts.EXAMPLE_NOW, "aliyun")
    assert worded is not None
    assert (worded.code, worded.version, list(worded.values)) == ("SMS_220001", 2, ["title", "when", "place"])
    assert in_force(bench).word("place_confirmed", facts, texts.EXAMPLE_NOW, "tencent") is None


def test_the_newest_approved_version_is_used_and_the_one_before_when_it_is_withdrawn(bench: Bench) -> None:
    bench.tick()
    second, third = a_version(bench), a_version(bench, words="报好了：{title}，{when}，{place}。")
    step(bench, third, "house", "approved")
    step(bench, second, "house", "approved")
    assert used(bench)[0] == 3
    step(bench, third, "house", "rejected", reason="太生硬")
    assert used(bench)[0] == 2


def test_the_products_wordings_are_installed_once_and_leave_the_staffs_in_force(bench: Bench) -> None:
    bench.tick()
    bench.tick()
    assert len(bench.all(Template)) == len(texts.TEMPLATES)
    step(bench, a_version(bench), "house", "approved")
    bench.query("UPDATE template SET words = 'an older wording' WHERE written_by IS NULL RETURNING 1")
    bench.tick()
    newest = {template.name: template.version for template in sorted(bench.all(Template), key=lambda it: it.version)}
    assert newest["place_confirmed"] == 3
    assert used(bench)[1] == SHORTER
    assert used(bench, "place_waitlisted")[0] == 2


def test_a_wording_is_written_checked_and_approved_through_the_interface(bench: Bench) -> None:
    client = bench.client("editor")
    look = client.post(f"{API}/check", json=CUP).json()
    assert look["text"].startswith("【老西门街道】10月20日（周三）12:00的午间半小时，请自带水杯")
    assert (look["parts"], look["cost"], look["findings"]) == (1, "0.045", [])
    made = client.post(API, json=CUP)
    assert made.status_code == 201
    assert made.json()["approvals"] == [{"body": "house", "state": "draft", "code": "", "reason": ""}]
    done = client.post(f"{API}/{made.json()['id']}/approvals", json={"body": "house", "state": "approved"})
    assert done.json()["state"] == "approved"
    assert [entry["name"] for entry in client.get(API).json()][-1] == "notice.bring_cup"


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no purpose of that name": (CUP | {"name": "birthday"}, 422, "unknown_purpose"),
    "a variant there is not": (CUP | {"name": "place_confirmed.funny"}, 422, "unknown_purpose"),
    "a notice named in Chinese": (CUP | {"name": "notice.水杯"}, 422, "unknown_purpose"),
    "another category": (CUP | {"name": "reminder_day", "category": "promotion"}, 422, "not_its_category"),
    "a category for codes": (CUP | {"category": "code"}, 422, "not_its_category"),
    "a category there is not": (CUP | {"category": "fun"}, 422, "invalid"),
    "an emoji": (CUP | {"words": "{title}照常😀"}, 422, "not_worded_well"),
    "no words": (CUP | {"words": "  "}, 422, "not_worded_well"),
    "too many words": (CUP | {"words": "字" * 1001}, 422, "invalid"),
    "a character no database keeps": (CUP | {"words": "台\0风"}, 422, "not_worded_well"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wording_that_cannot_be_is_refused_with_what_to_do(bench: Bench, case: str) -> None:
    body, status, code = BAD[case]
    answer = bench.client("editor").post(API, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert any("\u4e00" <= mark <= "\u9fff" for mark in answer.json()["detail"])
    assert bench.all(Template) == []


STEPS: dict[str, tuple[dict[str, Any], int, str]] = {
    "a carrier there is not": ({"body": "pigeon", "state": "submitted"}, 422, "unknown_body"),
    "approved before it was submitted": ({"body": "aliyun", "state": "approved", "code": "SMS_1"}, 409, "not_the_next_step"),
    "back to a draft": ({"body": "house", "state": "draft"}, 409, "not_the_next_step"),
}


@pytest.mark.parametrize("case", STEPS)
def test_an_approval_goes_step_by_step(bench: Bench, case: str) -> None:
    template = a_version(bench)
    body, status, code = STEPS[case]
    answer = bench.client("operator").post(f"{API}/{template.id}/approvals", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [approval.state for approval in bench.all(Approval)] == ["draft"]


def test_an_approval_brings_its_code_and_a_rejection_its_reason(bench: Bench) -> None:
    template = a_version(bench)
    client = bench.client("operator")
    path = f"{API}/{template.id}/approvals"
    assert client.post(path, json={"body": "tencent", "state": "submitted"}).status_code == 200
    for state, code in (("approved", "code_missing"), ("rejected", "reason_missing")):
        answer = client.post(path, json={"body": "tencent", "state": state, "code": " ", "reason": " "})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    unknown = client.post(f"{API}/{uuid4()}/approvals", json={"body": "house", "state": "approved"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("role", ["clerk", "nurse"])
def test_others_read_wordings_and_leave_them_as_they_are(bench: Bench, role: str) -> None:
    client = bench.client(role)
    assert client.get(API).status_code == 200
    assert client.post(API, json=CUP).status_code == 403
    assert bench.client("resident").get(API).status_code == 403
    assert bench.client().get(API).status_code == 401


def test_the_page_shows_a_draft_as_it_arrives_and_keeps_it_with_one_button(bench: Bench) -> None:
    page = bench.client("editor", browser=True)
    path = "/notify/messages/templates/new"
    form = {"variant": "bring_cup", "category": "service", "words": "{title}照常★，{place}"}
    looked = page.post(path, data=form | {"act": "check"})
    assert looked.status_code == 200
    assert "这些字符有的手机显示不出，请换掉：★" in looked.text
    refused = page.post(path, data=form | {"act": "save"})
    assert refused.status_code == 422
    assert "{title}照常★，{place}" in refused.text
    assert bench.all(Template) == []
    kept = page.post(path, data=form | {"words": CUP["words"], "act": "save"})
    assert (kept.status_code, kept.headers["location"]) == (303, "/notify/messages/templates/notice.bring_cup")
    assert "请自带水杯" in page.get(kept.headers["location"]).text


def test_a_version_is_approved_on_its_page(bench: Bench) -> None:
    template = a_version(bench)
    page = bench.client("editor", browser=True)
    path = "/notify/messages/templates/place_confirmed"
    form = {"template_id": str(template.id), "body": "house", "state": "approved"}
    assert page.post(f"{path}/approval", data=form).status_code == 303
    again = page.post(f"{path}/approval", data=form)
    assert again.status_code == 409
    assert "请刷新再看" in again.text
    assert "在用" in page.get("/notify/messages/templates").text


def test_a_wording_there_is_not_is_told_so(bench: Bench) -> None:
    answer = bench.client("editor", browser=True).get("/notify/messages/templates/birthday")
    assert answer.status_code == 404
    assert "请从模板列表里选" in answer.text


@pytest.mark.parametrize("path", ["", "/new", "/notice.early"])
def test_the_pages_of_wordings_speak_english_too(bench: Bench, path: str) -> None:
    bench.tick()
    client = bench.client("editor", browser=True)
    client.cookies.set("view-language", "en")
    assert "Wordings" in client.get(f"/notify/messages/templates{path}").text
