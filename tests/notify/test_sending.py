"""A text is sent at most once, whatever dies or stays silent on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from services.notify.domain.outcomes import ASK_AFTER, try_again_after
from services.notify.features.send import end_abandoned, send
from services.notify.tables import Attempt
from shared.contracts.notify import MessageDelivered, MessageFailed, MessageSent, MessageSkipped, MessageUnknown
from shared.contracts.registration import ConsentChanged
from shared.event import new_id
from shared.jobs import Begin
from shared.testing import START, Bench
from shared.unit import Unit
from tests.notify.conftest import ANA, ANAS_PHONE, BO, NOON, Place, Story, messages, the
from tests.notify.phones import Crash, PocketCarrier
from tests.notify.test_hours import a_code


def ask_until_believed(bench: Bench) -> None:
    """Let every ask about an unanswered text pass."""
    for pause in ASK_AFTER:
        bench.at(pause)
        bench.work()


def dying_at(bench: Bench, step: int) -> Begin:
    """Opens units like the service, but dies instead of committing the `step`-th."""
    opened = 0

    @contextmanager
    def begin() -> Iterator[Unit]:
        nonlocal opened
        opened += 1
        with bench.service.begin() as unit:
            yield unit
            if opened == step:
                raise Crash

    return begin


def test_a_text_goes_out_once_and_is_told_once(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    assert carrier.phones.on(ANAS_PHONE) == [
        "您已报名午间半小时“小伤口”：5月12日（周三）12:00，庄家街51弄1号社区食堂。不能来请回复2取消。"
    ]
    message = the(bench, "place_confirmed")
    assert bench.said == [
        MessageSent(
            message_id=message.id,
            resident_id=ANA,
            purpose="place_confirmed",
            category="service",
            carrier="pocket",
            parts=1,
            session_id=place.session,
        )
    ]
    assert bench.work() == 0


def test_the_attempt_is_written_down_before_the_carrier_is_called(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    seen: list[tuple[UUID, str, str]] = []

    def look() -> None:
        seen.extend(bench.query("SELECT a.id, a.outcome, m.state FROM attempt a JOIN message m ON m.id = a.message_id"))

    carrier.before_send = look
    bench.work()
    assert seen == [(carrier.calls[0], "open", "sending")]


@pytest.mark.parametrize(
    ("dies", "arrives"),
    [
        ("before the attempt is written", 1),
        ("before the call", 1),
        ("after the carrier took it", 1),
        ("before the outcome is written", 1),
    ],
)
def test_a_sender_that_dies_anywhere_leads_to_one_text(
    bench: Bench, place: Place, carrier: PocketCarrier, dies: str, arrives: int
) -> None:
    begin: Begin = bench.service.begin
    match dies:
        case "before the attempt is written":
            begin = dying_at(bench, 1)
        case "before the call":
            carrier.next_sends.append("dies")
        case "after the carrier took it":
            carrier.next_sends.append("dies_after")
        case "before the outcome is written":
            begin = dying_at(bench, 2)
    with pytest.raises(Crash):
        send("texts", begin, 100, {"pocket": carrier}, {"pocket": 1})
    bench.query("UPDATE message SET lease_until = now() - interval '1 second' WHERE state = 'sending' RETURNING 1")
    bench.tick()
    ask_until_believed(bench)
    assert len(carrier.phones.on(ANAS_PHONE)) == arrives
    assert the(bench, "place_confirmed").accepted_at is not None
    assert bench.query("SELECT count(*) FROM outbox WHERE type = 'notify.message_sent'") == [(1,)]


def test_a_text_whose_sender_died_is_unknown_and_not_sent_again(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("dies_after")
    with pytest.raises(Crash):
        bench.work()
    assert the(bench, "place_confirmed").state == "sending"
    bench.query("UPDATE message SET lease_until = now() - interval '1 second' WHERE state = 'sending' RETURNING 1")
    bench.tick()
    message = the(bench, "place_confirmed")
    assert message.state == "unknown"
    assert bench.said == [MessageUnknown(message_id=message.id, purpose="place_confirmed", carrier="pocket")]
    assert len(carrier.calls) == 1


def test_a_text_is_left_to_its_sender_while_its_lease_lasts(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("dies_after")
    with pytest.raises(Crash):
        bench.work()
    bench.run(lambda _, unit: end_abandoned(unit), None)
    assert the(bench, "place_confirmed").state == "sending"
    bench.query("UPDATE message SET lease_until = now() - interval '2 minutes' WHERE state = 'sending' RETURNING 1")
    bench.run(lambda _, unit: end_abandoned(unit), None)
    assert the(bench, "place_confirmed").state == "unknown"


def test_an_unanswered_text_is_asked_about_and_found(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    assert the(bench, "place_confirmed").state == "unknown"
    bench.at(ASK_AFTER[0])
    bench.work()
    message = the(bench, "place_confirmed")
    assert message.state == "delivered"
    assert [type(event) for event in bench.said] == [MessageSent, MessageDelivered]
    assert len(carrier.calls) == 1


def test_an_unanswered_text_goes_again_only_when_the_carrier_is_certain(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    carrier.next_sends.append("lost")
    bench.work()
    for pause in ASK_AFTER[:-1]:
        bench.at(pause)
        bench.work()
        assert (the(bench, "place_confirmed").state, len(carrier.calls)) == ("unknown", 1)
    bench.at(ASK_AFTER[-1])
    bench.work()
    assert the(bench, "place_confirmed").state == "accepted"
    assert len(carrier.phones.on(ANAS_PHONE)) == 1
    assert [attempt.outcome for attempt in sorted(bench.all(Attempt), key=lambda attempt: attempt.number)] == [
        "not_sent",
        "accepted",
    ]


def test_while_the_carrier_is_away_nothing_goes_again(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    carrier.down = True
    ask_until_believed(bench)
    ask_until_believed(bench)
    assert (the(bench, "place_confirmed").state, len(carrier.calls)) == ("unknown", 1)
    carrier.down = False
    bench.at(ASK_AFTER[-1])
    bench.work()
    assert (the(bench, "place_confirmed").state, len(carrier.calls)) == ("delivered", 1)


def test_an_unanswered_login_code_never_goes_again_and_is_kept_nowhere(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    carrier.next_sends.append("lost")
    bench.hear(a_code(story, START + timedelta(hours=2)))
    bench.work("codes")
    ask_until_believed(bench)
    message = the(bench, "login_code")
    assert (message.state, len(carrier.calls)) == ("failed", 1)
    assert isinstance(bench.said[-1], MessageFailed)
    assert message.facts == ""
    assert [attempt.words for attempt in bench.all(Attempt)] == [""]


def test_login_codes_do_not_wait_behind_other_texts(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.hear(a_code(story, START + timedelta(minutes=5)))
    assert bench.work("codes") == 1
    assert carrier.phones.on(ANAS_PHONE) == ["登录验证码204060，5分钟内有效。请不要告诉任何人，工作人员也不会问您要。"]
    assert the(bench, "login_code").facts == ""


def test_a_busy_carrier_is_tried_again_later(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.extend(["429", "isv.BUSINESS_LIMIT_CONTROL"])
    bench.work()
    assert (the(bench, "place_confirmed").state, the(bench, "place_confirmed").held_for) == ("planned", "carrier")
    bench.at(try_again_after(1))
    bench.work()
    bench.at(try_again_after(2))
    bench.work()
    assert the(bench, "place_confirmed").state == "accepted"
    assert len(carrier.phones.on(ANAS_PHONE)) == 1
    assert len(carrier.calls) == 3


def test_a_hard_refusal_fails_at_once(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("isv.MOBILE_NUMBER_ILLEGAL")
    bench.work()
    message = the(bench, "place_confirmed")
    assert message.state == "failed"
    assert bench.said == [
        MessageFailed(message_id=message.id, purpose="place_confirmed", carrier="pocket", code="isv.MOBILE_NUMBER_ILLEGAL")
    ]


def test_the_same_text_is_planned_once(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.hear(story.confirmed(place.registration, place.session))
    bench.work()
    assert len(messages(bench, "place_confirmed")) == 1
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def test_reminders_go_a_day_and_two_hours_ahead(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.at(NOON - timedelta(hours=24))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[1:] == [
        "提醒您：午间半小时“小伤口”，明天12:00，庄家街51弄1号社区食堂。能来请回复1，不能来请回复2取消。"
    ]
    bench.at(NOON - timedelta(hours=2))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[2:] == [
        "今天12:00的午间半小时“小伤口”快开始了，庄家街51弄1号社区食堂，路上请慢走。不能来请回复2取消。"
    ]


def test_a_place_given_back_forgets_its_reminders(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.hear(story.cancelled(place.registration, place.session))
    assert [event.reason for event in bench.said if isinstance(event, MessageSkipped)] == ["cancelled", "cancelled"]
    bench.work()
    bench.at(NOON - timedelta(hours=1))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[1:] == ["已为您取消5月12日（周三）12:00的午间半小时“小伤口”，名额会留给候补的邻居。"]


def test_everybody_on_the_list_hears_that_a_session_is_off(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.hear(story.resident(BO, "+8613800138002"), story.waitlisted(new_id(), place.session, BO))
    bench.work()
    bench.hear(story.session_cancelled(place.session))
    bench.work()
    bench.at(NOON - timedelta(hours=1))
    bench.work()
    assert "取消，请不要前往" in carrier.phones.on(ANAS_PHONE)[-1]
    assert "取消，请不要前往" in carrier.phones.on("13800138002")[-1]
    assert [message.skip_reason for message in messages(bench, "reminder_day")] == ["cancelled"]


def test_a_session_that_moves_takes_its_reminders_along(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.hear(story.session(place.session, NOON + timedelta(days=1)))
    assert [message.state for message in messages(bench, "reminder_day")] == ["skipped", "planned"]
    bench.at(NOON)
    bench.work()
    assert "明天12:00" in carrier.phones.on(ANAS_PHONE)[-1]


def test_another_time_is_told_to_those_on_the_list_and_moves_their_reminders(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.hear(story.resident(BO, "+8613800138002"), story.waitlisted(new_id(), place.session, BO))
    bench.work()
    bench.hear(story.session_changed(place.session, NOON + timedelta(days=1)))
    bench.work()
    said = (
        "午间半小时改期：原5月12日（周三）12:00，改为5月13日（周四）12:00，庄家街51弄1号社区食堂。名额还在，不能来请回复2取消。"
    )
    assert carrier.phones.on(ANAS_PHONE)[-1] == said
    assert carrier.phones.on("13800138002")[-1] != said
    assert [message.state for message in messages(bench, "reminder_day")] == ["skipped", "planned"]


def test_another_place_is_told_and_another_topic_alone_is_not(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    bench.hear(story.session_changed(place.session))
    assert bench.work() == 0
    bench.hear(story.session_changed(place.session, place="文庙"))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE)[-1].startswith("5月12日（周三）12:00的午间半小时“小伤口”换地方了，改在文庙。")


def test_who_waits_is_told_where_and_then_that_there_is_a_place(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    session, registration = new_id(), new_id()
    bench.hear(story.resident(), story.session(session), story.waitlisted(registration, session))
    bench.work()
    bench.hear(story.confirmed(registration, session, from_waitlist=True))
    bench.work()
    first, second = carrier.phones.on(ANAS_PHONE)
    assert "候补第3位" in first
    assert second.startswith("候补到您了")


def test_without_consent_or_phone_nothing_is_sent_and_the_reason_is_told(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    session = new_id()
    bench.hear(
        story.resident(consents=()),
        story.resident(BO, ""),
        story.session(session),
        story.confirmed(new_id(), session, ANA),
        story.confirmed(new_id(), session, BO),
    )
    bench.work()
    assert {event.resident_id: event.reason for event in bench.said if isinstance(event, MessageSkipped)} == {
        ANA: "opted_out",
        BO: "no_phone",
    }
    assert carrier.calls == []


def test_consent_is_looked_at_again_when_the_text_is_due(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.hear(ConsentChanged(resident_id=ANA, purpose="texts", given=False, channel="web"))
    bench.at(NOON - timedelta(hours=24))
    bench.work()
    assert the(bench, "reminder_day").skip_reason == "opted_out"
    bench.hear(ConsentChanged(resident_id=ANA, purpose="texts", given=True, channel="staff"))
    bench.at(NOON - timedelta(hours=2))
    bench.work()
    assert the(bench, "reminder_hours").state == "accepted"


def test_a_referral_reaches_who_wants_no_other_texts(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    bench.hear(story.resident(consents=()))
    bench.hear(story.referral(new_id()), source="/stations")
    bench.work()
    assert carrier.phones.on(ANAS_PHONE) == ["您好，社区工作人员想与您联系，请在5月24日（周一）前来电12345，有人接听。"]


def test_a_number_gets_no_more_than_its_budget_a_day(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    bench.hear(story.resident())
    sessions = [new_id() for _ in range(9)]
    for number, session in enumerate(sessions):
        bench.hear(story.session(session, NOON + timedelta(days=10, hours=number)), story.confirmed(new_id(), session))
    carrier.next_sends.extend(["429"])
    bench.work()
    waiting = [message.held_for for message in messages(bench, "place_confirmed") if message.state == "planned"]
    assert (len(carrier.phones.on(ANAS_PHONE)), sorted(waiting)) == (7, ["carrier", "limit"])
    bench.at(try_again_after(1))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 8
    bench.at(START + timedelta(days=1))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 9


def test_login_codes_have_a_budget_of_their_own(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    bench.hear(a_code(story, START + timedelta(minutes=5)), a_code(story, START + timedelta(seconds=59)))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 1
    bench.at(timedelta(minutes=1))
    bench.work()
    assert [message.skip_reason for message in messages(bench, "login_code")] == ["", "expired"]


def test_a_receipt_that_never_comes_is_asked_for(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    carrier.under_way = True
    bench.at(timedelta(minutes=30))
    bench.work()
    assert the(bench, "place_confirmed").state == "accepted"
    carrier.under_way = False
    bench.at(timedelta(hours=6))
    bench.work()
    assert the(bench, "place_confirmed").state == "delivered"


def test_personal_values_are_kept_encrypted_and_told_to_nobody(bench: Bench, place: Place) -> None:
    bench.work()
    kept = str(bench.query("SELECT m, a, c, o, j FROM message m, attempt a, contact c, outbox o, job j"))
    assert ANAS_PHONE not in kept
    assert "午间半小时" not in kept


def test_a_text_that_cannot_be_written_is_put_off_and_keeps_nobody_waiting(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.query("UPDATE message SET facts = 'nonsense' WHERE purpose = 'place_confirmed' RETURNING 1")
    bench.hear(story.resident(BO, "+8613800138002"), story.confirmed(new_id(), place.session, BO))
    bench.work()
    assert sorted((message.state, message.held_for) for message in messages(bench, "place_confirmed")) == [
        ("accepted", ""),
        ("planned", "broken"),
    ]
    assert len(carrier.calls) == 1
