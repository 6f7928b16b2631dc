"""How the carriers are doing, as staff see it."""

from __future__ import annotations

from datetime import timedelta

from services.notify.domain.carrier_codes import Family
from services.notify.features.watch_carriers import CarrierHealth, watch_carriers
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import Place, Story, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import post_receipts, receipt_of

HOUR = timedelta(hours=1)


def health(bench: Bench, within: timedelta = HOUR, weights: dict[str, int] | None = None) -> CarrierHealth:
    with bench.service.begin() as unit:
        return watch_carriers({"pocket": 100} if weights is None else weights, within, unit)[0]


def waitlist(bench: Bench, story: Story, many: int) -> None:
    session = new_id()
    bench.hear(story.resident(), story.session(session), *(story.waitlisted(new_id(), session) for _ in range(many)))


def test_a_carrier_that_takes_everything_has_no_errors(bench: Bench, story: Story) -> None:
    waitlist(bench, story, 4)
    bench.work()
    seen = health(bench)
    assert (seen.attempts, seen.accepted, seen.error_share, seen.owed) == (4, 4, 0.0, 0)
    assert (seen.p50_ms, seen.p95_ms) == (0, 0)


def test_silence_and_a_busy_carrier_are_its_errors_and_a_dead_number_is_not(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    waitlist(bench, story, 4)
    carrier.next_sends.extend(["lost", "429", "MK:0001"])
    bench.work()
    seen = health(bench)
    assert (seen.attempts, seen.accepted, seen.unanswered, seen.troubles) == (4, 1, 1, 1)
    assert seen.error_share == 50.0
    assert seen.owed == 1
    assert {(code.code, code.family, code.refused) for code in seen.codes} == {
        ("429", Family.BUSY, True),
        ("MK:0001", Family.CONTACT, True),
    }


def test_what_is_found_out_later_still_counts_as_unanswered_but_is_owed_no_more(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    carrier.next_sends.append("lost")
    bench.work()
    for _ in range(5):
        bench.at(timedelta(minutes=16))
        bench.work()
    seen = health(bench, timedelta(hours=24))
    assert (seen.unanswered, seen.owed) == (1, 0)


def test_a_receipts_code_is_no_error_of_the_carrier(bench: Bench, place: Place) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench, success=False, err_code="MK:0001"))
    seen = health(bench)
    assert [(code.code, code.refused) for code in seen.codes] == [("MK:0001", False)]
    assert seen.error_share == 0.0


def test_older_attempts_are_left_out_but_not_what_is_owed(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    bench.at(timedelta(hours=2))
    seen = health(bench)
    assert (seen.attempts, seen.owed, seen.error_share) == (0, 1, None)
    assert health(bench, timedelta(hours=24)).attempts == 1


def test_a_carrier_that_the_settings_do_not_name_any_more_is_shown_while_it_matters(bench: Bench, place: Place) -> None:
    bench.work()
    seen = health(bench, weights={})
    assert (seen.name, seen.weight) == ("pocket", 0)
    page = bench.client("operator", browser=True).get("/notify/messages/carriers").text
    assert "不再使用" in page


def test_the_page_shows_each_carrier_and_its_codes(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("429")
    bench.work()
    client = bench.client("operator", browser=True)
    page = client.get("/notify/messages/carriers?hours=24").text
    assert "pocket 给的代码" in page
    assert "运营商忙" in page
    assert client.get("/notify/messages/carriers?hours=0").status_code == 422
    assert bench.client("resident", browser=True).get("/notify/messages/carriers").status_code == 403
    assert the(bench, "place_confirmed").state == "planned"
