"""One month of the subdistrict, through all four services; everything also without a bus, by pulling alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.journeys.conftest import NOON, Town

FIRST, SECOND, THIRD, FOURTH = "13800138001", "13800138002", "13800138003", "13800138004"


def full_room(town: Town) -> tuple[str, dict[str, dict[str, Any]]]:
    """Two places, three who want one: the session, and what each phone's owner got."""
    session = town.session(town.programme(), capacity=2)
    return session, {phone: town.sign_up(session, town.resident(phone)) for phone in (FIRST, SECOND, THIRD)}


def test_a_place_that_is_given_back_moves_on_and_everybody_is_told(town: Town) -> None:
    session, places = full_room(town)
    assert [place["state"] for place in places.values()] == ["confirmed", "confirmed", "waitlisted"]
    assert [len(town.texts(phone)) for phone in places] == [1, 1, 1]
    town.give_back(places[FIRST])
    assert "回1接受，回2不要" in town.texts(THIRD)[-1]
    town.answer_by_text(THIRD, "1")
    roster = town.staff().get(f"/registration/api/sessions/{session}/roster").json()
    assert {line["phone"][-4:]: line["registration"]["state"] for line in roster} == {"8002": "confirmed", "8003": "confirmed"}
    assert "候补到您了" in town.texts(THIRD)[-1]
    assert len(town.texts(FIRST)) == 2
    assert len(town.texts(SECOND)) == 1
    assert "空出的名额转给了候补的下一位" in town.feed("clerk")


def test_two_gives_the_place_back_by_text_and_td_ends_the_reminders(town: Town) -> None:
    _, places = full_room(town)
    town.pass_time(NOON - timedelta(hours=24))
    reminded = {phone: sum("提醒您" in text for text in town.texts(phone)) for phone in places}
    assert reminded == {FIRST: 1, SECOND: 1, THIRD: 0}
    town.answer_by_text(FIRST, "2")
    state = "SELECT state FROM registration WHERE id = %s"
    assert town.world["registration"].query(state, (places[FIRST]["id"],)) == [("cancelled",)]
    assert town.world["registration"].query(state, (places[THIRD]["id"],)) == [("offered",)]
    town.answer_by_text(THIRD, "1")
    assert town.world["registration"].query(state, (places[THIRD]["id"],)) == [("confirmed",)]
    town.answer_by_text(SECOND, "TD")
    before = len(town.texts(SECOND))
    town.pass_time(NOON - timedelta(hours=2))
    assert len(town.texts(SECOND)) == before
    assert "快开始了" in town.texts(THIRD)[-1]
    skipped = town.world["notify"].query("SELECT purpose, skip_reason FROM message WHERE state = 'skipped' AND skip_reason <> ''")
    assert ("reminder_hours", "opted_out") in skipped


def test_the_session_is_held_and_its_attendance_becomes_a_fact(town: Town) -> None:
    session, places = full_room(town)
    town.pass_time(NOON)
    town.check_in(places[FIRST])
    town.check_in(places[FIRST])
    town.pass_time(NOON + timedelta(minutes=30))
    town.post(f"sessions/{session}/hold", expect=200)
    counted = town.world["reports"].query("SELECT state, confirmed, attended FROM occurrence WHERE session_id = %s", (session,))
    assert counted == [("held", 2, 1)]


def test_a_critical_reading_opens_a_referral_and_the_text_names_no_value(town: Town) -> None:
    resident = town.resident(FIRST)
    assert town.measure(186, 112, resident)["result"] == "stored"
    assert [str(due) for (due,) in town.world["stations"].query("SELECT due_on FROM referral")] == ["2021-05-24"]
    (text,) = town.texts(FIRST)
    assert "5月24日" in text
    assert not any(said in text for said in ("186", "112", "血压", "高"))
    assert "血压" in town.feed("nurse")
    assert "血压" not in town.feed("clerk")
    for service in town.world.services:
        told = [json.loads(body)["data"] for (body,) in town.world[service].query("SELECT body FROM outbox")]
        assert [value for event in told for value in event.values() if value in (186, 112, 186.0, 112.0)] == []


def test_a_livestream_is_watched_and_counted_once(town: Town) -> None:
    stream = town.session(town.programme("livestream", "职业蓄能，创享西门"), capacity=20_000)
    town.pass_time(NOON)
    town.post(f"livestreams/{stream}/open")
    town.watch(stream, 300)
    room = f"/registration/live/{stream}/questions"
    asked = town.world["registration"].client().post(room, json={"viewer": str(uuid4()), "words": "面试要带什么材料？"})
    assert asked.status_code == 201
    closed = town.post(f"livestreams/{stream}/close", expect=200)
    assert (closed["viewers"], closed["questions"]) == (300, 1)
    assert town.world["reports"].query("SELECT viewers, questions FROM livestream") == [(300, 1)]


def test_the_month_goes_to_print_and_every_count_agrees(town: Town) -> None:
    session, places = full_room(town)
    town.give_back(places[SECOND])
    town.pass_time(NOON - timedelta(hours=24))
    town.answer_by_text(THIRD, "1")
    town.pass_time(NOON)
    for phone in (FIRST, THIRD):
        town.check_in(places[phone])
    walk_in = town.resident(FOURTH)
    town.post(f"sessions/{session}/scans", {"resident_id": walk_in, "force": True}, expect=200)
    town.post(f"sessions/{session}/hold", expect=200)
    town.measure(118, 76)
    town.measure(186, 112, places[FIRST]["resident_id"])
    town.pass_time(datetime(2021, 6, 1, 1, 0, tzinfo=UTC))
    ordered = town.staff("reports", "editor").post("/reports/api/bulletins", json={"month": "2021-05"})
    assert ordered.status_code == 202
    town.world.settle()
    reader = town.world["reports"].client(browser=True)
    assert "午间半小时" in reader.get("/reports/bulletin/1").text
    assert reader.get("/reports/bulletin/1.pdf").content.startswith(b"%PDF")
    found = town.recount()
    assert [row for row in found.rows if not row.equal] == []
    assert found.level
    assert {(row.source, row.key): row.counted for row in found.rows}[("registration", "attended")] == 3
