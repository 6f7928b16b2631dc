"""Staff set up a session, take names by phone, and check people in at the door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from shared import clock
from shared.clock import SHANGHAI
from tests.browser.conftest import Room

pytestmark = pytest.mark.timeout(600)


def test_from_an_empty_calendar_to_a_name_ticked_off(room: Room) -> None:
    person = room.person()
    page = room.staff("clerk")
    page.get_by_role("link", name="活动项目").click()
    page.get_by_label("名称").fill("午间半小时")
    page.get_by_label("主办").fill("老西门街道红十字会")
    page.get_by_label("地点").fill("庄家街51弄1号 社区食堂")
    page.get_by_label("主题").fill("小伤口怎么处理\n走稳每一步：防跌倒")
    page.get_by_role("button", name="建立").click()
    expect(page.get_by_role("heading", level=1, name="午间半小时")).to_be_visible()
    later = (clock.now() + timedelta(hours=2)).astimezone(SHANGHAI)
    page.get_by_label("日期").fill(f"{later:%Y-%m-%d}")
    page.get_by_label("开始").fill(f"{later:%H:%M}")
    page.get_by_label("结束").fill(f"{later + timedelta(minutes=30):%H:%M}")
    page.get_by_label("名额").fill("20")
    page.get_by_role("button", name="排上").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("小伤口怎么处理")
    expect(page.get_by_text("还没有人报名。")).to_be_visible()
    page.get_by_label("手机号").fill(person.phone)
    page.get_by_role("button", name="添加").click()
    row = page.get_by_role("row", name=f"{person.phone[:3]}****{person.phone[-4:]}")
    expect(row).to_contain_text("已报名")
    row.get_by_role("button", name="签到").click()
    expect(row).to_contain_text("已到")


def test_the_roster_of_one_desk_shows_what_another_does_and_keeps_what_is_being_typed(room: Room) -> None:
    session = room.session("午间半小时")
    room.sign_up(session)
    path = f"/registration/desk/sessions/{session}"
    here, there = room.staff("clerk", path), room.staff("clerk", path)
    there.get_by_label("手机号").fill("1380013")
    here.get_by_role("button", name="签到").click()
    expect(there.get_by_role("row", name="陈桂芳")).to_contain_text("已到")
    expect(there.locator("#inside")).to_have_text("1")
    there.get_by_role("button", name="签退").focus()
    room.sign_up(session)
    expect(there.get_by_role("row", name="陈桂芳")).to_have_count(2)
    expect(there.get_by_role("button", name="签退")).to_be_focused()
    expect(there.get_by_label("手机号")).to_have_value("1380013")


def test_a_number_nobody_has_is_said_beside_the_field(room: Room) -> None:
    session = room.session("午间半小时")
    page = room.staff("clerk", f"/registration/desk/sessions/{session}")
    page.get_by_label("手机号").fill("021-63281234")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("#phone-error")).to_contain_text("没有找到这个手机号")
    expect(page.get_by_label("手机号")).to_have_value("021-63281234")


def test_an_answer_typed_on_the_handset_gives_the_place_back(room: Room) -> None:
    session = room.session("午间半小时")
    place = room.sign_up(session)
    page = room.visit()
    room.stage.wait_for(lambda: room.stage.texts(place["phone"]), "the confirmation")
    page.goto("/notify/handset")
    phone = page.locator(f"#phone-{place['phone']}")
    expect(phone).to_contain_text("您已报名")
    phone.get_by_role("button", name="回复 2").click()
    state = "SELECT state FROM registration WHERE id = %s"
    room.stage.wait_for(
        lambda: room.stage.rows("registration", state, (place["id"],)) == [("cancelled",)], "the place given back by text"
    )
