"""The door without network: the page opens, lets people in and keeps them, and brings everything when the network is back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from shared import clock
from tests.browser.conftest import Room

pytestmark = pytest.mark.timeout(600)

CAME = """SELECT checked_in_at IS NOT NULL, walk_in FROM registration WHERE session_id = %s ORDER BY walk_in"""


def test_people_are_let_in_without_network_and_none_is_lost(room: Room) -> None:
    session = room.session("午间半小时", starts=clock.now() + timedelta(minutes=20))
    place = room.sign_up(session)
    page = room.staff("clerk", f"/registration/desk/door/{session}")
    expect(page.locator("#door-network")).to_contain_text("有网络")
    expect(page.locator("#door-people li")).to_have_count(1)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("caches.match(location.href, {ignoreVary: true}).then(Boolean)")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#door-people li")).to_have_count(1)
    page.locator("#shown").fill(place["phone"][-4:])
    page.locator("#door-shown button[type=submit]").click()
    expect(page.locator("#door-said")).to_contain_text("进来了")
    page.locator("#newcomer-name").fill("赵阿姨")
    page.locator("#door-newcomer button").click()
    expect(page.locator("#door-waiting")).to_have_text("2")
    expect(page.locator("#door-inside")).to_have_text("2")
    expect(page.locator("#door-network")).to_contain_text("没有网络")
    page.locator("#shown").fill("0000" if place["phone"][-4:] != "0000" else "1111")
    page.locator("#door-shown button[type=submit]").click()
    expect(page.locator("#door-said")).to_contain_text("没有找到这个人")
    assert room.stage.rows("registration", CAME, (session,)) == [(False, False)]
    page.reload()
    page.context.set_offline(False)
    expect(page.locator("#door-waiting")).to_have_text("0")
    room.stage.wait_for(
        lambda: room.stage.rows("registration", CAME, (session,)) == [(True, False), (True, True)], "both are written down"
    )
    expect(page.locator("#door-people li")).to_have_count(2)
    assert room.stage.rows("registration", "SELECT count(*) FROM scan WHERE session_id = %s AND offline", (session,)) == [(2,)]
