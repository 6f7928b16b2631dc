"""A referral is followed up by a nurse, once; others see that it is open, and no value."""

from __future__ import annotations

import pytest

from services.stations.features.close_referral import AlreadyClosed, CloseReferral, close_referral
from services.stations.tables import Referral
from shared.contracts.stations import ReferralClosed
from shared.event import new_id
from shared.testing import Bench
from tests.stations.visits import OTHER, SITE, STATION, pressure, reading, record, visit

NURSE = new_id()


@pytest.fixture
def referral(bench: Bench) -> Referral:
    """An open referral, for 183/96."""
    record(bench, visit(pressure(183, 96), reading("glucose", value=5.5, meal="fasting"), reading("spo2", value=400)))
    return bench.all(Referral)[0]


def test_closing_tells_the_outcome(bench: Bench, referral: Referral) -> None:
    bench.run(close_referral, CloseReferral(referral_id=referral.id, outcome="seen", closed_by=NURSE))
    assert bench.said == [ReferralClosed(referral_id=referral.id, station_id=SITE.id, outcome="seen")]
    closed = bench.get(Referral, referral.id)
    assert (closed.state, closed.outcome, closed.closed_by) == ("closed", "seen", NURSE)


def test_a_referral_is_closed_once(bench: Bench, referral: Referral) -> None:
    command = CloseReferral(referral_id=referral.id, outcome="seen", closed_by=NURSE)
    bench.run(close_referral, command)
    with pytest.raises(AlreadyClosed):
        bench.run(close_referral, command)


def test_the_interface_closes_for_a_nurse_only(bench: Bench, referral: Referral) -> None:
    path = f"/stations/api/referrals/{referral.id}/close"
    assert bench.client().post(path, json={"outcome": "seen"}).status_code == 401
    assert bench.client("clerk").post(path, json={"outcome": "seen"}).status_code == 403
    nurse = bench.client("nurse")
    assert nurse.post(path, json={"outcome": "cured"}).status_code == 422
    assert nurse.post(path, json={"outcome": "declined"}).json()["outcome"] == "declined"
    assert nurse.post(path, json={"outcome": "seen"}).status_code == 409
    assert nurse.post(f"/stations/api/referrals/{new_id()}/close", json={"outcome": "seen"}).status_code == 404


def test_the_interface_lists_referrals_without_values(bench: Bench, referral: Referral) -> None:
    assert bench.client("resident").get("/stations/api/referrals").status_code == 403
    answer = bench.client("clerk").get("/stations/api/referrals")
    [listed] = answer.json()
    assert (listed["id"], listed["station_code"], listed["due_on"]) == (str(referral.id), STATION, "2021-05-24")
    assert "183" not in answer.text


def test_open_referrals_come_first_by_due_day(bench: Bench, referral: Referral) -> None:
    record(bench, visit(pressure(190, 99)))
    bench.run(close_referral, CloseReferral(referral_id=referral.id, outcome="seen", closed_by=NURSE))
    states = [listed["state"] for listed in bench.client("clerk").get("/stations/api/referrals").json()]
    assert states == ["open", "closed"]


def test_the_page_shows_values_to_a_nurse_only(bench: Bench, referral: Referral) -> None:
    path = f"/stations/referrals/{referral.id}"
    seen_by_nurse = bench.client("nurse", browser=True).get(path).text
    assert "183/96" in seen_by_nurse
    assert "5.5" in seen_by_nurse
    assert "超出可信范围" in seen_by_nurse
    seen_by_clerk = bench.client("clerk", browser=True).get(path)
    assert seen_by_clerk.status_code == 200
    assert "183" not in seen_by_clerk.text
    assert '<form method="post" action="/stations/referrals' not in seen_by_clerk.text


def test_a_nurse_closes_on_the_page_and_comes_back_to_the_list(bench: Bench, referral: Referral) -> None:
    browser = bench.client("nurse", browser=True)
    answer = browser.post(f"/stations/referrals/{referral.id}", data={"outcome": "unreachable"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/stations/referrals")
    assert "联系不上" in browser.get("/stations/referrals").text
    assert browser.post(f"/stations/referrals/{referral.id}", data={"outcome": "seen"}).status_code == 409
    assert (
        bench.client("clerk", browser=True).post(f"/stations/referrals/{referral.id}", data={"outcome": "seen"}).status_code
        == 403
    )


def test_who_saw_the_values_is_logged_and_the_values_are_not(
    bench: Bench, referral: Referral, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.client("nurse", id=NURSE, browser=True).get(f"/stations/referrals/{referral.id}")
    logged = capsys.readouterr().out
    assert "readings_shown" in logged
    assert str(NURSE) in logged
    assert "183" not in logged.replace(str(NURSE), "").replace(str(referral.id), "")


@pytest.mark.parametrize("path", ["/stations/referrals", "/stations/board", f"/stations/{STATION}"])
def test_pages_are_for_staff(bench: Bench, path: str) -> None:
    assert bench.client(browser=True).get(path).status_code == 401
    assert bench.client("resident", browser=True).get(path).status_code == 403
    assert bench.client("editor", browser=True).get(path).status_code == 200


def test_a_nurse_of_another_station_neither_sees_nor_closes_it(bench: Bench, referral: Referral) -> None:
    away, own = (bench.client("nurse", limits={"station": [site.id]}) for site in (OTHER, SITE))
    assert away.get("/stations/api/referrals").json() == []
    assert away.post(f"/stations/api/referrals/{referral.id}/close", json={"outcome": "seen"}).status_code == 403
    assert [one["id"] for one in own.get("/stations/api/referrals").json()] == [str(referral.id)]
    assert own.post(f"/stations/api/referrals/{referral.id}/close", json={"outcome": "seen"}).status_code == 200
