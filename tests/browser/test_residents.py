"""A resident signs up, sees the place, and gives it back: with script, without, in elder mode, and from the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Room

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_three_taps_to_a_place_and_one_to_give_it_back(room: Room, script: bool) -> None:
    title = f"午间半小时{'甲' if script else '乙'}"
    room.session(title)
    page = room.resident(room.person(), script=script)
    page.get_by_role("navigation", name="各处").get_by_role("link", name="活动").click()
    page.get_by_role("link", name=title).click()
    page.get_by_role("button", name="我要报名").click()
    expect(page.get_by_role("heading", name="报上名了")).to_be_visible()
    expect(page.locator(".ticket .qr svg")).to_be_visible()
    page.get_by_role("navigation", name="各处").get_by_role("link", name="我的").click()
    expect(page.locator(".ticket", has_text=title)).to_contain_text("已报名")
    page.locator(".ticket", has_text=title).get_by_role("link").first.click()
    page.get_by_role("button", name="退掉这个名额").click()
    expect(page.get_by_role("heading", name="名额已经退了")).to_be_visible()


def test_who_is_not_logged_in_comes_back_to_the_session_after_the_code(room: Room) -> None:
    session, person = room.session("脚下留神"), room.person()
    page = room.visit()
    page.goto(f"/registration/sessions/{session}")
    page.get_by_role("link", name="登录后报名").click()
    page.locator("#phone").fill(person.phone)
    page.get_by_role("button", name="发短信给我").click()
    page.locator("#code").fill(room.code_on_handset(person))
    page.locator("main").get_by_role("button", name="登录").click()
    expect(page).to_have_url(f"{room.stage.stack.origin}/registration/sessions/{session}")
    expect(page.get_by_role("button", name="我要报名")).to_be_visible()


def test_a_full_session_offers_a_place_in_the_line(room: Room) -> None:
    session = room.session("黄金四分钟", capacity=1)
    room.sign_up(session)
    page = room.resident(room.person())
    page.goto(f"/registration/sessions/{session}")
    page.get_by_role("button", name="我要候补").click()
    expect(page.get_by_role("heading", name="您在候补，第 1 位")).to_be_visible()


def test_elder_mode_is_one_tap_stays_on_and_makes_things_large(room: Room) -> None:
    session = room.session("会用手机")
    page = room.resident(room.person())
    page.get_by_role("link", name="长辈版").click()
    page.goto(f"/registration/sessions/{session}")
    assert font_size(page, "main") == 22
    page.get_by_role("link", name="最大").click()
    assert font_size(page, "main") == 30
    button = page.get_by_role("button", name="我要报名")
    assert height(page, "main button") >= 60
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button.click()
    expect(page.get_by_role("heading", name="报上名了")).to_be_visible()
    assert font_size(page, "main") == 30


def test_the_keyboard_alone_leads_to_a_place(room: Room) -> None:
    title = "走稳每一步"
    room.session(title)
    page = room.resident(room.person())
    for name in ("活动", title, "我要报名"):
        tab_to(page, name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="报上名了")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name is focused; what is focused must be seen to be."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText.trim()")
        if focused == name:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
            return
    pytest.fail(f"Tab never came to {name}")


def font_size(page: Page, selector: str) -> float:
    """In pixels."""
    return float(page.evaluate("name => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)", selector))


def height(page: Page, selector: str) -> float:
    """In pixels, of the last such element: the one that does what the page is for."""
    box = page.locator(selector).last.bounding_box()
    assert box is not None
    return box["height"]
