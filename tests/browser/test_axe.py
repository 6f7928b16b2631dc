"""Axe finds nothing wrong with any main page: in Chinese, in elder mode, in English."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from infra.demo.cast import STREET
from infra.demo.stage import call
from infra.local.stack import REPOSITORY
from infra.simulators.appliance import Appliances
from shared import clock
from tests.browser.conftest import Room, View

pytestmark = pytest.mark.timeout(900)

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
FIND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map(found => `${found.id}: ${found.help}: ${found.nodes.map(node => node.html).slice(0, 3).join(" ")}`)"""
VIEWS: dict[str, View] = {"in Chinese": {}, "in elder mode": {"elder": "on", "text": "30"}, "in English": {"language": "en"}}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(room: Room, view: str) -> None:
    pages = _pages_of_a_morning(room)
    wishes = VIEWS[view]
    readers = {
        "": room.visit(view=wishes),
        "resident": room.resident(room.person(), view=wishes),
        **{role: room.staff(role, view=wishes) for role in ("clerk", "nurse", "editor", "operator")},
    }
    _take_a_place(readers["resident"], pages[0][1])
    found = [
        f"{path} {trouble}" for who, path in [*pages, *_own_pages(readers["resident"])] for trouble in _look(readers[who], path)
    ]
    assert found == []


def test_a_field_without_its_name_would_be_found(room: Room) -> None:
    page = room.visit()
    assert _look(page, "/registration/login") == []
    page.evaluate("document.querySelector('label').remove()")
    assert any(trouble.startswith("label:") for trouble in page.evaluate(FIND))


def _pages_of_a_morning(room: Room) -> list[tuple[str, str]]:
    """Something happens everywhere; then who looks at which page. The first is the session that a resident takes a place in."""
    session, full = room.session("午间半小时"), room.session("黄金四分钟", capacity=1)
    stream = room.session("职业蓄能，创享西门", kind="livestream", starts=clock.now() + timedelta(minutes=1))
    room.sign_up(full)
    clerk = room.stage.staff("clerk")
    call(clerk, "POST", f"/registration/api/livestreams/{stream}/open")
    Appliances(room.stage.stack.origin, room.stage.stack.keys).send_critical(f"{STREET}-01")
    call(room.stage.staff("editor"), "POST", "/reports/api/bulletins", {"month": "2021-05"})
    room.stage.wait_for(lambda: room.stage.number("reports", "SELECT count(*) FROM issue"), "the printed bulletin")
    room.stage.settle()
    ((programme,),) = room.stage.rows("registration", "SELECT programme_id FROM session WHERE id = %s", (session,))
    room.person()
    ((resident,), (other,)) = room.stage.rows("registration", "SELECT id FROM resident ORDER BY id LIMIT 2")
    ((referral,),) = room.stage.rows("stations", "SELECT id FROM referral LIMIT 1")
    ((message,),) = room.stage.rows("notify", "SELECT id FROM message LIMIT 1")
    ((account,),) = room.stage.rows("registration", "SELECT id FROM staff WHERE name = 'nurse'")
    notice = call(clerk, "POST", "/notify/api/bulks", {"session_id": str(full), "template": "notice.papers"})
    ((position,),) = room.stage.rows("reports", "SELECT max(pos) FROM feed")
    return [
        ("resident", f"/registration/sessions/{session}"),
        ("resident", f"/registration/sessions/{full}"),
        ("resident", "/registration/"),
        ("resident", "/registration/sessions"),
        ("resident", "/registration/mine"),
        ("resident", "/registration/family"),
        ("resident", "/registration/consents"),
        ("resident", "/registration/looked"),
        ("resident", "/registration/account"),
        ("resident", "/registration/my-data"),
        ("", "/registration/privacy"),
        ("resident", f"/registration/programmes/{programme}"),
        ("resident", "/registration/days"),
        ("resident", "/registration/calendar"),
        ("", "/registration/"),
        ("", "/registration/login"),
        ("", "/registration/login/staff"),
        ("", f"/registration/live/{stream}"),
        ("", "/registration/nowhere"),
        ("", "/notify/handset"),
        ("", "/reports/bulletin"),
        ("", "/reports/bulletin/1"),
        ("clerk", "/registration/desk"),
        ("clerk", f"/registration/desk/sessions/{full}"),
        ("clerk", f"/registration/desk/sessions/{full}/waitlist"),
        ("clerk", f"/registration/desk/door/{full}"),
        ("clerk", f"/registration/desk/sessions/{full}/wall"),
        ("clerk", f"/registration/desk/sessions/{full}/sheets"),
        ("clerk", f"/registration/desk/sessions/{full}/poster"),
        ("resident", f"/registration/door/{full}"),
        ("clerk", "/registration/desk/programmes"),
        ("clerk", f"/registration/desk/programmes/{programme}"),
        ("clerk", f"/registration/desk/programmes/{programme}/rhythm"),
        ("clerk", f"/registration/desk/programmes/{programme}/topics"),
        ("clerk", f"/registration/desk/programmes/{programme}/rules"),
        ("clerk", f"/registration/desk/sessions/{session}/edit"),
        ("clerk", "/registration/desk/calendar"),
        ("clerk", "/registration/desk/calendar?view=list"),
        ("clerk", "/registration/desk/holidays"),
        ("clerk", "/registration/desk/instructors"),
        ("clerk", "/registration/residents"),
        ("clerk", "/registration/residents/new"),
        ("clerk", f"/registration/residents/{resident}"),
        ("clerk", f"/registration/residents/{resident}/edit"),
        ("clerk", f"/registration/duplicates/merge?kept={resident}&merged={other}"),
        ("clerk", "/registration/duplicates"),
        ("clerk", "/notify/messages/calls"),
        ("clerk", "/registration/desk/courses"),
        ("resident", "/registration/courses"),
        ("", "/registration/certificates"),
        ("", "/registration/certificates/JM2021-04839271-89"),
        ("clerk", "/notify/messages"),
        ("clerk", f"/notify/messages/{message}"),
        ("clerk", "/notify/messages/inbox"),
        ("clerk", "/notify/messages?state=skipped&purpose=reminder_day"),
        ("clerk", "/notify/messages/answers"),
        ("clerk", "/notify/messages/errands"),
        ("clerk", f"/notify/messages/people/{resident}"),
        ("clerk", "/notify/messages/figures"),
        ("operator", "/notify/messages/carriers"),
        ("", "/notify/kept"),
        ("clerk", "/notify/messages/bulk"),
        ("clerk", f"/notify/messages/bulk/{notice['id']}"),
        ("editor", "/notify/messages/templates"),
        ("editor", "/notify/messages/templates/new"),
        ("editor", "/notify/messages/templates/reminder_day"),
        ("editor", "/notify/messages/rules"),
        ("clerk", "/reports/console"),
        ("nurse", "/reports/console"),
        ("nurse", f"/reports/events/{position}"),
        ("nurse", "/stations/board"),
        ("nurse", f"/stations/{STREET}-01"),
        ("nurse", "/stations/referrals"),
        ("nurse", f"/stations/referrals/{referral}"),
        ("editor", "/reports/figures"),
        ("editor", "/reports/ranking"),
        ("clerk", "/registration/account"),
        ("clerk", "/registration/erasures"),
        ("operator", "/registration/desk/staff"),
        ("operator", f"/registration/desk/staff/{account}"),
        ("operator", "/reports/operations"),
        ("operator", "/reports/operations/recount"),
    ]


def _take_a_place(page: Page, session: str) -> None:
    page.goto(session)
    page.locator("main form button").first.click()
    page.wait_for_url("**/registration/mine/**")


def _own_pages(page: Page) -> list[tuple[str, str]]:
    """The resident's own ticket."""
    return [("resident", page.url.partition("?")[0])]


def _look(page: Page, path: str) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    page.goto(path, wait_until="domcontentloaded")
    page.add_script_tag(path=Path(AXE))
    found: list[str] = page.evaluate(FIND)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("is wider than the window")
    return found
