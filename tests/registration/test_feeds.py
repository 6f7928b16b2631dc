"""Calendars for phones, read back by a library that knows the standard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from icalendar import Calendar

from services.registration.domain.ical import Entry, calendar
from services.registration.features.calendar_feed import EndFeed, MakeFeed, end_feed, make_feed
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.tables import CalendarFeed
from shared.clock import SHANGHAI
from shared.testing import START, Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, the_noon_half_hour


def events(text: str) -> list[Any]:
    """The events of a calendar, as the library reads it."""
    return list(Calendar.from_ical(text).walk("VEVENT"))


def feed_of(bench: Bench, token: str) -> list[Any]:
    answer = bench.client().get(f"/registration/api/calendars/{token}.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return events(answer.text)


def test_a_programmes_calendar_is_everybodys_and_tells_when_where_and_what(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    session = a_session(bench, programme=programme, room="二楼；东,西\\南")
    off = a_session(bench, programme=programme, starts_at=WEDNESDAY + timedelta(weeks=1))
    bench.run(cancel_session, CancelSession(session_id=off.id, reason="weather"))
    answer = bench.client().get(f"/registration/api/programmes/{programme.id}/calendar.ics")
    first, second = events(answer.text)
    assert first.decoded("dtstart") == WEDNESDAY
    assert first["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert first.decoded("dtstart").astimezone(SHANGHAI).hour == 12
    assert first.decoded("dtend") - first.decoded("dtstart") == timedelta(minutes=30)
    assert first["location"] == "庄家街51弄1号社区食堂二楼；东,西\\南"
    assert first["summary"] == "午间半小时：小伤口怎么处理"
    assert (first["uid"], first["status"], first["sequence"]) == (f"{session.id}@jiamenkou", "CONFIRMED", 0)
    assert (second["status"], second["sequence"]) == ("CANCELLED", 1)
    assert not [line for line in answer.text.split("\r\n") if len(line.encode()) > 75]


def test_a_change_is_newer_under_the_same_name(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    session = a_session(bench, programme=programme)
    bench.run(edit_session, EditSession(session_id=session.id, starts_at=WEDNESDAY + timedelta(hours=2)))
    (event,) = events(bench.client().get(f"/registration/api/programmes/{programme.id}/calendar.ics").text)
    assert (event["uid"], event["sequence"]) == (f"{session.id}@jiamenkou", 1)
    assert event.decoded("dtstart") == WEDNESDAY + timedelta(hours=2)


def test_my_calendar_has_my_places_waiting_ones_as_tentative_and_returned_ones_as_cancelled(bench: Bench) -> None:
    me, other = a_resident(bench), a_resident(bench, name="李大爷")
    programme = the_noon_half_hour(bench)
    mine, full = (
        a_session(bench, programme=programme, capacity=1, starts_at=WEDNESDAY + timedelta(weeks=week)) for week in range(2)
    )
    sign_up(bench, full, other)
    place = sign_up(bench, mine, me)
    sign_up(bench, full, me)
    token = bench.run(make_feed, MakeFeed(resident_id=me.id))
    before = feed_of(bench, token)
    assert [event["status"] for event in before] == ["CONFIRMED", "TENTATIVE"]
    bench.run(cancel, Cancel(registration_id=place.id, channel="web"))
    after = feed_of(bench, token)
    assert [event["status"] for event in after] == ["CANCELLED", "TENTATIVE"]
    assert after[0]["sequence"] > before[0]["sequence"]
    again = sign_up(bench, mine, me)
    once_more = feed_of(bench, token)
    assert (len(once_more), once_more[0]["status"], once_more[0]["url"].endswith(str(again.id))) == (2, "CONFIRMED", True)
    assert once_more[0]["sequence"] > after[0]["sequence"]


def test_my_address_is_secret_kept_unreadable_and_ends_when_i_say_so(bench: Bench) -> None:
    me = a_resident(bench)
    client = bench.client("resident", id=me.id)
    first, second = (client.post("/registration/api/mine/calendar").json()["url"] for _ in range(2))
    assert first != second
    token = second.rpartition("/")[2].removesuffix(".ics")
    assert token not in str(bench.query("SELECT * FROM calendar_feed"))
    assert len(bench.all(CalendarFeed)) == 1
    old = first.rpartition("/")[2].removesuffix(".ics")
    assert bench.client().get(f"/registration/api/calendars/{old}.ics").status_code == 404
    assert feed_of(bench, token) == []
    bench.run(end_feed, EndFeed(resident_id=me.id))
    gone = bench.client().get(f"/registration/api/calendars/{token}.ics")
    assert (gone.status_code, "重新添加" in gone.json()["detail"]) == (404, True)
    assert bench.client().post("/registration/api/mine/calendar").status_code == 401


def test_a_long_line_breaks_between_characters_never_inside_one() -> None:
    words = "𠮷🎉" * 40 + "\n;,\\"
    entry = Entry(
        uid="1", summary=words, starts_at=WEDNESDAY, ends_at=WEDNESDAY, location="", status="CONFIRMED", sequence=0, url=""
    )
    text = calendar(words, [entry], START)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert events(text)[0]["summary"] == words
