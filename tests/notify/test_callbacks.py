"""What the carrier calls back: receipts in any order, replies as commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from services.notify.tables import Attempt, Choice, Message, Receipt, Reply
from shared import clock
from shared.contracts.notify import MessageDelivered, MessageFailed, MessageSent, MessageSkipped, OptedOut, ReplyReceived
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, BO, NOON, Place, Story, messages, the
from tests.notify.phones import PocketCarrier

TOKEN = {"x-carrier-token": "demo"}


def receipt_of(bench: Bench, *, success: bool | str = True, code: str = "DELIVERED", **other: Any) -> dict[str, Any]:
    """A receipt for the first attempt made."""
    attempt = min(bench.all(Attempt), key=lambda attempt: attempt.id)
    known = {
        "phone_number": ANAS_PHONE,
        "success": success,
        "err_code": code,
        "biz_id": "7",
        "out_id": str(attempt.id),
        "sms_size": "1",
    }
    return known | other


def post_receipts(bench: Bench, *receipts: dict[str, Any]) -> None:
    """Call back and have the receipts applied."""
    answer = bench.client().post("/notify/api/carrier/receipts", json=list(receipts), headers=TOKEN)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    bench.work()


def text_back(bench: Bench, words: str, phone: str = ANAS_PHONE, **other: Any) -> list[Any]:
    """Answer from a phone; gives what is told then."""
    reply = {"phone_number": phone, "content": words, "send_time": "2021-05-10 09:00:00", "sequence_id": str(new_id())} | other
    assert bench.client().post("/notify/api/carrier/replies", json=[reply], headers=TOKEN).status_code == 200
    bench.work("jobs", "texts")
    return bench.said


def test_a_receipt_brings_the_text_to_its_end(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench))
    message = the(bench, "place_confirmed")
    assert message.state == "delivered"
    assert bench.said == [MessageDelivered(message_id=message.id, purpose="place_confirmed", carrier="pocket")]


def test_a_failure_is_told_with_the_carriers_code(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench, success=False, code="MK:0001"))
    message = the(bench, "place_confirmed")
    assert message.state == "failed"
    assert bench.said == [MessageFailed(message_id=message.id, purpose="place_confirmed", carrier="pocket", code="MK:0001")]


def test_a_receipt_may_come_before_the_carriers_answer(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    client = bench.client()

    def call_back_early() -> None:
        client.post("/notify/api/carrier/receipts", json=[receipt_of(bench)], headers=TOKEN)
        bench.service.desk.work(["jobs"])

    carrier.before_send = call_back_early
    bench.work()
    assert the(bench, "place_confirmed").state == "delivered"
    assert [type(event) for event in bench.said] == [MessageSent, MessageDelivered]


def test_a_receipt_resolves_an_unanswered_text(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    post_receipts(bench, receipt_of(bench))
    assert the(bench, "place_confirmed").state == "delivered"
    assert [type(event) for event in bench.said] == [MessageSent, MessageDelivered]


def test_the_same_receipt_again_changes_nothing(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench), receipt_of(bench))
    post_receipts(bench, receipt_of(bench, report_time="2021-05-11 10:00:00"))
    assert bench.said == []
    assert len(bench.all(Receipt)) == 1


def test_receipts_about_nothing_of_ours_are_kept_and_change_nothing(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(
        bench,
        receipt_of(bench, out_id=str(new_id())),
        receipt_of(bench, out_id="17"),
        receipt_of(bench, phone_number="13900139000", success=False, code="UNDELIV"),
    )
    assert the(bench, "place_confirmed").state == "accepted"
    assert [receipt.attempt_id for receipt in bench.all(Receipt)] == [None, None, None]


def test_one_receipt_need_not_be_a_list_and_numbers_may_be_strings(bench: Bench, place: Place) -> None:
    bench.work()
    one = receipt_of(bench, biz_id=7, success="true", phone_number=int(ANAS_PHONE))
    assert bench.client().post("/notify/api/carrier/aliyun/demo/receipts", json=one).status_code == 200
    bench.work()
    assert the(bench, "place_confirmed").state == "delivered"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.sampled_from(["delivered", "failed", "orphan"]), min_size=1, max_size=7))
def test_receipts_in_any_order_end_in_the_same_state(
    bench: Bench, story: Story, carrier: PocketCarrier, order: list[str]
) -> None:
    registration, session, resident = new_id(), new_id(), new_id()
    phone = f"139{resident.int % 10**8:08}"
    bench.hear(story.resident(resident, phone), story.session(session), story.confirmed(registration, session, resident))
    carrier.next_sends.append("taken")
    bench.work()
    (message,) = [message for message in messages(bench, "place_confirmed") if message.registration_id == registration]
    (attempt,) = [attempt for attempt in bench.all(Attempt) if attempt.message_id == message.id]
    news: dict[str, dict[str, Any]] = {
        "delivered": {"success": True, "err_code": "DELIVERED", "out_id": str(attempt.id)},
        "failed": {"success": False, "err_code": "UNDELIV", "out_id": str(attempt.id)},
        "orphan": {"success": False, "err_code": "UNDELIV", "out_id": str(new_id())},
    }
    for step in order:
        post_receipts(bench, {"phone_number": phone, "biz_id": "7"} | news[step])
    expected = next((state for state in ("delivered", "failed") if state in order), "unknown")
    told = [row[0] for row in bench.query("SELECT type FROM outbox WHERE subject = %s", (str(message.id),))]
    assert bench.get(Message, message.id).state == expected
    assert len(told) == len(set(told)), "something was told twice"
    assert len(carrier.phones.on(phone)) == 1


@pytest.mark.parametrize("headers", [{}, {"x-carrier-token": "guess"}])
def test_only_the_carrier_may_call_back(bench: Bench, place: Place, headers: dict[str, str]) -> None:
    bench.work()
    client = bench.client()
    assert client.post("/notify/api/carrier/receipts", json=[receipt_of(bench)], headers=headers).status_code == 401
    assert client.post("/notify/api/carrier/replies", json=[], headers=headers).status_code == 401
    assert client.post("/notify/api/carrier/aliyun/guess/receipts", json=[]).status_code == 401
    assert bench.all(Receipt) == []


def test_what_cannot_be_read_is_refused(bench: Bench) -> None:
    client = bench.client()
    assert client.post("/notify/api/carrier/receipts", content=b"{", headers=TOKEN).status_code == 422
    assert client.post("/notify/api/carrier/replies", json=[{"content": "2"}], headers=TOKEN).status_code == 422
    assert client.post("/notify/api/carrier/receipts", content=b"[" + b" " * 2_000_000, headers=TOKEN).status_code == 413


def test_two_gives_the_place_back_and_is_answered_once_it_is_done(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    (told,) = text_back(bench, " ２ ")
    assert isinstance(told, ReplyReceived)
    assert (told.resident_id, told.meaning, told.registration_id, told.session_id) == (
        ANA,
        "decline",
        place.registration,
        place.session,
    )
    assert len(carrier.phones.on(ANAS_PHONE)) == 1
    bench.hear(story.cancelled(place.registration, place.session))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 2
    assert "已为您取消" in carrier.phones.on(ANAS_PHONE)[-1]


def test_with_two_places_open_people_decide_which_is_meant(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    other = new_id()
    bench.hear(story.session(other, NOON + timedelta(days=7)), story.confirmed(new_id(), other))
    bench.work()
    told = text_back(bench, "2")[0]
    assert isinstance(told, ReplyReceived)
    assert (told.meaning, told.registration_id) == ("decline", None)
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("收到您的回复")
    assert [reply.needs_person for reply in bench.all(Reply)] == [True]


def test_several_texts_about_one_place_are_one_question(bench: Bench, place: Place) -> None:
    bench.work()
    bench.at(NOON - timedelta(hours=24))
    bench.work()
    (told,) = text_back(bench, "1")
    assert isinstance(told, ReplyReceived)
    assert (told.meaning, told.registration_id) == ("accept", place.registration)


def test_after_the_start_there_is_nothing_left_to_cancel(bench: Bench, place: Place) -> None:
    bench.work()
    bench.at(NOON)
    bench.work()
    told = text_back(bench, "2")[0]
    assert isinstance(told, ReplyReceived)
    assert told.registration_id is None


@pytest.mark.parametrize("words", ["TD", "ｔｄ", "退订"])
def test_stop_is_honoured_and_answered(bench: Bench, place: Place, carrier: PocketCarrier, words: str) -> None:
    bench.work()
    told = text_back(bench, words)
    reply = bench.all(Reply)[0].id
    assert told[:2] == [
        ReplyReceived(reply_id=reply, resident_id=ANA, meaning="stop"),
        OptedOut(resident_id=ANA, category="service", channel="text", proof=reply, wording="2021-05", at=clock.now()),
    ]
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("已经记下")
    bench.at(NOON - timedelta(hours=2))
    bench.work()
    assert [event.reason for event in bench.said if isinstance(event, MessageSkipped)] == ["opted_out", "opted_out"]
    assert len(carrier.phones.on(ANAS_PHONE)) == 2


def test_stop_twice_is_one_choice_and_one_answer(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    text_back(bench, "TD")
    text_back(bench, "TD")
    assert len(bench.all(Choice)) == 1
    assert len(carrier.phones.on(ANAS_PHONE)) == 2


def test_stop_counts_for_everybody_who_shares_the_phone(bench: Bench, story: Story, place: Place) -> None:
    bench.hear(story.resident(BO))
    bench.work()
    told = text_back(bench, "TD")
    assert {event.resident_id for event in told if isinstance(event, OptedOut)} == {ANA, BO}


def test_the_ledger_of_choices_cannot_be_changed(bench: Bench, place: Place) -> None:
    bench.work()
    text_back(bench, "TD")
    with pytest.raises(Exception, match="append-only"):
        bench.query("DELETE FROM choice RETURNING 1")


def test_a_reply_delivered_again_is_one_reply(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    assert text_back(bench, "在哪里？", sequence_id=5)
    assert text_back(bench, "在哪里？", sequence_id="5") == []
    assert len(bench.all(Reply)) == 1
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def test_a_question_waits_for_a_person(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    (told,) = text_back(bench, "可以带孙子来吗")
    assert isinstance(told, ReplyReceived)
    assert told.meaning == "other"
    assert bench.all(Reply)[0].needs_person
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def test_a_stranger_is_heard_by_people_only(bench: Bench) -> None:
    assert text_back(bench, "2", phone="13900139000") == []
    assert bench.all(Reply)[0].needs_person


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.sampled_from(["1", "2", "TD", "取消", "？", "R", "好的"]), max_size=5))
def test_no_reply_is_ever_answered_twice(bench: Bench, story: Story, carrier: PocketCarrier, typed: list[str]) -> None:
    session, resident = new_id(), new_id()
    phone = f"138{resident.int % 10**8:08}"
    bench.hear(story.resident(resident, phone), story.session(session), story.confirmed(new_id(), session, resident))
    bench.work()
    before = len(carrier.phones.on(phone))
    for words in typed:
        text_back(bench, words, phone=phone)
    assert len(carrier.phones.on(phone)) - before <= len(typed)


def test_the_recount_adds_up_what_was_told(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    with bench.service.begin() as unit:
        assert bench.service.recount(unit.cursor())["unknown_now"] == 1
    post_receipts(bench, receipt_of(bench))
    text_back(bench, "TD")
    bench.at(NOON - timedelta(hours=2))
    bench.work()
    told = dict(bench.query("SELECT type, count(*) FROM outbox GROUP BY type"))
    with bench.service.begin() as unit:
        counted = bench.service.recount(unit.cursor())
    assert counted == {
        "sent": told["notify.message_sent"],
        "delivered": told["notify.message_delivered"],
        "failed": 0,
        "unknown_now": 0,
        "skipped": told["notify.message_skipped"],
        "replies": told["notify.reply_received"],
        "opt_outs": told["notify.opted_out"],
    }


def an_offer(bench: Bench, story: Story, *, hours: float = 4) -> Place:
    """A place kept for Ana, who has been asked by text."""
    place = Place(registration=new_id(), session=new_id())
    bench.hear(
        story.resident(),
        story.session(place.session),
        story.waitlisted(place.registration, place.session),
        story.offered(place.registration, place.session, clock.now() + timedelta(hours=hours)),
    )
    bench.work()
    return place


@pytest.mark.parametrize(("typed", "meaning"), [("1", "accept"), ("２", "decline"), ("好的", "accept")])
def test_an_offer_is_answered_with_one_or_two(
    bench: Bench, story: Story, carrier: PocketCarrier, typed: str, meaning: str
) -> None:
    place = an_offer(bench, story)
    assert carrier.phones.on(ANAS_PHONE)[-1].endswith("有名额了，给您留到今天13:00。回1接受，回2不要。")
    (told,) = text_back(bench, typed)
    assert (told.meaning, told.registration_id, told.session_id) == (meaning, place.registration, place.session)
    assert [reply.needs_person for reply in bench.all(Reply)] == [False]


def test_an_offer_that_ends_sooner_is_asked_about_anew(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    place = an_offer(bench, story)
    bench.hear(story.offered(place.registration, place.session, clock.now() + timedelta(hours=2)))
    bench.work()
    asked = [text for text in carrier.phones.on(ANAS_PHONE) if "给您留到" in text]
    assert [text.partition("给您留到")[2][:7] for text in asked] == ["今天13:00", "今天11:00"]
    (told,) = text_back(bench, "1")
    assert (told.meaning, told.registration_id) == ("accept", place.registration)


def test_one_is_about_the_offer_and_not_about_a_place_that_asks_for_no_one(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    offer = an_offer(bench, story)
    (told,) = text_back(bench, "1")
    assert told.registration_id == offer.registration


def test_two_with_a_place_and_an_offer_open_goes_to_people(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    an_offer(bench, story)
    told = text_back(bench, "2")[0]
    assert (told.meaning, told.registration_id) == ("decline", None)
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("收到您的回复")


def test_a_one_that_comes_after_the_offer_ran_out_is_answered_kindly(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    place = an_offer(bench, story)
    bench.at(timedelta(hours=4))
    bench.hear(story.expired(place.registration, place.session))
    text_back(bench, "1")
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("您的回复晚了一点")
    assert len(carrier.phones.on(ANAS_PHONE)) == 2


def test_a_one_that_crosses_the_end_of_the_offer_is_answered_kindly_too(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    place = an_offer(bench, story)
    text_back(bench, "1")
    bench.hear(story.expired(place.registration, place.session))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("您的回复晚了一点")


def test_an_offer_made_at_night_is_asked_about_in_the_morning_and_one_that_is_over_never(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    bench.at(timedelta(hours=13))
    place = an_offer(bench, story, hours=12)
    asked = "有名额了"
    assert not any(asked in text for text in carrier.phones.on(ANAS_PHONE))
    bench.hear(story.expired(place.registration, place.session))
    bench.at(timedelta(hours=11))
    bench.work()
    assert not any(asked in text for text in carrier.phones.on(ANAS_PHONE))
