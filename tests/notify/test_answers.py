"""Answers when several questions are open, words that choose which texts come, and one text delivered twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from services.notify.features.erase_person import ErasePerson, erase_person
from services.notify.features.take_reply import TakeReply, take_reply
from services.notify.tables import Choice, Message, Reply
from shared import clock
from shared.contracts.notify import OptedIn, OptedOut, ReplyReceived
from shared.contracts.registration import ResidentsMerged
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, BO, BOS_PHONE, NOON, Place, Story
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import an_offer, text_back


def another(bench: Bench, story: Story, days: int = 7) -> Place:
    """Ana has a place in a later session as well, and the text about it is on her phone."""
    place = Place(registration=new_id(), session=new_id())
    bench.hear(story.session(place.session, NOON + timedelta(days=days)), story.confirmed(place.registration, place.session))
    bench.work()
    return place


def told(bench: Bench, words: str, phone: str = ANAS_PHONE) -> tuple[str, Any, str | None]:
    """What the words were read as, which place they are about, and how sure that is."""
    (event,) = [event for event in text_back(bench, words, phone) if isinstance(event, ReplyReceived)]
    (reply,) = [reply for reply in bench.all(Reply) if reply.id == event.reply_id]
    return event.meaning, event.registration_id, reply.confidence


def test_the_second_question_has_a_mark_and_an_answer_with_it_is_certain(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    other = another(bench, story)
    first, second = carrier.phones.on(ANAS_PHONE)
    assert first.endswith("不能来请回复2取消。")
    assert second.endswith("不能来请回复32取消。")
    assert told(bench, "32") == ("decline", other.registration, "certain")
    assert told(bench, "回复 ３２") == ("decline", other.registration, "certain")
    assert told(bench, "2") == ("decline", None, "unsure")
    assert told(bench, "42") == ("decline", None, "unsure"), "a mark that no open question has"


def test_all_texts_about_one_place_have_one_mark(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    other = another(bench, story)
    bench.at(NOON - timedelta(hours=23))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].endswith("能来请回复41，不能来请回复42取消。"), "the first place gets one too, now"
    bench.hear(story.session_changed(other.session, NOON + timedelta(days=8)))
    bench.work()
    assert "回复32取消" in carrier.phones.on(ANAS_PHONE)[-1]
    assert told(bench, "41") == ("accept", place.registration, "certain")


def test_a_mark_is_not_used_again_at_once(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    other = another(bench, story)
    bench.hear(story.cancelled(other.registration, other.session))
    bench.work()
    another(bench, story, days=14)
    assert "回复42取消" in carrier.phones.on(ANAS_PHONE)[-1]
    assert told(bench, "32") == ("decline", None, "unsure"), "an answer to what is over is about nothing that is open"


def test_a_late_yes_with_a_mark_is_told_that_it_is_late(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    offer = an_offer(bench, story)
    assert carrier.phones.on(ANAS_PHONE)[-1].endswith("回31接受，回32不要。")
    bench.hear(story.expired(offer.registration, offer.session))
    assert told(bench, "31") == ("accept", offer.registration, "certain")
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("您的回复晚了一点")


def test_how_sure_a_reading_is_is_kept(bench: Bench, story: Story, place: Place) -> None:
    bench.work()
    offer = an_offer(bench, story)
    assert told(bench, "1") == ("accept", offer.registration, "likely"), "only the offer names 1"
    assert told(bench, "请问停车方便吗🚗") == ("other", None, "unsure")
    assert [reply.needs_person for reply in sorted(bench.all(Reply), key=lambda reply: reply.id)] == [False, True]


def test_eight_open_questions_at_one_number_leave_the_ninth_to_people(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    for days in range(1, 9):
        bench.work()
        bench.at(timedelta(minutes=1))
        another(bench, story, days=days)
    bench.at(timedelta(days=1))
    bench.work()
    marks = sorted(message.mark for message in bench.all(Message) if message.purpose == "place_confirmed")
    assert marks == ["", "", *"3456789"]


def test_r_stops_promotion_and_no_notice_of_what_one_joined(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    events = text_back(bench, "Ｒ")
    reply = bench.all(Reply)[0].id
    assert events[:2] == [
        ReplyReceived(reply_id=reply, resident_id=ANA, meaning="refuse"),
        OptedOut(resident_id=ANA, category="promotion", channel="text", proof=reply, wording="2021-05", at=clock.now()),
    ]
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("已经记下，不再给您发宣传短信。您报名的活动，通知还照常发。")
    bench.at(NOON - timedelta(hours=24))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("提醒您")


def test_who_stopped_texts_can_come_back_by_text(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    text_back(bench, "退订")
    events = text_back(bench, "恢复")
    assert [(event.category, event.proof) for event in events if isinstance(event, OptedIn)] == [
        ("service", max(bench.all(Reply), key=lambda reply: reply.id).id)
    ]
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("已经恢复")
    bench.at(NOON - timedelta(hours=24))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("提醒您")
    assert [(row.wanted, row.channel) for row in sorted(bench.all(Choice), key=lambda row: row.id or 0)] == [
        (False, "text"),
        (True, "text"),
    ]


def test_stop_from_the_number_of_a_merged_record_counts_for_the_one_that_stays(bench: Bench, story: Story) -> None:
    bench.hear(story.resident(), story.resident(BO, BOS_PHONE))
    bench.hear(ResidentsMerged(merge_id=new_id(), kept=BO, merged=ANA))
    assert [event.resident_id for event in text_back(bench, "TD") if isinstance(event, OptedOut)] == [BO]


def test_a_carrier_without_lasting_numbers_delivers_one_text_twice(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    once = TakeReply(carrier="kannel", phone=f"+86{ANAS_PHONE}", words="在哪里？", mark="")
    for command in (once, once.model_copy(update={"words": " 在哪里？"}), once):
        bench.run(take_reply, command)
    bench.work()
    assert len(bench.all(Reply)) == 1
    bench.run(take_reply, once.model_copy(update={"words": "几点？"}))
    bench.run(take_reply, once.model_copy(update={"phone": BOS_PHONE}))
    bench.at(timedelta(minutes=11))
    bench.run(take_reply, once)
    assert len(bench.all(Reply)) == 4, "other words, another number, and the same again later are texts of their own"


def test_a_person_with_choices_can_be_forgotten(bench: Bench, place: Place) -> None:
    bench.work()
    text_back(bench, "TD")
    bench.run(erase_person, ErasePerson(erasure_id=new_id(), records=(ANA,)))
    assert bench.all(Choice) == []
    assert [(reply.phone, reply.words, reply.words_mark) for reply in bench.all(Reply)] == [("", "", "")]


TYPED = ["1", "2", "31", "32", "42", "TD", "R", "恢复", "取消", "？", "好的", "３", "👍", "\u0000", "𠮷", "2" * 500, ""]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.sampled_from(TYPED), max_size=6))
def test_whatever_is_typed_each_text_gets_one_answer_at_most_and_never_an_echo(
    bench: Bench, story: Story, carrier: PocketCarrier, typed: list[str]
) -> None:
    resident, sessions = new_id(), [new_id(), new_id()]
    phone = f"138{resident.int % 10**8:08}"
    bench.hear(story.resident(resident, phone), *(story.session(id) for id in sessions))
    bench.hear(*(story.confirmed(new_id(), id, resident) for id in sessions))
    bench.work()
    bench.at(timedelta(minutes=1))
    for words in typed:
        text_back(bench, words, phone=phone)
    answers = bench.query(
        "SELECT count(*) FROM message WHERE purpose = 'answer' AND resident_id = %s GROUP BY dedupe_key", (resident,)
    )
    kept = [reply for reply in bench.all(Reply) if reply.resident_id == resident]
    assert len(answers) <= len(kept) <= len(typed)
    assert {row[0] for row in answers} <= {1}
    assert all(reply.meaning and reply.confidence for reply in kept)


def test_two_numbers_of_one_question_do_not_share_marks(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    another(bench, story)
    session = new_id()
    bench.hear(story.resident(BO, BOS_PHONE), story.session(session), story.confirmed(new_id(), session, BO))
    bench.work()
    assert carrier.phones.on(BOS_PHONE)[-1].endswith("不能来请回复2取消。")


@pytest.mark.parametrize("words", ["TD", "恢复"])
def test_a_stranger_can_choose_nothing(bench: Bench, words: str) -> None:
    assert text_back(bench, words, phone="13900139000") == []
    assert bench.all(Choice) == []
    assert bench.all(Reply)[0].needs_person
