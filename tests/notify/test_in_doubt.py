"""A carrier that cannot be asked: texts in doubt are sent again only where that does no harm, else somebody decides."""

from __future__ import annotations

import pytest

from services.notify.domain.outcomes import ASK_AFTER
from services.notify.tables import Attempt
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANAS_PHONE, Place, Story, messages, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_sending import ask_until_believed


@pytest.fixture
def carrier() -> PocketCarrier:
    """A carrier without a way to ask."""
    return PocketCarrier(asks=False)


def test_a_confirmation_in_doubt_is_never_sent_again_by_itself(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    ask_until_believed(bench)
    ask_until_believed(bench)
    assert (the(bench, "place_confirmed").state, len(carrier.calls)) == ("unknown", 1)


def test_that_a_session_is_off_is_sent_once_more(bench: Bench, story: Story, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.hear(story.session_cancelled(place.session))
    carrier.next_sends.extend(["lost", "lost"])
    bench.work()
    ask_until_believed(bench)
    ask_until_believed(bench)
    assert the(bench, "session_cancelled").state == "unknown"
    assert sorted(attempt.outcome for attempt in bench.all(Attempt)) == ["accepted", "doubtful", "unknown"]


@pytest.mark.parametrize(("went", "state", "calls"), [(True, "accepted", 1), (False, "accepted", 2)])
def test_somebody_decides_whether_it_went(
    bench: Bench, place: Place, carrier: PocketCarrier, went: bool, state: str, calls: int
) -> None:
    carrier.next_sends.append("lost")
    bench.work()
    path = f"/notify/api/messages/{the(bench, 'place_confirmed').id}/decision"
    clerk = bench.client("clerk")
    assert clerk.post(path, json={"went": went}).status_code == 200
    bench.work()
    assert (the(bench, "place_confirmed").state, len(carrier.calls)) == (state, calls)
    again = clerk.post(path, json={"went": went})
    assert (again.status_code, again.json()["detail"]) == (409, "这条短信已经有结果，不用再定。请刷新看看。")


def test_only_the_desk_decides_and_only_about_texts_there_are(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("lost")
    bench.work()
    path = f"/notify/api/messages/{the(bench, 'place_confirmed').id}/decision"
    assert bench.client("nurse").post(path, json={"went": True}).status_code == 403
    assert bench.client("resident").post(path, json={"went": True}).status_code in (401, 403)
    assert bench.client("clerk").post(f"/notify/api/messages/{new_id()}/decision", json={"went": True}).status_code == 404
    assert bench.client("clerk").post(path, json={"went": "perhaps"}).status_code == 422
    assert the(bench, "place_confirmed").state == "unknown"


def test_a_receipt_still_ends_the_doubt(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    bench.at(ASK_AFTER[0])
    bench.work()
    (attempt,) = bench.all(Attempt)
    receipt = {"phone_number": ANAS_PHONE, "success": True, "err_code": "DELIVERED", "biz_id": "7", "out_id": str(attempt.id)}
    assert (
        bench.client().post("/notify/api/carrier/receipts", json=[receipt], headers={"x-carrier-token": "demo"}).status_code
        == 200
    )
    bench.work()
    assert [message.state for message in messages(bench, "place_confirmed")] == ["delivered"]
