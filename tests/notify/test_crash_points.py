"""A sender killed before every statement, or cut off from the database there: never two texts, and none goes missing unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from services.notify.features.send import send
from services.notify.features.take_receipt import TakeReceipt, take_receipts
from services.notify.tables import Attempt, Message
from shared.event import new_id
from shared.service import Service
from shared.testing import START, Bench
from tests.bus.mortal import Blow, Death, Fate, Life, mortal
from tests.notify.conftest import ANAS_PHONE, NOON, Place, Story, the
from tests.notify.phones import Crash, PocketCarrier
from tests.notify.test_sending import ask_until_believed


@pytest.fixture
def life() -> Life:
    """The connections that are struck."""
    return Life()


@pytest.fixture
def doomed(bench: Bench, life: Life) -> Iterator[Service]:
    """The same service in another process, so to speak."""
    made = mortal(life)(**{field.name: getattr(bench.service, field.name) for field in fields(bench.service)})
    yield made
    made.close()


def act(doomed: Service, carrier: PocketCarrier, known: set[Any]) -> None:
    """Send what is due; the carrier reports each text, and the reports are applied."""
    doomed.desk.work(["texts"])
    with doomed.begin() as unit:
        fresh = [text for texts in carrier.phones.all().values() for text in texts if text.out_id not in known]
        take_receipts(
            [
                TakeReceipt(
                    carrier="pocket",
                    out_id=text.out_id,
                    reference="7",
                    phone=text.phone,
                    arrived=True,
                    code="DELIVERED",
                )
                for text in fresh
            ],
            unit,
        )
    doomed.desk.work(["jobs"])


def recover(bench: Bench) -> None:
    """The leases of the dead run out, and everything that can be found out is."""
    bench.query("UPDATE message SET lease_until = now() - interval '1 second' WHERE state = 'sending' RETURNING 1")
    bench.service.desk.resting.clear()
    bench.tick()
    bench.work()
    if bench.query("SELECT 1 FROM message WHERE state = 'unknown'"):
        ask_until_believed(bench)


@pytest.mark.parametrize("blow", [Blow.DIES, Blow.CUT_AFTER], ids=lambda blow: blow.name.lower())
def test_a_blow_at_any_statement_leaves_each_phone_with_one_text(
    bench: Bench, story: Story, carrier: PocketCarrier, doomed: Service, life: Life, blow: Blow
) -> None:
    at = 0
    struck = True
    while struck:
        at += 1
        bench.at(START)
        session, phones = new_id(), [f"139{at:04}{number:04}" for number in range(2)]
        bench.hear(story.session(session, NOON))
        for phone in phones:
            resident = new_id()
            bench.hear(story.resident(resident, f"+86{phone}"), story.confirmed(new_id(), session, resident))
        known = {str(attempt.id) for attempt in bench.all(Attempt)}
        life.fate = fate = Fate(blow, at)
        with suppress(Death, psycopg.Error, DBAPIError):
            act(doomed, carrier, known)
        struck, life.fate = fate.struck, Fate()
        doomed.engine.dispose()
        doomed.desk.resting.clear()
        recover(bench)
        assert [len(carrier.phones.on(phone)) for phone in phones] == [1, 1], f"at statement {at}"
        left = {message.state for message in bench.all(Message) if message.purpose == "place_confirmed"}
        assert left <= {"accepted", "delivered"}, f"at statement {at}"
    assert at > 20


@pytest.mark.parametrize(("order", "on_phones"), [("dies", 1), ("dies_after", 2)])
def test_a_sender_that_dies_among_many_texts_leaves_them_in_doubt_and_none_twice(
    bench: Bench, story: Story, carrier: PocketCarrier, order: str, on_phones: int
) -> None:
    session = new_id()
    bench.hear(story.session(session, NOON))
    for number in range(4):
        resident = new_id()
        bench.hear(story.resident(resident, f"+861390000000{number}"), story.confirmed(new_id(), session, resident))
    carrier.next_sends.extend(["", order])
    with pytest.raises(Crash):
        send("texts", bench.service.begin, 100, {"pocket": carrier}, {"pocket": 1})
    assert len(carrier.phones.all()) == on_phones
    bench.query("UPDATE message SET lease_until = now() - interval '1 second' WHERE state = 'sending' RETURNING 1")
    bench.tick()
    in_doubt = [message.state for message in bench.all(Message) if message.purpose == "place_confirmed"]
    assert set(in_doubt) <= {"unknown", "accepted"}
    ask_until_believed(bench)
    bench.work()
    assert [len(texts) for texts in carrier.phones.all().values()] == [1, 1, 1, 1]


def test_a_clock_that_jumps_a_day_floods_nobody_and_one_that_goes_back_sends_nothing_twice(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    bench.at(timedelta(days=1))
    bench.work()
    bench.at(timedelta(hours=-26))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 1
    assert the(bench, "reminder_day").state == "planned"
    bench.at(NOON - timedelta(hours=24))
    bench.work()
    bench.at(NOON - timedelta(hours=26))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 2


def test_reminders_missed_by_a_jump_past_the_session_are_told_as_expired_not_sent(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    bench.at(NOON + timedelta(days=1))
    bench.work()
    assert [the(bench, purpose).skip_reason for purpose in ("reminder_day", "reminder_hours")] == ["expired", "expired"]
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def test_a_session_moved_into_the_past_sends_no_reminder(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    bench.hear(story.session_changed(place.session, START - timedelta(days=1)))
    bench.work()
    bench.at(NOON)
    bench.work()
    assert not any("提醒您" in text or "快开始" in text for text in carrier.phones.on(ANAS_PHONE))
