"""The staff's calendar, rhythm, topics, rules, holidays and lecturers; the residents' days, programmes and phone calendars."""

from __future__ import annotations

from datetime import date, time

import pytest

from services.registration.features.edit_series import EditSeries, edit_series
from services.registration.features.repeat import Repeat, repeat
from services.registration.tables import Assignment, CalendarFeed, Instructor, Programme, Recurrence, Session, SpecialDay
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import a_resident, sign_up, the_noon_half_hour

DESK = "/registration/desk"


def weekly(bench: Bench) -> tuple[Programme, list[Session]]:
    """The noon half hour, every Wednesday from 12 May on, with its sessions in order."""
    programme = the_noon_half_hour(bench)
    wish = Repeat(
        programme_id=programme.id,
        rule="FREQ=WEEKLY;BYDAY=WE",
        first_on=date(2021, 5, 12),
        begins=time(12),
        minutes=30,
        capacity=9,
    )
    bench.run(repeat, wish)
    return programme, sorted(bench.all(Session), key=lambda session: session.starts_at)


def test_every_page_opens_for_staff_in_both_languages_and_for_nobody_else(bench: Bench) -> None:
    programme, sessions = weekly(bench)
    paths = [
        f"{DESK}/calendar",
        f"{DESK}/calendar?month=2021-06",
        f"{DESK}/calendar?view=list",
        f"{DESK}/calendar?month=nonsense",
        f"{DESK}/holidays",
        f"{DESK}/holidays?year=2022",
        f"{DESK}/instructors",
        f"{DESK}/programmes/{programme.id}",
        f"{DESK}/programmes/{programme.id}/rhythm",
        f"{DESK}/programmes/{programme.id}/topics",
        f"{DESK}/programmes/{programme.id}/rules",
        f"{DESK}/sessions/{sessions[0].id}/edit",
    ]
    clerk, stranger = bench.client("clerk", browser=True), bench.client(browser=True)
    resident = bench.client("resident", browser=True)
    for path in paths:
        assert (path, clerk.get(path).status_code) == (path, 200)
        assert (stranger.get(path).status_code, resident.get(path).status_code) == (401, 403)
    clerk.cookies.set("view-language", "en")
    assert ['lang="en"' in clerk.get(path).text for path in paths] == [True] * len(paths)
    assert clerk.get(f"{DESK}/programmes/{new_id()}/rhythm").status_code == 404


def test_residents_find_a_day_a_programme_and_the_way_to_their_phones_calendar(bench: Bench) -> None:
    programme, _ = weekly(bench)
    me = a_resident(bench)
    client = bench.client("resident", id=me.id, browser=True)
    assert "午间半小时" in client.get("/registration/days?on=2021-05-12").text
    assert "这一天没有活动" in client.get("/registration/days?on=2021-05-13").text
    assert client.get("/registration/days?on=whenever").status_code == 200
    public = client.get(f"/registration/programmes/{programme.id}").text
    assert f"/programmes/{programme.id}/calendar.ics" in public
    assert "开通" in client.get("/registration/calendar").text
    assert client.post("/registration/calendar").status_code == 303
    shown = client.get("/registration/calendar").text
    assert ("<svg" in shown, ".ics" in shown) == (True, True)
    client.post("/registration/calendar", data={"act": "end"})
    assert bench.all(CalendarFeed) == []
    assert bench.client(browser=True).get("/registration/calendar").status_code == 401


def test_a_rhythm_is_looked_at_before_it_is_kept(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    clerk, path = bench.client("clerk", browser=True), f"{DESK}/programmes/{programme.id}/rhythm"
    clerk.post(f"{DESK}/holidays", data={"on": "2021-05-19", "kind": "off", "name": "端午", "year": "2021"})
    form = {"every": "week", "day-WE": "on", "first_on": "2021-05-12", "begins": "12:00", "ends": "12:30"}
    looked = clerk.post(path, data=form | {"act": "preview"})
    assert (looked.status_code, "不办：端午放假" in looked.text) == (200, True)
    assert bench.all(Recurrence) == []
    assert clerk.post(path, data=form | {"act": "repeat"}).status_code == 303
    assert len(bench.all(Session)) == 7
    (series,) = bench.all(Recurrence)
    assert "每周" in clerk.get(path).text
    assert clerk.post(path, data={"act": "skip", "series": str(series.id), "on": "2021-08-04"}).status_code == 303
    for wrong in ({"ends": "11:00"}, {"begins": "noon"}, {"every": "rule", "rule": "FREQ=SECONDLY"}, {"first_on": ""}):
        refused = clerk.post(path, data=form | {"act": "repeat"} | wrong)
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    monthly = {"every": "month", "number": "-1", "day-FR": "on", "times": "2", "begins": "09:00", "ends": "10:00"}
    clerk.post(path, data=form | {"act": "repeat", "day-WE": ""} | monthly)
    assert {row.rule for row in bench.all(Recurrence)} == {"FREQ=WEEKLY;BYDAY=WE", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=2"}


def test_a_session_is_changed_for_its_date_or_for_all_that_follow(bench: Bench) -> None:
    _, sessions = weekly(bench)
    clerk, path = bench.client("clerk", browser=True), f"{DESK}/sessions/{sessions[1].id}/edit"
    form = {"day": "2021-05-19", "begins": "12:00", "ends": "12:30", "title": "午间半小时", "place": "庄家街51弄1号社区食堂"}
    form |= {"room": "", "capacity": "9", "online_capacity": "0"}
    assert clerk.post(path, data=form | {"day": "2021-05-20", "scope": "this"}).status_code == 303
    assert "已经改好" in clerk.get(f"{path}?done").text
    assert clerk.post(path, data=form | {"begins": "14:00", "ends": "15:00", "scope": "following"}).status_code == 303
    rows = sorted(bench.all(Session), key=lambda session: session.starts_at)
    assert [row.revision for row in rows[:3]] == [0, 1, 1]
    sign_up(bench, rows[2]), sign_up(bench, rows[2])
    refused = clerk.post(f"{DESK}/sessions/{rows[2].id}/edit", data=form | {"day": "2021-05-26", "capacity": "1"})
    assert (refused.status_code, "已经给出去的名额" in refused.text) == (422, True)
    assert clerk.post(path, data=form | {"day": "someday"}).status_code == 422


def test_topics_are_ordered_and_rewritten_and_rules_kept(bench: Bench) -> None:
    programme, sessions = weekly(bench)
    clerk, path = bench.client("clerk", browser=True), f"{DESK}/programmes/{programme.id}"
    form = {"code-1": "wounds", "title-1": "擦伤怎么办", "order-1": "9", "code-2": "cpr", "title-2": "黄金四分钟", "order-2": "1"}
    assert clerk.post(f"{path}/topics", data=form | {"title-3": "防诈骗𠮷🎉"}).status_code == 303
    kept = bench.get(Programme, programme.id).topics
    assert [(topic["title"], topic["version"]) for topic in kept] == [("黄金四分钟", 1), ("防诈骗𠮷🎉", 1), ("擦伤怎么办", 2)]
    titles = [session.topic_title for session in sorted(bench.all(Session), key=lambda session: session.starts_at)]
    assert titles[:3] == ["黄金四分钟", "防诈骗𠮷🎉", "擦伤怎么办"]
    rules = {
        "title": "午间半小时",
        "organiser": "红十字会",
        "place": "食堂",
        "age_from": "60",
        "party_max": "2",
        "cancel_hours": "3",
    }
    assert clerk.post(f"{path}/rules", data=rules | {"planned": "true", "streets": "310101019"}).status_code == 303
    programme = bench.get(Programme, programme.id)
    assert (programme.audience["age_from"], programme.audience["streets"], programme.party_max) == (60, ["310101019"], 2)
    assert {session.party_max for session in bench.all(Session)} == {2}
    refused = clerk.post(f"{path}/rules", data=rules | {"age_to": "50"})
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert sessions


def test_holidays_are_marked_cleared_and_confirmed(bench: Bench) -> None:
    _, sessions = weekly(bench)
    clerk, path = bench.client("clerk", browser=True), f"{DESK}/holidays"
    day = {"on": "2021-05-12", "kind": "off", "name": "社区日", "year": "2021"}
    assert clerk.post(path, data=day).status_code == 303
    assert bench.get(Session, sessions[0].id).reason_code == "holiday"
    assert "社区日" in clerk.get(path).text
    assert clerk.post(path, data={"act": "clear", "on": "2021-05-12", "year": "2021"}).status_code == 303
    assert date(2021, 5, 12) not in {day.on for day in bench.all(SpecialDay)}
    assert clerk.post(path, data={"act": "clear", "on": "2021-05-12", "year": "2021"}).status_code == 422
    assert clerk.post(path, data=day | {"on": "someday"}).status_code == 422
    assert clerk.post(path, data={"act": "confirm", "year": "2022"}).status_code == 303
    assert "放假安排已公布" in clerk.get(f"{path}?year=2022").text
    assert clerk.post(path, data={"act": "confirm", "year": "2099"}).status_code == 422


def test_lecturers_are_listed_and_given_to_sessions(bench: Bench) -> None:
    _, sessions = weekly(bench)
    clerk = bench.client("clerk", browser=True)
    assert clerk.post(f"{DESK}/instructors", data={"name": "李敏", "title": "主治医师"}).status_code == 303
    assert clerk.post(f"{DESK}/instructors", data={"name": ""}).status_code == 422
    (doctor,) = bench.all(Instructor)
    path = f"{DESK}/sessions/{sessions[0].id}/edit"
    assert clerk.post(path, data={"act": "people", f"part-{doctor.id}": "lecturer"}).status_code == 303
    assert [row.part for row in bench.all(Assignment)] == ["lecturer"]
    assert clerk.post(path, data={"act": "people", f"part-{doctor.id}": "magician"}).status_code == 422


def test_a_series_changes_its_day_of_the_week_from_one_session_on_after_a_look_at_the_dates(bench: Bench) -> None:
    _, sessions = weekly(bench)
    second, kept = sessions[1], sign_up(bench, sessions[1])
    clerk, path = bench.client("clerk", browser=True), f"{DESK}/sessions/{second.id}/edit"
    shown = clerk.get(path).text
    assert 'name="day-WE" value="1" checked' in shown
    form = {"scope": "following", "day": "2021-05-19", "begins": "12:00", "ends": "12:30", "day-FR": "1", "capacity": "9"}
    looked = clerk.post(path, data=form | {"act": "preview"})
    assert (looked.status_code, "5月21日" in looked.text, "5月28日" in looked.text) == (200, True, True)
    assert len(bench.all(Recurrence)) == 1
    assert clerk.post(path, data=form).status_code == 303
    days = sorted(each.starts_at.date() for each in bench.all(Session) if each.state == "planned")
    assert days[:3] == [date(2021, 5, 12), date(2021, 5, 21), date(2021, 5, 28)]
    assert bench.get(Session, kept.session_id).starts_at.date() == date(2021, 5, 21)
    assert sorted(each.rule for each in bench.all(Recurrence)) == ["FREQ=WEEKLY;BYDAY=FR", "FREQ=WEEKLY;BYDAY=WE"]


def test_other_weekdays_leave_a_series_the_number_of_its_dates(bench: Bench) -> None:
    wish = {"begins": time(12), "minutes": 30, "first_on": date(2021, 5, 12), "rule": "FREQ=WEEKLY;BYDAY=WE;COUNT=4"}
    bench.run(repeat, Repeat.model_validate({"programme_id": the_noon_half_hour(bench).id} | wish))
    second = sorted(bench.all(Session), key=lambda session: session.starts_at)[1]
    bench.run(edit_series, EditSeries(session_id=second.id, scope="following", weekdays=("TH", "MO")))
    days = sorted(each.starts_at.date() for each in bench.all(Session) if each.state == "planned")
    assert days == [date(2021, 5, 12), date(2021, 5, 20), date(2021, 5, 24), date(2021, 5, 27)]


@pytest.mark.parametrize(
    ("rule", "wish", "words"),
    [
        ("FREQ=MONTHLY;BYDAY=1WE", {"weekdays": ["FR"]}, "只有按周办的系列"),
        ("FREQ=WEEKLY;BYDAY=WE", {"weekdays": ["FR"], "rule": "FREQ=DAILY"}, "请只写一样"),
        ("FREQ=WEEKLY;BYDAY=WE", {"weekdays": []}, ""),
        ("FREQ=WEEKLY;BYDAY=WE", {"weekdays": ["周五"]}, ""),
    ],
)
def test_weekdays_that_make_no_sense_are_refused_and_nothing_moves(
    bench: Bench, rule: str, wish: dict[str, object], words: str
) -> None:
    series = {"begins": time(12), "minutes": 30, "first_on": date(2021, 5, 12), "rule": rule}
    bench.run(repeat, Repeat.model_validate({"programme_id": the_noon_half_hour(bench).id} | series))
    before = sorted(each.starts_at for each in bench.all(Session))
    first = min(bench.all(Session), key=lambda session: session.starts_at)
    answer = bench.client("clerk").post(f"/registration/api/sessions/{first.id}/series/edit", json={"scope": "following"} | wish)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True)
    assert sorted(each.starts_at for each in bench.all(Session)) == before
