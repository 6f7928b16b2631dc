"""How the carriers are doing, as staff see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.domain.carrier_codes import Family
from services.notify.features.watch_carriers import CarrierHealth, watch_carriers
from services.notify.main import service
from services.notify.tables import CarrierStanding
from shared.event import new_id
from shared.testing import START, Bench
from tests.conftest import Databases
from tests.notify.conftest import Place, Story, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import post_receipts, receipt_of
from tests.notify.test_sending import ask_until_believed

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


@pytest.fixture
def two_carriers(databases: Databases, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Notify with two carriers by its settings."""
    monkeypatch.setenv("JIAMENKOU_CARRIERS", "simulated=70 second=30")
    made = service(carrier_url="http://127.0.0.1:9", database_url=databases.fresh("notify"), keys=keys, profile="demo")
    yield Bench(made)
    made.close()


def test_an_operator_takes_a_carrier_out_and_puts_it_back(two_carriers: Bench) -> None:
    client = two_carriers.client("operator", browser=True)
    assert "70%" in client.get("/notify/messages/carriers").text
    answer = client.post("/notify/messages/carriers", data={"carrier": "simulated", "used": "false"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/notify/messages/carriers")
    assert "人工停用" in client.get("/notify/messages/carriers").text
    refused = client.post("/notify/messages/carriers", data={"carrier": "second", "used": "false"})
    assert refused.status_code == 409
    assert "请先恢复另一家" in refused.text
    client.post("/notify/messages/carriers", data={"carrier": "simulated", "used": "true"})
    assert "人工停用" not in client.get("/notify/messages/carriers").text


@pytest.mark.parametrize(
    ("role", "carrier", "status"), [("clerk", "second", 403), ("operator", "𠮷🙂", 404), ("operator", "", 422)]
)
def test_who_may_not_or_names_no_carrier_changes_nothing(two_carriers: Bench, role: str, carrier: str, status: int) -> None:
    client = two_carriers.client(role, browser=True)
    assert client.post("/notify/messages/carriers", data={"carrier": carrier, "used": "false"}).status_code == status
    assert two_carriers.all(CarrierStanding) == []


def test_a_carrier_that_is_left_shows_when_it_is_tried_again(two_carriers: Bench) -> None:
    two_carriers.add(CarrierStanding(name="second", state="left", since=START, tries=2, trial_at=START + timedelta(seconds=20)))
    page = two_carriers.client("clerk", browser=True).get("/notify/messages/carriers").text
    assert "先避开" in page
    assert "再试" in page
    assert "由运行人员办理" in page


@pytest.mark.parametrize(("went", "sent"), [("true", 1), ("false", 2)])
def test_of_a_text_in_doubt_somebody_says_on_its_page_whether_it_went(
    bench: Bench, place: Place, carrier: PocketCarrier, went: str, sent: int
) -> None:
    carrier.asks = False
    carrier.next_sends.append("lost")
    bench.work()
    ask_until_believed(bench)
    path = f"/notify/messages/{the(bench, 'place_confirmed').id}"
    assert "由社工或运行人员定" in bench.client("nurse", browser=True).get(path).text
    assert bench.client("nurse", browser=True).post(path, data={"went": went}).status_code == 403
    client = bench.client("clerk", browser=True)
    assert "没有发出，再发一次" in client.get(path).text
    answer = client.post(path, data={"went": went})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    bench.work()
    assert (the(bench, "place_confirmed").state, len(carrier.calls)) == ("accepted", sent)
    assert "没有发出，再发一次" not in client.get(path).text
    assert client.post(path, data={"went": went}).status_code == 409
