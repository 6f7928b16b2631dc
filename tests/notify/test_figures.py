"""The figures of texts: what each day and carrier came to, counted from rows and kept when the rows' words are gone."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from services.notify.domain import figures
from services.notify.features.enter_bill import EnterBill, enter_bill
from services.notify.tables import CarrierBill, CarrierDay, Message
from shared.event import new_id
from shared.testing import START, Bench
from tests.notify.conftest import ANA, NOON, Place, Story, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import post_receipts, receipt_of, text_back

MONDAY = date(2021, 5, 10)


def days_of(bench: Bench) -> dict[tuple[date, str], CarrierDay]:
    return {(row.day, row.carrier): row for row in bench.all(CarrierDay)}


def test_a_day_tells_what_carriers_took_and_what_arrived(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    post_receipts(bench, receipt_of(bench))
    bench.tick()
    told = days_of(bench)[MONDAY, "pocket"]
    assert (told.attempts, told.accepted, told.delivered, told.failed, told.unknown, told.odd) == (1, 1, 1, 0, 0, 0)
    assert told.parts == the(bench, "place_confirmed").parts
    assert (told.in_time, told.p50_ms, told.p95_ms) == (1, 0, 0)
    together = days_of(bench)[MONDAY, ""]
    assert (together.attempts, together.accepted, together.delivered) == (1, 1, 1)


def test_folding_again_changes_nothing_and_folding_later_tells_what_became_of_the_day(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    bench.tick()
    before = days_of(bench)
    bench.tick()
    assert {key: row.model_dump() for key, row in days_of(bench).items()} == {k: r.model_dump() for k, r in before.items()}
    assert (before[MONDAY, "pocket"].accepted, before[MONDAY, "pocket"].unknown) == (0, 1)
    bench.at(timedelta(days=1))
    bench.work()
    post_receipts(bench, receipt_of(bench, out_id=str(carrier.calls[0])))
    bench.tick()
    after = days_of(bench)[MONDAY, "pocket"]
    assert (after.accepted, after.unknown, after.delivered) == (1, 0, 1)


def test_a_refused_text_counts_where_it_was_tried_and_its_wait_counts_from_the_first_try(
    bench: Bench, place: Place, carrier: PocketCarrier
) -> None:
    carrier.next_sends.append("429")
    bench.work()
    bench.at(the(bench, "place_confirmed").due_at)
    bench.work()
    bench.tick()
    told = days_of(bench)[MONDAY, "pocket"]
    assert (told.attempts, told.refused, told.accepted, told.in_time) == (2, 1, 1, 0)
    assert told.p50_ms == 30_000


def test_what_was_not_sent_and_what_came_back_is_counted_beside_the_carriers(bench: Bench, story: Story, place: Place) -> None:
    bench.work()
    text_back(bench, "TD")
    bench.work()
    bench.at(NOON + timedelta(hours=1))
    bench.work()
    bench.tick()
    wednesday = days_of(bench)[NOON.date(), ""]
    assert (wednesday.skipped, wednesday.expired) == (2, 0)
    monday = days_of(bench)[MONDAY, ""]
    assert (monday.opt_outs, monday.replies) == (1, 1)


def test_texts_that_came_too_late_are_told_apart(bench: Bench, place: Place) -> None:
    bench.at(NOON + timedelta(hours=1))
    bench.work()
    bench.tick()
    told = days_of(bench)[NOON.date(), ""]
    assert told.skipped == told.expired == 3


def test_days_on_which_nothing_ran_are_folded_afterwards(bench: Bench, place: Place) -> None:
    bench.work()
    bench.at(timedelta(days=40))
    bench.tick()
    assert days_of(bench)[MONDAY, "pocket"].accepted == 1
    assert {MONDAY + timedelta(days=back) for back in range(31)} <= {day for day, _ in days_of(bench)}
    bench.tick()
    assert len({day for day, _ in days_of(bench)}) == 41


def test_the_parts_add_up_to_the_messages(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    session = new_id()
    bench.hear(story.resident(), story.session(session), *(story.waitlisted(new_id(), session) for _ in range(7)))
    bench.work()
    bench.tick()
    texts = [message for message in bench.all(Message) if message.accepted_at is not None]
    assert len(texts) == 7
    told = days_of(bench)[MONDAY, "pocket"]
    assert (told.accepted, told.parts) == (len(texts), sum(message.parts for message in texts))


def test_an_attempt_that_does_not_agree_with_its_text_is_pointed_out(bench: Bench, place: Place) -> None:
    bench.work()
    bench.query("UPDATE message SET state = 'planned', accepted_at = NULL WHERE accepted_at IS NOT NULL RETURNING id")
    bench.tick()
    assert days_of(bench)[MONDAY, "pocket"].odd == 1
    page = bench.client("clerk", browser=True).get("/notify/messages/figures").text
    assert "请运行人员查看" in page


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 0, None), (1, 3, 33.3), (9_999, 10_000, 99.9), (5, 5, 100.0), (0, 4, 0.0)]
)
def test_a_share_is_never_rounded_up_to_all(part: int, whole: int, said: float | None) -> None:
    assert figures.share(part, whole) == said


def test_a_day_is_a_day_in_shanghai() -> None:
    starts, ends = figures.bounds(MONDAY)
    assert (starts.isoformat(), ends.isoformat()) == ("2021-05-10T00:00:00+08:00", "2021-05-11T00:00:00+08:00")
    assert figures.month(date(2024, 2, 10)) == (date(2024, 2, 1), date(2024, 2, 29))


def test_other_programs_read_the_same_as_json_and_as_a_spreadsheet(bench: Bench, place: Place) -> None:
    bench.work()
    bench.tick()
    client = bench.client("operator")
    answer = client.get("/notify/api/figures?from=2021-05-10&to=2021-05-10").json()
    assert answer["aim"] == 95.0
    assert [day["carrier"] for day in answer["days"]] == ["", "pocket"]
    assert answer["days"][1]["in_time_share"] == 100.0
    assert answer["days"][1]["delivered_share"] == 0.0
    sheet = client.get("/notify/api/figures.csv?from=2021-05-10&to=2021-05-10")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert [(row["carrier"], row["accepted"]) for row in rows] == [("", "1"), ("pocket", "1")]


@pytest.mark.parametrize(
    ("span", "said"),
    [("from=2021-05-11&to=2021-05-10", "对调"), ("from=2020-01-01&to=2021-05-10", "四百天"), ("from=gestern", "日期")],
)
def test_a_span_that_cannot_be_is_answered_with_what_to_change(bench: Bench, span: str, said: str) -> None:
    answer = bench.client("clerk").get(f"/notify/api/figures?{span}")
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/notify/api/figures", "/notify/api/figures.csv", "/notify/messages/figures"])
def test_figures_are_for_staff(bench: Bench, path: str) -> None:
    assert bench.client().get(path).status_code == 401
    assert bench.client("resident").get(path).status_code == 403


def test_the_page_shows_a_month_and_says_when_there_is_nothing(bench: Bench, place: Place) -> None:
    client = bench.client("clerk", browser=True)
    assert "这个月还没有短信" in client.get("/notify/messages/figures").text
    bench.work()
    bench.tick()
    page = client.get("/notify/messages/figures").text
    assert "pocket" in page
    assert "100%" in page
    assert "月底以后填" in page
    assert "这个月还没有短信" in client.get("/notify/messages/figures?month=2020-12").text
    assert client.get("/notify/messages/figures?month=2020-13").status_code == 422


def test_a_bill_shows_how_far_it_is_from_our_count(bench: Bench, place: Place) -> None:
    bench.work()
    bench.tick()
    bench.at(timedelta(days=30))
    client = bench.client("operator", browser=True)
    bill = {"month": "2021-05", "carrier": "pocket", "parts": "3"}
    answer = client.post("/notify/messages/figures", data=bill)
    assert (answer.status_code, answer.headers["location"]) == (303, "/notify/messages/figures?month=2021-05")
    assert "+2" in client.get("/notify/messages/figures?month=2021-05").text
    client.post("/notify/messages/figures", data=bill | {"parts": "1"})
    assert [row.parts for row in bench.all(CarrierBill)] == [1]
    assert "+2" not in client.get("/notify/messages/figures?month=2021-05").text


@pytest.mark.parametrize(
    ("change", "said"),
    [({"month": "2021-06"}, "没有过完"), ({"carrier": "𠮷🙂"}, "从列表里选"), ({"parts": "-1"}, ""), ({"parts": "many"}, "")],
)
def test_a_bill_that_cannot_be_right_is_not_kept(bench: Bench, place: Place, change: dict[str, str], said: str) -> None:
    bench.work()
    bench.tick()
    bench.at(timedelta(days=30))
    bill = {"month": "2021-05", "carrier": "pocket", "parts": "3"} | change
    answer = bench.client("operator", browser=True).post("/notify/messages/figures", data=bill)
    assert answer.status_code == 422
    assert said in answer.text
    assert bench.all(CarrierBill) == []


def test_only_operators_enter_bills(bench: Bench) -> None:
    bill = {"month": "2021-04", "carrier": "pocket", "parts": "3"}
    assert bench.client("clerk", browser=True).post("/notify/messages/figures", data=bill).status_code == 403


def test_a_bill_names_who_entered_it(bench: Bench, place: Place) -> None:
    bench.work()
    bench.tick()
    bench.at(START + timedelta(days=40))
    bench.run(enter_bill, EnterBill(month=date(2021, 5, 17), carrier="pocket", parts=2, staff_id=ANA))
    (bill,) = bench.all(CarrierBill)
    assert (bill.month, bill.entered_by) == (date(2021, 5, 1), ANA)
