"""A text that does not arrive is followed by a call, and a call that reaches nobody by a neighbour at the door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.domain.calls import CallOutcome
from services.notify.features.call import NoteCall, ToCall, list_calls, note_call
from services.notify.features.go_to_door import NoteErrand, Round, list_errands, note_errand
from services.notify.tables import Call, CallTry, Choice, Errand
from shared import clock
from shared.contracts.notify import CallMade, ErrandDone, FellBack, OptedOut, ReplyReceived
from shared.contracts.registration import ResidentChanged
from shared.errors import Invalid, NotFound
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, NOON, Place, Story, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import an_offer, post_receipts, receipt_of

STAFF = UUID(int=7)


def calls(bench: Bench, **limits: frozenset[str]) -> list[ToCall]:
    with bench.service.begin() as unit:
        return list_calls(unit, limits)


def errands(bench: Bench) -> list[Round]:
    with bench.service.begin() as unit:
        return list_errands(unit)


def noted(bench: Bench, outcome: CallOutcome, **more: Any) -> list[Any]:
    """What is told when the one call on the list comes to this."""
    (call,) = calls(bench)
    bench.run(note_call, NoteCall(message_id=call.call.message_id, outcome=outcome, staff_id=STAFF, **more))
    return bench.said


@pytest.fixture
def offer(bench: Bench, story: Story) -> Place:
    """Ana is offered a place by a text that did not reach her: her number is dead."""
    place = an_offer(bench, story, hours=6)
    post_receipts(bench, receipt_of(bench, success=False, code="MK:0001"))
    bench.tick()
    return place


def test_a_text_that_failed_is_followed_by_a_call(bench: Bench, offer: Place) -> None:
    message = the(bench, "place_offered")
    fell = FellBack(message_id=message.id, resident_id=ANA, purpose="place_offered", step="call", why="failed")
    assert [event for event in bench.said if isinstance(event, FellBack)] == [fell]
    (call,) = calls(bench)
    assert (call.numbers, call.asks, call.call.why) == ([ANAS_PHONE], True, "failed")
    bench.tick()
    assert not [event for event in bench.said if isinstance(event, FellBack)], "asked for once"


def test_a_text_unknown_for_half_an_hour_is_followed_by_a_call_which_a_receipt_makes_needless(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    carrier.next_sends.append("lost")
    carrier.down = True
    an_offer(bench, story)
    bench.at(timedelta(minutes=29))
    bench.tick()
    assert calls(bench) == []
    bench.at(timedelta(minutes=2))
    bench.tick()
    assert [call.call.why for call in calls(bench)] == ["unknown"]
    post_receipts(bench, receipt_of(bench))
    assert calls(bench) == []


def test_a_dead_number_is_not_called_about_what_is_worth_no_call(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench, success=False, code="MK:0001"))
    bench.tick()
    assert bench.all(Call) == []


@pytest.mark.parametrize(("outcome", "meaning"), [("coming", "accept"), ("not_coming", "decline")])
def test_what_is_said_on_the_phone_counts_as_the_same_by_text(
    bench: Bench, offer: Place, outcome: CallOutcome, meaning: str
) -> None:
    told, made = noted(bench, outcome)
    assert isinstance(told, ReplyReceived)
    assert (told.meaning, told.registration_id, told.session_id) == (meaning, offer.registration, offer.session)
    assert (told.resident_id, told.channel) == (ANA, "call")
    assert made == CallMade(message_id=the(bench, "place_offered").id, purpose="place_offered", outcome=outcome, tries=1)
    assert calls(bench) == []


def test_who_will_think_about_it_is_called_again_when_they_said(bench: Bench, offer: Place) -> None:
    again = clock.now() + timedelta(hours=2)
    noted(bench, "undecided", again_at=again)
    assert [(call.call.again_at, len(call.tries)) for call in calls(bench)] == [(again, 1)]
    for never in (clock.now() - timedelta(minutes=1), NOON + timedelta(days=30)):
        with pytest.raises(Invalid):
            noted(bench, "undecided", again_at=never)
    assert len(bench.all(CallTry)) == 1


def test_three_calls_that_reach_nobody_send_a_volunteer_to_the_door(bench: Bench, story: Story, offer: Place) -> None:
    seal = story.keys.seal
    known = {"phone": ANAS_PHONE, "name": "王𠮷珍", "landline": "", "neighbourhood": "明日星城"}
    sealed = {field: seal("notify", value) if value else "" for field, value in known.items()}
    bench.hear(ResidentChanged.model_validate({"resident_id": ANA, "street": "310101019", "calls": False} | sealed))
    for outcome in ("no_answer", "busy"):
        noted(bench, outcome)
        assert errands(bench) == []
    (fell,) = [event for event in noted(bench, "no_answer") if isinstance(event, FellBack)]
    assert (fell.step, fell.why) == ("volunteer", "not_reached")
    assert calls(bench) == []
    (around,) = errands(bench)
    assert around.neighbourhood == "明日星城"
    assert [(door.name, door.words) for door in around.doors] == [
        ("王𠮷珍", "候补到了，问要不要：午间半小时，5月12日（周三）12:00，庄家街51弄1号社区食堂。请在今天15:00前答复。")
    ]
    page = bench.client("clerk", browser=True).get("/notify/messages/errands").text
    assert "明日星城" in page
    assert "王𠮷珍" in page
    assert "王𠮷珍" not in bench.client("operator", browser=True).get("/notify/messages/errands").text


def test_a_door_is_gone_to_until_somebody_was_there(bench: Bench, offer: Place) -> None:
    noted(bench, "wrong_number")
    ((door,),) = [around.doors for around in errands(bench)]
    wish = NoteErrand(message_id=door.errand.message_id, outcome="not_home", staff_id=STAFF)
    bench.run(note_errand, wish)
    assert len(errands(bench)) == 1
    bench.run(note_errand, wish.model_copy(update={"outcome": "told"}))
    assert bench.said == [ErrandDone(message_id=door.errand.message_id, purpose="place_offered", outcome="told")]
    assert errands(bench) == []
    assert [(row.tries, row.outcome) for row in bench.all(Errand)] == [(2, "told")]
    for message_id in (door.errand.message_id, new_id()):
        with pytest.raises(NotFound):
            bench.run(note_errand, wish.model_copy(update={"message_id": message_id}))


def test_an_offer_that_is_over_sends_nobody_to_the_door(bench: Bench, story: Story, offer: Place) -> None:
    noted(bench, "wrong_number")
    bench.hear(story.expired(offer.registration, offer.session))
    assert errands(bench) == []


def test_who_asks_for_no_more_calls_gets_none(bench: Bench, story: Story, offer: Place) -> None:
    (opted_out,) = [event for event in noted(bench, "no_more_calls") if isinstance(event, OptedOut)]
    assert (opted_out.category, opted_out.channel, opted_out.proof) == ("calls", "staff", STAFF)
    bench.hear(story.session_cancelled(offer.session))
    bench.work()
    post_receipts(bench, *(receipt_of(bench, success=False, code="MK:0001", out_id=str(row[0])) for row in attempts(bench)))
    bench.tick()
    assert calls(bench) == []
    assert [(row.category, row.wanted) for row in bench.all(Choice)] == [("calls", False)]


def attempts(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.query("SELECT id FROM attempt ORDER BY id")


def test_calls_are_listed_and_noted_through_the_interface_inside_ones_limits(bench: Bench, offer: Place) -> None:
    clerk, path = bench.client("clerk"), f"/notify/api/calls/{the(bench, 'place_offered').id}"
    assert [call["numbers"] for call in clerk.get("/notify/api/calls").json()] == [[ANAS_PHONE]]
    assert bench.client("operator").get("/notify/api/calls").status_code == 403
    assert clerk.post(path, json={"outcome": "asleep"}).status_code == 422
    assert clerk.post(path, json={"outcome": "undecided", "again_at": "2021-05-01T10:00:00+08:00"}).status_code == 422
    assert clerk.post(path, json={"outcome": "coming"}).json()["ended_at"]
    assert clerk.post(path, json={"outcome": "coming"}).status_code == 404


def test_what_is_elsewhere_is_not_on_the_list_of_somebody_with_limits(bench: Bench, offer: Place) -> None:
    assert len(calls(bench, street=frozenset({"310101019"}))) == 1
    assert len(calls(bench, programme=frozenset({str(UUID(int=9))}))) == 1
    assert calls(bench, street=frozenset({"310101020"})) == []
    assert calls(bench, station=frozenset({str(UUID(int=9))})) == []
