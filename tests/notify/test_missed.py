"""Whoever did not come is asked why: kindly, by day, once in a while, and their answer is taken for nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notify.domain import lengths, texts
from services.notify.tables import Message, Reply
from shared.contracts.notify import ReplyReceived
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, BO, BOS_PHONE, NOON, Place, Story, messages, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import text_back

EVENING = NOON + timedelta(hours=9)
MORNING = NOON + timedelta(hours=20, minutes=30)
"""21:00 after the session, and 08:30 of the next day."""


def missed(bench: Bench, story: Story, place: Place) -> None:
    """The session is over and Ana did not come; the question is on her phone."""
    bench.work()
    bench.at(NOON + timedelta(hours=1))
    bench.hear(story.missed(place.registration, place.session))
    bench.work()


def an_offer(bench: Bench, story: Story) -> Place:
    """A place in next week's session is kept for Ana."""
    other = Place(registration=new_id(), session=new_id())
    bench.hear(story.session(other.session, NOON + timedelta(days=7)))
    bench.hear(story.offered(other.registration, other.session, NOON + timedelta(days=2)))
    bench.work()
    return other


def last_answer(bench: Bench, words: str, phone: str = ANAS_PHONE) -> tuple[str, object, object]:
    """What a text back from the phone was understood as."""
    (told,) = [event for event in text_back(bench, words, phone) if isinstance(event, ReplyReceived)]
    return told.meaning, told.reason, told.registration_id


def test_the_question_comes_by_day_in_one_part(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.at(EVENING)
    bench.hear(story.missed(place.registration, place.session))
    bench.work()
    assert messages(bench, "missed_you")[0].due_at == MORNING
    bench.at(MORNING)
    bench.work()
    text = carrier.phones.on(ANAS_PHONE)[-1]
    assert text.startswith("5月12日（周三）12:00的午间半小时“小伤口”没见到您")
    assert "1忘了，2不方便，3不想来了" in text
    assert lengths.length(text) <= 70
    long = {"title": "八段锦与太极拳入门", "topic": "", "starts_at": NOON.isoformat(), "place": "社区食堂"}
    assert lengths.length(texts.render("missed_you", long, MORNING)) <= 70


@pytest.mark.parametrize(
    ("words", "reason"),
    [("1", "forgot"), ("２", "inconvenient"), ("回复3", "unwanted"), ("忘了。", "forgot"), ("不方便", "inconvenient")],
)
def test_the_answer_is_told_as_a_reason(bench: Bench, story: Story, place: Place, words: str, reason: str) -> None:
    missed(bench, story, place)
    assert last_answer(bench, words) == ("reason", reason, place.registration)
    assert [reply.needs_person for reply in bench.all(Reply)] == [False]


def test_one_is_no_yes_to_an_offer_when_the_last_question_was_why(bench: Bench, story: Story, place: Place) -> None:
    offer = an_offer(bench, story)
    missed(bench, story, place)
    assert last_answer(bench, "1") == ("reason", "forgot", place.registration)
    assert last_answer(bench, "1") == ("accept", None, offer.registration), "once answered, the question is closed"


def test_one_is_a_yes_when_the_offer_was_the_last_question(bench: Bench, story: Story, place: Place) -> None:
    missed(bench, story, place)
    bench.at(timedelta(minutes=5))
    offer = an_offer(bench, story)
    assert last_answer(bench, "1") == ("accept", None, offer.registration)
    assert last_answer(bench, "3") == ("reason", "unwanted", place.registration), "3 answers no other question"


def test_a_person_is_asked_once_in_thirty_days(bench: Bench, story: Story, place: Place) -> None:
    missed(bench, story, place)
    bench.at(timedelta(days=29))
    for expected in (1, 2):
        again = Place(registration=new_id(), session=new_id())
        bench.hear(story.session(again.session), story.missed(again.registration, again.session))
        bench.work()
        assert len(messages(bench, "missed_you")) == expected
        bench.at(timedelta(days=1))


def test_who_wants_no_texts_is_not_asked_and_nobody_is_to_call(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    session, registration = new_id(), new_id()
    bench.hear(story.resident(BO, BOS_PHONE, consents=()), story.session(session), story.missed(registration, session, BO))
    bench.work()
    message: Message = the(bench, "missed_you")
    assert (message.state, message.skip_reason) == ("skipped", "opted_out")
    assert carrier.phones.on(BOS_PHONE) == []
    assert bench.query("SELECT count(*) FROM call") == [(0,)]


def test_three_without_any_question_is_for_people(bench: Bench, place: Place) -> None:
    bench.work()
    assert last_answer(bench, "3") == ("other", None, None)
    assert [(reply.resident_id, reply.needs_person) for reply in bench.all(Reply)] == [(ANA, True)]
