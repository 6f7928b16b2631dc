"""Words and numbers go when their time is up; what was counted stays counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from services.notify.features.erase_person import ErasePerson, erase_person
from services.notify.features.wipe_old import wipe_old
from services.notify.settings import NotifySettings
from services.notify.tables import Attempt, CarrierDay, Message, Receipt, Reply
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, NOON, Place, Story, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import post_receipts, receipt_of, text_back
from tests.notify.test_hours import a_code

DAY = timedelta(days=1)


def counts_of(bench: Bench) -> dict[str, int]:
    with bench.service.begin() as unit:
        return bench.service.recount(unit.cursor())


def test_words_and_numbers_of_a_text_go_after_ninety_days_and_it_stays_counted(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench))
    bench.tick()
    counted = counts_of(bench)
    bench.at(NOON + 89 * DAY)
    bench.tick()
    assert the(bench, "place_confirmed").facts != ""
    bench.at(2 * DAY)
    bench.tick()
    message = the(bench, "place_confirmed")
    assert (message.facts, message.phone, message.phone_fingerprint) == ("", "", "")
    (attempt,) = [row for row in bench.all(Attempt) if row.message_id == message.id]
    assert (attempt.words, attempt.phone_fingerprint, attempt.outcome) == ("", "", "accepted")
    assert (message.state, message.parts, message.delivered_at is not None) == ("delivered", 1, True)
    assert counts_of(bench) == counted


def test_a_code_and_its_number_are_gone_after_a_day(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    bench.hear(a_code(story, NOON))
    bench.work()
    assert the(bench, "login_code").phone != ""
    bench.at(NOON + DAY - timedelta(minutes=1))
    bench.tick()
    assert the(bench, "login_code").phone != ""
    bench.at(timedelta(minutes=2))
    bench.tick()
    message = the(bench, "login_code")
    assert (message.phone, message.phone_fingerprint, message.facts) == ("", "", "")
    assert message.accepted_at is not None


def test_a_text_that_may_still_go_keeps_what_it_needs(bench: Bench, story: Story, place: Place) -> None:
    bench.at(NOON + 200 * DAY)
    bench.tick()
    assert {message.state for message in bench.all(Message)} == {"planned"}
    assert all(message.facts for message in bench.all(Message))


def test_the_number_of_an_attempt_goes_after_three_days_and_a_late_receipt_is_taken_all_the_same(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    late = receipt_of(bench)
    bench.at(2 * DAY)
    bench.tick()
    assert all(attempt.phone_fingerprint for attempt in bench.all(Attempt))
    bench.at(DAY + timedelta(minutes=1))
    bench.tick()
    assert [attempt.phone_fingerprint for attempt in bench.all(Attempt) if attempt.started_at < NOON - DAY] == [""]
    post_receipts(bench, late)
    assert the(bench, "place_confirmed").state == "delivered"


def test_an_attempt_in_doubt_keeps_its_number_until_it_is_known(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    bench.at(10 * DAY)
    bench.tick()
    (attempt,) = bench.all(Attempt)
    assert (attempt.outcome, attempt.phone_fingerprint != "") == ("unknown", True)


def test_receipts_go_after_a_week_and_what_they_said_stays(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench), receipt_of(bench, out_id="of-nobody"))
    assert len(bench.all(Receipt)) == 2
    bench.at(6 * DAY)
    bench.tick()
    assert len(bench.all(Receipt)) == 2
    bench.at(2 * DAY)
    bench.tick()
    assert bench.all(Receipt) == []
    page = bench.client("clerk", browser=True).get(f"/notify/messages/{the(bench, 'place_confirmed').id}").text
    assert "已送达" in page


def test_the_same_receipt_after_its_first_copy_was_deleted_changes_nothing(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench))
    again, before = receipt_of(bench), the(bench, "place_confirmed").model_dump()
    bench.at(8 * DAY)
    bench.tick()
    post_receipts(bench, again)
    assert the(bench, "place_confirmed").model_dump() == before
    assert [fact for fact in bench.said if fact.type != "notify.message_skipped"] == []


def test_a_reply_loses_its_words_after_ninety_days_and_one_that_chose_something_only_as_proof_is_due(
    bench: Bench, place: Place
) -> None:
    bench.work()
    text_back(bench, "可以带孙子来吗")
    text_back(bench, "TD")
    asked, stopped = sorted(reply.id for reply in bench.all(Reply))
    bench.at(91 * DAY)
    bench.tick()
    assert (bench.get(Reply, asked).words, bench.get(Reply, asked).phone) == ("", "")
    assert bench.get(Reply, asked).needs_person is False
    assert bench.get(Reply, stopped).words != ""
    bench.at(90 * DAY)
    bench.tick()
    assert (bench.get(Reply, stopped).words, bench.get(Reply, stopped).meaning) == ("", "stop")


def test_wiping_twice_or_in_parts_ends_in_the_same(bench: Bench, story: Story, place: Place) -> None:
    session = new_id()
    bench.hear(story.session(session), *(story.waitlisted(new_id(), session) for _ in range(7)))
    bench.work()
    bench.at(100 * DAY)
    bench.work()
    keep = NotifySettings(database_url="").keeping
    left = []
    for _ in range(5):
        with bench.service.begin() as unit:
            wipe_old(keep, unit, at_once=3)
        left.append(len([message for message in bench.all(Message) if message.facts]))
    assert left == [7, 4, 1, 0, 0]


def test_figures_outlive_what_they_count(bench: Bench, place: Place) -> None:
    bench.work()
    bench.tick()
    before = {(row.day, row.carrier): row.accepted for row in bench.all(CarrierDay)}
    bench.at(200 * DAY)
    bench.work()
    bench.tick()
    after = {(row.day, row.carrier): row.accepted for row in bench.all(CarrierDay)}
    assert {key: after[key] for key in before} == before


def test_somebody_who_changed_their_number_is_forgotten_under_the_old_one_too(bench: Bench, story: Story, place: Place) -> None:
    bench.work()
    text_back(bench, "可以带孙子来吗")
    bench.at(4 * DAY)
    bench.tick()
    assert all(not attempt.phone_fingerprint for attempt in bench.all(Attempt) if attempt.started_at < NOON - DAY)
    bench.hear(story.resident(phone="13900139000"))
    bench.query("UPDATE reply SET resident_id = NULL RETURNING id")
    bench.run(erase_person, ErasePerson(erasure_id=new_id(), records=(ANA,)))
    (reply,) = bench.all(Reply)
    assert (reply.words, reply.phone, reply.phone_fingerprint) == ("", "", "")


@pytest.mark.parametrize("spans", [{"keep_proof_days": 149}, {"keep_codes_days": 0}, {"keep_numbers_days": 1}])
def test_a_span_shorter_than_rules_or_limits_need_is_refused(bench: Bench, spans: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        NotifySettings.model_validate({"database_url": ""} | spans)


def test_everybody_can_read_how_long_texts_are_kept(bench: Bench) -> None:
    client = bench.client(browser=True)
    page = client.get("/notify/kept").text
    assert page.count("90 天") == 2
    assert "180 天" in page
    client.cookies.set("view-language", "en")
    assert "How long texts are kept" in client.get("/notify/kept").text
