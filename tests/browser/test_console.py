"""The console shows what happens as it happens, without a gap, and to whom it may concern."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from infra.demo.cast import STREET
from infra.simulators.appliance import Appliances
from tests.browser.conftest import Room

pytestmark = pytest.mark.timeout(600)

CONSOLE = "/reports/console"


def lines(page: Page, saying: str) -> list[str]:
    """The lines of the feed that say something, newest first, by where they lead."""
    found = page.locator("#feed li", has_text=saying)
    return [str(line.get_attribute("href")) for line in found.locator("a.at").all()]


def test_what_happens_appears_without_loading_again(room: Room) -> None:
    session = room.session("午间半小时丙")
    page = room.staff("clerk", CONSOLE)
    page.evaluate("window.untouched = true")
    room.sign_up(session)
    expect(page.locator("#feed li", has_text="有人报名了“午间半小时丙”")).to_be_visible()
    assert page.evaluate("window.untouched")


def test_a_reload_and_a_broken_line_lose_and_repeat_nothing(room: Room) -> None:
    session = room.session("午间半小时丁")
    page = room.staff("clerk", CONSOLE)
    said = page.locator("#feed li", has_text="有人报名了“午间半小时丁”")
    room.sign_up(session)
    expect(said).to_have_count(1)
    page.reload()
    expect(said).to_have_count(1)
    page.context.set_offline(True)
    for _ in range(3):
        room.sign_up(session)
    page.context.set_offline(False)
    expect(said).to_have_count(4, timeout=60_000)
    seen = lines(page, "午间半小时丁")
    assert len(set(seen)) == len(seen)
    positions = [int(path.rsplit("/", 1)[1]) for path in seen]
    assert positions == sorted(positions, reverse=True)


def test_a_stream_goes_on_after_the_last_event_that_was_seen(room: Room) -> None:
    session = room.session("午间半小时戊")
    clerk = room.stage.staff("clerk")
    epoch, end = room.stage.rows("reports", "SELECT epoch, pos FROM feed_head")[0]
    for _ in range(4):
        room.sign_up(session)
    room.stage.settle()
    first = read_stream(clerk, f"{epoch}:{end}", upto="有人报名了“午间半小时戊”", times=2)
    rest = read_stream(clerk, first[-1], upto="有人报名了“午间半小时戊”", times=2)
    whole = read_stream(clerk, f"{epoch}:{end}", upto="有人报名了“午间半小时戊”", times=4)
    assert first + rest == whole


def read_stream(client: httpx2.Client, last: str, *, upto: str, times: int) -> list[str]:
    """The ids of the frames after `last`, until something was said so many times."""
    ids: list[str] = []
    with client.stream("GET", "/reports/stream", headers={"last-event-id": last, "accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith("id:"):
                ids.append(line.removeprefix("id:").strip())
            times -= line.count(upto)
            if not times and not line:
                return ids
    return pytest.fail("the stream ended")


def test_a_critical_reading_alarms_the_nurse_and_stays_hidden_from_the_clerk(room: Room) -> None:
    nurse, clerk = room.staff("nurse", CONSOLE), room.staff("clerk", CONSOLE)
    alarms = nurse.locator("#feed li", has_text="血压到了危急界限")
    before = alarms.count()
    Appliances(room.stage.stack.origin, room.stage.stack.keys).send_critical(f"{STREET}-01")
    expect(alarms).to_have_count(before + 1)
    room.session("护士走了以后")
    expect(clerk.locator("#feed li", has_text="“护士走了以后”排上了日程")).to_be_visible()
    expect(clerk.locator("#feed")).not_to_contain_text("血压")
    nurse.reload()
    alarm = nurse.locator(".alarms li", has_text="血压").first
    expect(alarm).to_contain_text("待联系")
    alarm.get_by_role("link").first.click()
    expect(nurse.get_by_role("table")).to_contain_text("需尽快就医")
    clerk.reload()
    expect(clerk.locator(".alarms")).to_have_count(0)


def test_the_bulletin_is_a_page_and_a_pdf(room: Room) -> None:
    page = room.staff("editor", "/reports/figures")
    page.get_by_role("button", name=re.compile("出版")).click()
    room.stage.wait_for(lambda: room.stage.number("reports", "SELECT count(*) FROM issue"), "the printed bulletin")
    page.get_by_role("link", name="社区报目录").click()
    page.get_by_role("link", name="第 1 期").click()
    expect(page.get_by_role("heading", level=1, name="老西门")).to_be_visible()
    address = page.get_by_role("link", name="印刷版 PDF").get_attribute("href")
    answer = page.context.request.get(f"{room.stage.stack.origin}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
