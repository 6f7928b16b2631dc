"""Two carriers: shares, leaving one that fails, coming back by itself, and never two carriers for one text in doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.domain import routing
from services.notify.domain.outcomes import ASK_AFTER
from services.notify.domain.routing import Lately, next_trial, pick, why_leave
from services.notify.main import service
from services.notify.tables import Attempt, CarrierStanding
from shared.contracts.notify import CarrierBack, CarrierLeft
from shared.event import Event, new_id
from shared.testing import START, Bench
from tests.conftest import Databases
from tests.notify.conftest import NOON, Story, messages
from tests.notify.phones import PocketCarrier
from tests.notify.test_hours import a_code


@pytest.fixture
def other() -> PocketCarrier:
    """The second carrier."""
    return PocketCarrier("other")


@pytest.fixture
def bench(databases: Databases, keys: Path, carrier: PocketCarrier, other: PocketCarrier) -> Iterator[Bench]:
    """Notify with two carriers, half and half."""
    made = service(
        carriers={carrier.name: carrier, other.name: other},
        carrier_url="http://127.0.0.1:9",
        database_url=databases.fresh("notify"),
        keys=keys,
        profile="demo",
    )
    yield Bench(made)
    made.close()


def people(story: Story, count: int) -> list[Event]:
    """So many residents with a place in one session."""
    session = new_id()
    told: list[Event] = [story.session(session, NOON)]
    for number in range(count):
        resident = new_id()
        told += [story.resident(resident, f"+86139{number:08}"), story.confirmed(new_id(), session, resident)]
    return told


def by_carrier(bench: Bench, outcome: str) -> Counter[str]:
    """Attempts that ended so, by carrier."""
    return Counter(attempt.carrier for attempt in bench.all(Attempt) if attempt.outcome == outcome)


def test_texts_are_shared_out(bench: Bench, story: Story) -> None:
    bench.hear(*people(story, 40))
    bench.work()
    assert min(by_carrier(bench, "accepted").values()) > 8


def test_a_carrier_that_cannot_be_reached_is_left_and_its_texts_go_to_the_other_at_once(
    bench: Bench, story: Story, carrier: PocketCarrier, other: PocketCarrier
) -> None:
    carrier.next_sends.extend(["UNREACHABLE"] * 50)
    bench.hear(*people(story, 20))
    bench.work()
    assert [message.state for message in messages(bench, "place_confirmed")] == ["accepted"] * 20
    assert by_carrier(bench, "accepted") == {"other": 20}
    (left,) = [event for event in bench.said if isinstance(event, CarrierLeft)]
    assert (left.carrier, left.reason, left.errors) == ("pocket", "errors", left.answers)
    assert all(len(texts) == 1 for texts in other.phones.all().values())


def test_a_left_carrier_is_tried_with_one_text_and_comes_back_by_itself(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    carrier.next_sends.extend(["UNREACHABLE"] * 50)
    bench.hear(*people(story, 20))
    bench.work()
    before = len(carrier.calls)
    bench.at(next_trial(1))
    bench.hear(*people(story, 5))
    bench.work()
    assert len(carrier.calls) == before + 1
    carrier.next_sends.clear()
    bench.at(next_trial(2))
    bench.hear(*people(story, 1))
    bench.work()
    assert [event.carrier for event in bench.said if isinstance(event, CarrierBack)] == ["pocket"]
    assert [standing.state for standing in bench.all(CarrierStanding)] == ["open"]


def test_a_text_in_doubt_stays_with_its_carrier(bench: Bench, story: Story, carrier: PocketCarrier, other: PocketCarrier) -> None:
    carrier.next_sends.extend(["lost"] * 50)
    other.next_sends.extend(["lost"] * 50)
    bench.hear(*people(story, 12))
    bench.work()
    unknown = {attempt.message_id: attempt.carrier for attempt in bench.all(Attempt) if attempt.outcome == "unknown"}
    assert unknown
    carrier.next_sends.clear()
    other.next_sends.clear()
    for pause in ASK_AFTER[:-1]:
        bench.at(pause)
        bench.work()
    again = {attempt.message_id for attempt in bench.all(Attempt) if attempt.number > 1}
    assert not again & unknown.keys()
    bench.at(ASK_AFTER[-1])
    bench.work()
    bench.work()
    assert {message.state for message in messages(bench, "place_confirmed")} <= {"accepted", "delivered"}
    assert all(len(texts) == 1 for one in (carrier, other) for texts in one.phones.all().values())


def test_with_every_carrier_left_texts_wait_and_log_in_codes_are_tried(
    bench: Bench, story: Story, carrier: PocketCarrier, other: PocketCarrier
) -> None:
    for one in (carrier, other):
        one.next_sends.extend(["UNREACHABLE"] * 100)
    bench.hear(*people(story, 20))
    bench.work()
    assert {standing.state for standing in bench.all(CarrierStanding)} == {"left"}
    tried = len(carrier.calls) + len(other.calls)
    bench.hear(*people(story, 10))
    assert bench.work() == 0
    assert len(carrier.calls) + len(other.calls) == tried
    bench.hear(a_code(story, START + timedelta(minutes=5)))
    bench.work("codes")
    assert len(carrier.calls) + len(other.calls) == tried + 1


def test_operators_take_a_carrier_out_and_put_it_back(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    made = bench.client("operator")
    assert made.put("/notify/api/carriers/nobody", json={"used": False}).status_code == 404
    assert bench.client("clerk").put("/notify/api/carriers/pocket", json={"used": False}).status_code == 403
    assert made.get("/notify/api/carriers").json()[0]["state"] == "open"
    assert made.put("/notify/api/carriers/simulated", json={"used": False}).status_code == 409


def test_a_carrier_taken_out_gets_nothing_until_it_is_put_back(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    bench.add(CarrierStanding(name="pocket", state="out", since=START))
    bench.hear(*people(story, 10))
    bench.work()
    bench.at(timedelta(hours=1))
    bench.hear(*people(story, 10))
    bench.work()
    assert (len(carrier.calls), by_carrier(bench, "accepted")["other"]) == (0, 20)


def test_few_or_other_errors_do_not_make_a_carrier_left() -> None:
    assert why_leave(Lately(answers=2, errors=2, slow=0)) is None
    assert why_leave(Lately(answers=100, errors=49, slow=49)) is None
    assert why_leave(Lately(answers=6, errors=3, slow=0)) == "errors"
    assert why_leave(Lately(answers=6, errors=0, slow=3)) == "slow"
    assert not routing.is_its_fault("aliyun", "isv.MOBILE_NUMBER_ILLEGAL")


def test_shares_hold_over_many_texts_and_one_number_falls_to_one_carrier() -> None:
    ids = [new_id() for _ in range(2_000)]
    picked = Counter(pick({"aliyun": 70, "tencent": 30}, id) for id in ids)
    assert 1_300 < picked["aliyun"] < 1_500
    assert [pick({"aliyun": 70, "tencent": 30}, id) for id in ids[:5]] == [
        pick({"aliyun": 70, "tencent": 30}, id) for id in ids[:5]
    ]
