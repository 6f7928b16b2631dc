"""Pages and interface: who may see what, and what they show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from services.reports.features.order import OrderBulletin, order
from shared.service import Service
from shared.testing import Bench
from tests.reports.story import at, attendance, critical, opened, programme, referral, scheduled, text, visit

STAFF_PAGES = ("/reports/console", "/reports/figures", "/reports/ranking", "/reports/events/1")


@pytest.mark.parametrize("path", [*STAFF_PAGES, "/reports/operations", "/reports/stream", "/reports/api/figures"])
def test_staff_pages_ask_for_a_log_in(bench: Bench, path: str) -> None:
    assert bench.client(browser=True).get(path).status_code == 401
    assert bench.client("resident", browser=True).get(path).status_code == 403


@pytest.mark.parametrize("path", STAFF_PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_staff_pages_open_in_both_languages(bench: Bench, path: str, language: str) -> None:
    bench.hear(opened(1), visit(1), visit(2))
    client = bench.client("editor", browser=True)
    client.cookies.set("view-language", language)
    answer = client.get(path)
    assert answer.status_code == 200
    assert ("Log out" in answer.text) is (language == "en")


def test_a_nurse_sees_what_is_urgent_and_a_clerk_does_not(bench: Bench) -> None:
    bench.hear(opened(1), critical(1), referral(1))
    nurse = bench.client("nurse", browser=True).get("/reports/console").text
    assert "要马上处理的" in nurse
    assert "血压" in nurse
    assert "/stations/referrals/" in nurse
    assert "要马上处理的" not in bench.client("clerk", browser=True).get("/reports/console").text


def test_the_console_opens_where_its_stream_goes_on(bench: Bench) -> None:
    bench.hear(opened(1), visit(1))
    ((epoch, pos),) = bench.query("SELECT epoch, pos FROM feed_head")
    page = bench.client("clerk", browser=True).get("/reports/console").text
    assert f'hx-sse:connect="/reports/stream?after={epoch}:{pos}"' in page


def test_todays_sessions_show_how_full_they_are(bench: Bench) -> None:
    starts = at(date(2021, 5, 10), 12)
    bench.hear(programme("series"), scheduled(1, "series", starts), *list(attendance(1, "series", starts, [1, 2, 3]))[:-1])
    page = bench.client("clerk", browser=True).get("/reports/console").text
    assert "午间半小时" in page
    assert "<b>3</b> / 20" in page


def test_the_event_behind_a_line_is_shown_to_its_readers_only(bench: Bench) -> None:
    bench.hear(opened(1), critical(1))
    assert "stations.critical_reading_seen" in bench.client("nurse", browser=True).get("/reports/events/2").text
    assert bench.client("clerk", browser=True).get("/reports/events/2").status_code == 404
    assert bench.client("clerk", browser=True).get("/reports/events/99").status_code == 404


def test_operations_show_how_far_each_log_is_followed(bench: Bench) -> None:
    bench.hear(opened(1), visit(1))
    page = bench.client("operator", browser=True).get("/reports/operations").text
    assert "/stations" in page
    assert bench.client("clerk", browser=True).get("/reports/operations").status_code == 403


def test_an_operator_starts_a_rebuild_from_the_page(bench: Bench) -> None:
    bench.hear(opened(1), visit(1))
    answer = bench.client("operator", browser=True).post("/reports/operations")
    assert (answer.status_code, answer.headers["location"]) == (303, "/reports/operations")
    assert bench.query("SELECT count(*) FROM visits_by_station_day") == [(0,)]
    assert bench.client("clerk", browser=True).post("/reports/operations").status_code == 403


def test_an_editor_publishes_from_the_figures_and_everybody_reads(bench: Bench) -> None:
    answer = bench.client("editor", browser=True).post("/reports/figures", data={"month": "2021-05"})
    assert answer.status_code == 303
    assert "正在排印" in bench.client("editor", browser=True).get(answer.headers["location"]).text
    bench.work()
    anybody = bench.client(browser=True)
    assert "/reports/bulletin/1" in anybody.get("/reports/bulletin").text
    assert anybody.get("/reports/bulletin/1").status_code == 200
    pdf = anybody.get("/reports/bulletin/1.pdf")
    assert (pdf.headers["content-type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    assert anybody.get("/reports/bulletin/2").status_code == 404
    assert anybody.get("/reports/bulletin/2.pdf").status_code == 404
    assert anybody.get("/reports/bulletin/1?edition=7").status_code == 404


@pytest.mark.parametrize(("roles", "status"), [(("editor",), 202), (("clerk",), 403), (("operator",), 403), ((), 401)])
def test_only_editors_order_a_bulletin(bench: Bench, roles: tuple[str, ...], status: int) -> None:
    assert bench.client(*roles).post("/reports/api/bulletins", json={"month": "2021-05"}).status_code == status


@pytest.mark.parametrize("month", ["2021-13", "21-05", "2021-5", "", "2021-05-01", "2021-06"])
def test_a_month_that_is_none_or_not_yet_is_refused(bench: Bench, month: str) -> None:
    answer = bench.client("editor").post("/reports/api/bulletins", json={"month": month})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_figures_and_ranking_are_answered_exactly(bench: Bench) -> None:
    bench.hear(opened(1), *(visit(n, person=n % 2) for n in range(7)))
    bench.hear(text(1))
    client = bench.client("clerk")
    figures = {figure["code"]: figure for figure in client.get("/reports/api/figures?month=2021-05").json()}
    assert (figures["visits.month"]["value"], figures["persons.month"]["value"], figures["items.month"]["value"]) == (7, 2, 21)
    assert figures["persons.month"]["hidden"] is True
    assert client.get("/reports/api/figures?month=may").status_code == 422
    assert client.get("/reports/api/ranking").json()["stations"] == 1


def test_a_recount_without_neighbours_is_equal_to_nothing(bench: Bench) -> None:
    answer = bench.client("clerk").get("/reports/api/recount").json()
    assert (answer["sources"], answer["equal"]) == ([], False)


def test_a_neighbour_that_does_not_answer_is_a_problem_to_try_again(new_service: Callable[[str], Service]) -> None:
    service = new_service("reports")
    service.settings.peers["stations"] = "http://127.0.0.1:1"
    answer = Bench(service).client("clerk").get("/reports/api/recount")
    assert (answer.status_code, answer.json()["code"]) == (503, "peer_away")
    page = Bench(service).client("operator", browser=True).get("/reports/operations/recount")
    assert "有服务没有应答" in page.text


def test_the_archive_lists_issues_and_an_empty_one_says_so(bench: Bench) -> None:
    assert bench.client().get("/reports/api/bulletins").json() == []
    bench.run(order, OrderBulletin(month="2021-05"))
    bench.work()
    assert [issue["number"] for issue in bench.client().get("/reports/api/bulletins").json()] == [1]


def test_the_console_shows_and_counts_what_is_inside_the_limits(bench: Bench) -> None:
    starts = at(date(2021, 5, 10), 12)
    bench.hear(opened(1), opened(2), visit(1), critical(1), referral(1), text(1))
    bench.hear(programme("series"), scheduled(1, "series", starts))
    bench.query("UPDATE visits_by_station_day SET day = '2021-05-10' RETURNING day")
    (street,), (station,) = (
        bench.query("SELECT DISTINCT street FROM programme")[0],
        bench.query("SELECT station_id FROM referral")[0],
    )
    bench.query("UPDATE station SET street = '310101001' WHERE station_id = %s RETURNING street", (station,))

    def page(**limits: str) -> str:
        shown: str = (
            bench.client("nurse", browser=True, limits={kind: [place] for kind, place in limits.items()})
            .get("/reports/console")
            .text
        )
        return " ".join(shown.split())

    assert all(
        ("午间半小时" in page(**limits)) is seen for limits, seen in (({"street": street}, True), ({"street": "9"}, False))
    )
    for limits, seen in (({"station": str(station)}, True), ({"street": "310101001"}, True), ({"street": street}, False)):
        assert ("要马上处理的" in page(**limits)) is seen
        assert ("有人到访的驿站 1 个" in page(**limits)) is seen
        assert "发出短信" not in page(**limits)
    assert "发出短信" in page()
    assert "有人到访的驿站 1 个" in page()
