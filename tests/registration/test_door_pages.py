"""The pages at the door: the wall, the resident's way in, paper and posters, the page that works without network."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest

from services.registration.domain.presence import row_code
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.door_codes import ticket_of, wall_code
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.tables import AccessNote, Registration, Resident, Scan, Sheet
from shared.contracts.registration import ResidentCheckedIn
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import ANYWHERE, WEDNESDAY, a_livestream, a_resident, a_session, sign_up

DESK = "/registration/desk"


def test_a_resident_scans_the_wall_logs_in_says_here_and_later_leaves(bench: Bench) -> None:
    session, me = a_session(bench), a_resident(bench)
    mine = sign_up(bench, session, me)
    bench.at(WEDNESDAY)
    path = f"/registration/door/{session.id}"
    phone = bench.client(browser=True)
    scanned = phone.get(path, params={"c": wall_code(session.id, WEDNESDAY, bench.service.keys)})
    assert (scanned.status_code, scanned.headers["location"]) == (303, path)
    assert phone.get(path).headers["location"] == f"/registration/login?next={path}"
    bench.at(timedelta(minutes=3))
    logged_in = bench.client("resident", id=me.id, browser=True)
    logged_in.cookies.set("jiamenkou_wall", phone.cookies["jiamenkou_wall"])
    assert "我到了" in logged_in.get(path).text
    assert logged_in.post(path, data={"direction": "entry"}).status_code == 303
    assert "好了，请进。" in logged_in.get(path).text
    assert bench.get(Registration, mine.id).checked_in_at == WEDNESDAY + timedelta(minutes=3)
    assert logged_in.post(path, data={"direction": "exit"}).status_code == 303
    assert bench.get(Registration, mine.id).left_at is not None


def test_a_carer_chooses_at_the_wall_whom_they_bring(bench: Bench) -> None:
    session, carer, elder, stranger = a_session(bench), a_resident(bench), a_resident(bench, "李阿婆"), a_resident(bench)
    places = {person.id: sign_up(bench, session, person) for person in (carer, elder, stranger)}
    wish = GiveAuthority(elder_id=elder.id, carer_id=carer.id, relation="child", ground="own_word", by=ANYWHERE)
    bench.run(give_authority, wish)
    bench.at(WEDNESDAY)
    path, code = f"/registration/door/{session.id}", wall_code(session.id, WEDNESDAY, bench.service.keys)
    phone = bench.client("resident", id=carer.id, browser=True)
    phone.get(path, params={"c": code})
    assert "李阿婆到了" in phone.get(path).text
    assert phone.post(path, data={"direction": "entry", "who": str(elder.id)}).status_code == 303
    assert bench.get(Registration, places[elder.id].id).checked_in_at == WEDNESDAY
    assert bench.get(Registration, places[carer.id].id).checked_in_at is None
    page = phone.get(path).text
    assert "李阿婆要走了" in page
    assert "我到了" in page
    refused = phone.post(path, data={"direction": "entry", "who": str(stranger.id)})
    assert (refused.status_code, "照顾的家人" in refused.text) == (404, True)
    api = f"/registration/api/sessions/{session.id}/door"
    client = bench.client("resident", id=carer.id)
    left = client.post(api, json={"code": code, "direction": "exit", "resident_id": str(elder.id)})
    assert (left.status_code, left.json()["registration"]["resident_id"]) == (200, str(elder.id))
    assert client.post(api, json={"code": code, "resident_id": str(stranger.id)}).json()["code"] == "unknown_resident"
    assert bench.get(Registration, places[stranger.id].id).checked_in_at is None
    assert {(note.action, note.who_id) for note in bench.all(AccessNote) if note.resident_id == elder.id} >= {
        ("checked_in", carer.id)
    }


def test_an_old_photo_of_the_wall_lets_nobody_in(bench: Bench) -> None:
    session, me = a_session(bench), a_resident(bench)
    sign_up(bench, session, me)
    bench.at(WEDNESDAY)
    client = bench.client("resident", id=me.id, browser=True)
    old = wall_code(session.id, WEDNESDAY - timedelta(minutes=5), bench.service.keys)
    assert "请扫一扫门口墙上的码" in client.get(f"/registration/door/{session.id}", params={"c": old}).text
    refused = client.post(f"/registration/door/{session.id}", data={"direction": "entry"})
    assert refused.status_code == 409
    assert "墙上的码已经换了" in refused.text
    assert [scan.result for scan in bench.all(Scan)] == ["wrong_code"]


def test_the_wall_shows_another_code_every_half_minute(bench: Bench) -> None:
    session = a_session(bench)
    bench.at(WEDNESDAY)
    clerk = bench.client("clerk", browser=True)
    shown = [clerk.get(f"{DESK}/sessions/{session.id}/wall").text]
    assert 'http-equiv="refresh"' in shown[0]
    bench.at(timedelta(seconds=30))
    shown.append(clerk.get(f"{DESK}/sessions/{session.id}/wall/code").text)
    drawn = [re.findall(r'<path[^>]*d="([^"]+)"', page)[-1] for page in shown]
    assert drawn[0] != drawn[1]


def test_the_tickets_code_leads_staff_to_one_button(bench: Bench) -> None:
    session = a_session(bench)
    mine = sign_up(bench, session)
    bench.at(WEDNESDAY)
    clerk = bench.client("clerk", browser=True)
    ticket = ticket_of(mine.id, bench.service.keys)
    path = f"{DESK}/sessions/{session.id}"
    assert "给扫到的这张票签到" in clerk.get(path, params={"ticket": ticket}).text
    done = clerk.post(f"{path}/check-in", data={"ticket": ticket})
    assert done.headers["location"] == f"{path}#{mine.id}"
    page = clerk.get(path).text
    assert "签退" in page
    assert clerk.post(f"{path}/check-in", data={"registration_id": str(mine.id), "direction": "exit"}).status_code == 303
    assert "又来了" in clerk.get(path).text
    assert clerk.post(f"{path}/check-in", data={"ticket": "假的"}).status_code == 409


def test_a_sheet_keeps_its_rows_and_what_was_signed_is_typed_in_once(bench: Bench) -> None:
    session = a_session(bench, capacity=5)
    first, second = sign_up(bench, session, a_resident(bench, "王秀珍")), sign_up(bench, session, a_resident(bench, "陈桂芳"))
    staff = bench.client("clerk", browser=True)
    made = staff.post(f"{DESK}/sessions/{session.id}/sheets")
    sign_up(bench, session, a_resident(bench, "李阿姨"))
    (sheet,) = bench.all(Sheet)
    assert made.headers["location"] == f"{DESK}/sheets/{sheet.id}"
    printed = staff.get(made.headers["location"]).text
    codes = [row_code(1, 1), row_code(1, 2)]
    assert re.findall(r'class="code">(\d+)</td><td>(\w+)', printed) == list(zip(codes, ("王秀珍", "陈桂芳"), strict=True))
    bench.at(WEDNESDAY + timedelta(hours=5))
    entry = f"{DESK}/sheets/{sheet.id}/entry"
    page = staff.post(entry, data={"codes": f"{codes[0]}  {codes[0]} 999 {'9' * 500}"}).text
    assert page.count("这张表上没有这个码") == 2
    assert staff.post(entry, data={"codes": codes[0], "name": "赵𠮷", "phone": ""}).status_code == 200
    assert bench.get(Registration, first.id).checked_in_at == WEDNESDAY
    assert bench.get(Registration, second.id).checked_in_at is None
    came = [each for each in bench.all(Registration) if each.checked_in_at]
    assert sorted(each.walk_in for each in came) == [False, True]
    assert {scan.way for scan in bench.all(Scan) if scan.result == "ok"} == {"paper"}
    assert {scan.sheet_id for scan in bench.all(Scan) if scan.registration_id == first.id} == {sheet.id}


@pytest.mark.parametrize(("name", "phone"), [("", "13800138000"), ("王秀珍", "1380"), ("<b>", "")])
def test_a_name_by_hand_that_cannot_be_right_is_said_beside_the_field(bench: Bench, name: str, phone: str) -> None:
    session = a_session(bench)
    staff = bench.client("clerk", browser=True)
    sheet = staff.post(f"{DESK}/sessions/{session.id}/sheets").headers["location"]
    bench.at(WEDNESDAY)
    page = staff.post(f"{sheet}/entry", data={"name": name, "phone": phone}).text
    assert "请写姓名" in unescape(page)
    assert bench.all(Scan) == []
    assert bench.all(Resident) == []


def test_livestreams_have_no_sheet_and_foreign_sheets_are_unknown(bench: Bench) -> None:
    staff = bench.client("clerk", browser=True)
    assert staff.post(f"{DESK}/sessions/{a_livestream(bench).id}/sheets").status_code == 409
    assert staff.get(f"{DESK}/sheets/{new_id()}").status_code == 404
    assert staff.get(f"{DESK}/door/{new_id()}").status_code == 404
    assert staff.get(f"/registration/door/{new_id()}").status_code == 404


def test_a_poster_says_when_and_where_with_a_code(bench: Bench) -> None:
    session = a_session(bench)
    staff = bench.client("clerk", browser=True)
    for path in (f"sessions/{session.id}", f"programmes/{session.programme_id}"):
        page = staff.get(f"{DESK}/{path}/poster").text
        assert "5月12日（周三） 12:00" in page
        assert "<svg" in page


def test_the_door_page_brings_its_rules_along_and_its_worker_has_power_over_doors_alone(bench: Bench) -> None:
    session = a_session(bench)
    staff = bench.client("clerk", browser=True)
    page = staff.get(f"{DESK}/door/{session.id}")
    assert "worker-src 'self'" in page.headers["content-security-policy"]
    assert '"no_room"' in page.text
    worker = staff.get(f"{DESK}/door/worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "service-worker-allowed" not in worker.headers


@pytest.mark.parametrize("path", ["door/{id}", "sessions/{id}/wall", "sessions/{id}/sheets", "sessions/{id}/poster"])
def test_the_staffs_pages_at_the_door_are_for_staff(bench: Bench, path: str) -> None:
    url = f"{DESK}/{path.format(id=a_session(bench).id)}"
    assert bench.client(browser=True).get(url).status_code == 401
    assert bench.client("resident", id=UUID(int=1), browser=True).get(url).status_code == 403


def test_who_was_inside_is_counted_on_the_roster(bench: Bench) -> None:
    session = a_session(bench)
    mine = sign_up(bench, session)
    bench.at(WEDNESDAY)
    bench.run(check_in, CheckIn(registration_id=mine.id, way="digits"))
    assert [event.way_in for event in bench.said if isinstance(event, ResidentCheckedIn)] == ["digits"]
    page = bench.client("clerk", browser=True).get(f"{DESK}/sessions/{session.id}").text
    assert re.search(r'id="inside">1<', page)
