"""A message to many is looked at first, and then sent once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify.features.approve_template import Approve, approve_template
from services.notify.features.choose import Choose, choose
from services.notify.features.confirm_bulk import plan_bulk
from services.notify.features.write_template import WriteTemplate, write_template
from services.notify.tables import Bulk, BulkRow, Message
from shared.auth import COOKIE, Principal, sign_session
from shared.contracts.registration import ErasureRequested, ResidentRegistered
from shared.event import new_id
from shared.jobs import Begin
from shared.testing import Bench
from tests.notify.conftest import NOON, Story, messages
from tests.notify.phones import Crash, PocketCarrier
from tests.notify.test_sending import dying_at

API = "/notify/api/bulks"
SESSION = UUID(int=500)
PAPERS = "5月12日（周三）12:00的午间半小时“小伤口”，请带好身份证或社保卡，庄家街51弄1号社区食堂。不清楚的请来电12345。"


def person(number: int) -> UUID:
    """A resident of the street."""
    return UUID(int=1000 + number)


def phone(number: int) -> str:
    """Their number."""
    return f"139{number:08}"


@pytest.fixture
def crowd(bench: Bench, story: Story) -> list[UUID]:
    """Five people with places in one session, whose confirmations have gone."""
    people = [person(number) for number in range(5)]
    bench.hear(
        *(story.resident(resident, phone(number)) for number, resident in enumerate(people)),
        story.session(SESSION),
        *(story.confirmed(new_id(), SESSION, resident) for resident in people),
    )
    bench.work()
    return people


def try_out(bench: Bench, **wish: Any) -> dict[str, Any]:
    """A dry run to the session."""
    answer = bench.client("clerk").post(API, json={"session_id": str(SESSION), "template": "notice.papers"} | wish)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def send(bench: Bench, found: dict[str, Any], *, step: str = "send") -> Any:
    """Its confirmation."""
    return bench.client("clerk").post(f"{API}/{found['id']}/{step}", json={"token": found["token"]} if step == "send" else None)


def received(carrier: PocketCarrier) -> list[int]:
    """How many notices are on each phone."""
    return [sum("社保卡" in text for text in carrier.phones.on(phone(number))) for number in range(5)]


def test_a_dry_run_says_who_gets_it_and_what_it_costs_and_sends_nothing(
    bench: Bench, crowd: list[UUID], carrier: PocketCarrier
) -> None:
    found = try_out(bench)
    assert (found["going"], found["skipped"], found["parts"], found["cost"]) == (5, {}, 5, "0.225")
    assert bench.work() == 0
    assert received(carrier) == [0] * 5
    assert messages(bench, "notice") == []


def test_what_a_dry_run_found_is_sent_once_however_often_it_is_confirmed(
    bench: Bench, crowd: list[UUID], carrier: PocketCarrier
) -> None:
    found = try_out(bench)
    assert [send(bench, found).status_code for _ in range(3)] == [200, 200, 200]
    bench.work()
    send(bench, found)
    bench.work()
    assert received(carrier) == [1] * 5
    assert carrier.phones.on(phone(0))[-1] == PAPERS
    progress = bench.client("clerk").get(f"{API}/{found['id']}").json()
    assert progress["states"] == {"accepted": 5}
    assert {message.batch_id for message in messages(bench, "notice")} == {UUID(found["id"])}


def test_who_does_not_get_it_is_told_with_the_reason(
    bench: Bench, story: Story, crowd: list[UUID], carrier: PocketCarrier
) -> None:
    calls = ResidentRegistered(
        resident_id=person(5), street="310101019", phone=story.keys.seal("notify", phone(5)), consents=("texts",), calls=True
    )
    bench.hear(
        calls,
        story.resident(person(6), ""),
        story.resident(person(7), phone(0)),
        *(story.confirmed(new_id(), SESSION, person(number)) for number in (5, 6, 7)),
    )
    bench.run(choose, Choose(resident_id=crowd[1], wanted=False, channel="staff"))
    bench.work()
    busy = phone(2)
    bench.query(
        "UPDATE attempt SET phone_fingerprint = (SELECT phone_fingerprint FROM contact WHERE resident_id = %s) "
        "WHERE message_id IN (SELECT id FROM message WHERE resident_id IN (%s, %s)) RETURNING 1",
        (crowd[2], crowd[3], crowd[4]),
    )
    found = try_out(bench)
    assert found["skipped"] == {"called_instead": 1, "limit": 1, "no_phone": 1, "opted_out": 1, "same_number": 1}
    assert found["going"] == 3
    send(bench, found)
    bench.work()
    assert received(carrier) == [1, 0, 0, 1, 1]
    assert len(bench.query("SELECT 1 FROM call")) == 2
    page = bench.client("clerk", browser=True).get(f"/notify/messages/bulk/{found['id']}").text
    assert "本人不收这类短信" in page
    assert busy not in page
    assert "139****0001" in page


def test_somebody_with_two_places_in_a_programme_gets_one_text(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    later = uuid4()
    bench.hear(
        story.resident(person(0), phone(0)),
        story.session(SESSION),
        story.session(later, NOON + timedelta(days=7)),
        story.confirmed(new_id(), later, person(0)),
        story.confirmed(new_id(), SESSION, person(0)),
    )
    bench.work()
    found = try_out(bench, session_id=None, programme_id=str(UUID(int=9)))
    assert (found["going"], found["skipped"]) == (1, {"same_person": 1})
    send(bench, found)
    bench.work()
    assert carrier.phones.on(phone(0))[-1] == PAPERS


def test_those_who_wait_are_told_when_they_are_asked_for(bench: Bench, story: Story, crowd: list[UUID]) -> None:
    bench.hear(story.resident(person(8), phone(8)), story.waitlisted(new_id(), SESSION, person(8)))
    assert try_out(bench)["going"] == 5
    assert try_out(bench, states=["waitlisted"])["going"] == 1
    assert try_out(bench, states=["confirmed", "waitlisted"])["going"] == 6


def test_a_promotion_goes_only_to_those_who_asked_for_it(bench: Bench, crowd: list[UUID]) -> None:
    words = "{when}的{title}之后，{place}加一场，拒收请回复R"
    wish = WriteTemplate(name="notice.more", category="promotion", words=words, written_by=new_id())
    template = bench.run(write_template, wish)
    bench.run(approve_template, Approve(template_id=template.id, body="house", state="approved", staff_id=new_id()))
    bench.run(choose, Choose(resident_id=crowd[0], category="promotion", wanted=True, channel="web"))
    found = try_out(bench, template="notice.more")
    assert (found["going"], found["skipped"]) == (1, {"opted_out": 4})


def test_a_stopped_message_sends_nothing_more(bench: Bench, crowd: list[UUID], carrier: PocketCarrier) -> None:
    found = try_out(bench)
    assert send(bench, found, step="stop").status_code == 409
    send(bench, found)
    plan_bulk(found["id"], bench.service.begin, "12345")
    assert send(bench, found, step="stop").json()["states"] == {"skipped": 5}
    bench.work()
    assert received(carrier) == [0] * 5
    assert {message.skip_reason for message in messages(bench, "notice")} == {"stopped"}
    again = send(bench, found, step="stop")
    assert (again.status_code, again.json()["code"]) == (409, "not_under_way")


def test_planning_that_dies_is_taken_up_where_it_was(bench: Bench, crowd: list[UUID], carrier: PocketCarrier) -> None:
    found = try_out(bench)
    send(bench, found)
    dies: Begin = dying_at(bench, 1)
    with pytest.raises(Crash):
        plan_bulk(found["id"], dies, "12345")
    assert messages(bench, "notice") == []
    bench.work()
    assert received(carrier) == [1] * 5


def test_whoever_gives_the_place_back_meanwhile_is_not_told(
    bench: Bench, story: Story, crowd: list[UUID], carrier: PocketCarrier
) -> None:
    found = try_out(bench)
    send(bench, found)
    plan_bulk(found["id"], bench.service.begin, "12345")
    ((registration,),) = bench.query("SELECT id FROM registration WHERE resident_id = %s", (crowd[0],))
    bench.hear(story.cancelled(registration, SESSION, crowd[0]))
    bench.work()
    assert received(carrier) == [0, 1, 1, 1, 1]


def test_a_notice_waits_for_the_morning(bench: Bench, crowd: list[UUID], carrier: PocketCarrier) -> None:
    bench.at(NOON - timedelta(hours=14))
    bench.work()
    found = try_out(bench)
    send(bench, found)
    bench.work()
    assert received(carrier) == [0] * 5
    bench.at(NOON - timedelta(hours=3, minutes=30))
    bench.work()
    assert received(carrier) == [1] * 5


def _old(bench: Bench) -> None:
    bench.at(timedelta(minutes=31))


def _reworded(bench: Bench) -> None:
    wish = WriteTemplate(name="notice.papers", category="service", words="{title}请带证件。", written_by=new_id())
    template = bench.run(write_template, wish)
    bench.run(approve_template, Approve(template_id=template.id, body="house", state="approved", staff_id=new_id()))


@pytest.mark.parametrize("change", [_old, _reworded])
def test_a_dry_run_that_is_no_longer_true_is_not_sent(bench: Bench, crowd: list[UUID], change: Callable[[Bench], None]) -> None:
    found = try_out(bench)
    change(bench)
    answer = send(bench, found)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_longer_true")
    assert "重新试算" in answer.json()["detail"]


def test_another_token_sends_nothing(bench: Bench, crowd: list[UUID]) -> None:
    found, other = try_out(bench), try_out(bench)
    answer = send(bench, found | {"token": other["token"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_this_token")
    assert [made.confirmed_at for made in bench.all(Bulk)] == [None, None]


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "a session nobody knows": ({"session_id": str(uuid4())}, 404, "not_found"),
    "a session and a programme": ({"programme_id": str(UUID(int=9))}, 422, "one_audience"),
    "neither": ({"session_id": None}, 422, "one_audience"),
    "a programme with nothing to come": ({"session_id": None, "programme_id": str(uuid4())}, 409, "nothing_to_come"),
    "nobody of that kind": ({"states": ["waitlisted"]}, 409, "nobody_there"),
    "a state there is not": ({"states": ["asleep"]}, 422, "invalid"),
    "no state": ({"states": []}, 422, "invalid"),
    "a notice there is not": ({"template": "notice.birthday"}, 422, "no_such_notice"),
    "a text that is no notice": ({"template": "login_code"}, 422, "no_such_notice"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_dry_run_that_cannot_be_is_refused_with_what_to_do(bench: Bench, crowd: list[UUID], case: str) -> None:
    wish, status, code = BAD[case]
    body = {"session_id": str(SESSION), "template": "notice.papers"} | wish
    answer = bench.client("clerk").post(API, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert any("\u4e00" <= mark <= "\u9fff" for mark in answer.json()["detail"])
    assert bench.all(Bulk) == []


def test_a_session_that_is_over_or_called_off_needs_no_notice(bench: Bench, story: Story, crowd: list[UUID]) -> None:
    client = bench.client("clerk")
    body = {"session_id": str(SESSION), "template": "notice.papers"}
    bench.hear(story.session_cancelled(SESSION))
    assert client.post(API, json=body).json()["code"] == "nothing_to_come"
    bench.at(NOON)
    assert client.post(API, json=body).json()["code"] == "nothing_to_come"


@pytest.mark.parametrize("role", ["nurse", "editor", "operator"])
def test_clerks_alone_write_to_many(bench: Bench, role: str) -> None:
    assert bench.client(role).get(API).status_code == 403
    assert bench.client("resident").post(API, json={"template": "notice.papers"}).status_code == 403
    assert bench.client().get(API).status_code == 401


def test_a_message_is_sent_from_its_page(bench: Bench, crowd: list[UUID], carrier: PocketCarrier) -> None:
    page = bench.client("clerk", browser=True)
    form = {"session_id": str(SESSION), "states": "confirmed", "template": "notice.papers"}
    looked = page.post("/notify/messages/bulk", data=form)
    assert looked.status_code == 303
    path = looked.headers["location"]
    shown = page.get(path).text
    assert "试算：还没有发出" in shown
    assert "发给这 5 人" in shown
    token = shown.split('name="token" value="')[1].split('"')[0]
    assert page.post(path, data={"token": "another"}).status_code == 409
    assert page.post(path, data={"token": token}).status_code == 303
    bench.work()
    assert received(carrier) == [1] * 5
    assert "已经办了" in page.get(path).text
    assert "发完了" in page.get("/notify/messages/bulk").text


def test_a_form_that_was_filled_in_wrongly_says_so(bench: Bench, crowd: list[UUID]) -> None:
    page = bench.client("clerk", browser=True)
    answer = page.post("/notify/messages/bulk", data={"session_id": str(SESSION), "template": "notice.papers"})
    assert answer.status_code == 422
    answer = page.post("/notify/messages/bulk", data={"session_id": "x", "states": "confirmed", "template": "notice.papers"})
    assert answer.status_code == 422
    assert page.get(f"/notify/messages/bulk/{uuid4()}").status_code == 404


def test_a_clerk_with_limits_sees_what_is_inside_them(bench: Bench, story: Story, crowd: list[UUID]) -> None:
    found = try_out(bench)
    send(bench, found)
    for limits, seen in (({"street": frozenset({"310101019"})}, 1), ({"programme": frozenset({str(uuid4())})}, 0)):
        client = bench.client("clerk", browser=True)
        principal = Principal(id=new_id(), kind="staff", name="测试", roles=frozenset({"clerk"}), limits=limits)
        client.cookies.set(COOKIE, sign_session(story.keys, principal))
        assert len(client.get(API).json()) == seen
        assert client.get(f"{API}/{found['id']}").status_code == (200 if seen else 403)
        assert ("<option" in client.get("/notify/messages/bulk").text) is bool(seen)


def test_who_is_forgotten_is_in_no_message_any_more(bench: Bench, story: Story, crowd: list[UUID]) -> None:
    send(bench, try_out(bench))
    bench.hear(ErasureRequested(erasure_id=new_id(), resident_id=crowd[0], merged=()))
    bench.work()
    assert crowd[0] not in {row.resident_id for row in bench.all(BulkRow)}
    assert len(bench.all(BulkRow)) == 5
    assert all(message.resident_id != crowd[0] for message in bench.all(Message))


@pytest.mark.parametrize("path", ["", "/{id}"])
def test_the_pages_of_messages_to_many_speak_english_too(bench: Bench, crowd: list[UUID], path: str) -> None:
    found = try_out(bench)
    client = bench.client("clerk", browser=True)
    client.cookies.set("view-language", "en")
    assert "Dry run" in client.get(f"/notify/messages/bulk{path.format(id=found['id'])}").text
