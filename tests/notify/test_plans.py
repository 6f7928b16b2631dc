"""Reminders follow their sessions, whatever the calendar does; those of one day are one text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.notify import MessageSkipped
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, NOON, Place, Story, messages
from tests.notify.phones import PocketCarrier

SHANGHAI = ZoneInfo("Asia/Shanghai")
API = "/notify/api/rules"
RULES = {"opens": "08:30:00", "closes": "20:30:00", "day_lead": 1440, "hours_lead": 120}


def at(moment: tuple[int, int, int, int, int]) -> datetime:
    """A time in Shanghai."""
    year, month, day, hour, minute = moment
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def planned(bench: Bench, purpose: str = "reminder_day") -> list[datetime]:
    """When reminders are due, Shanghai time."""
    return [message.due_at.astimezone(SHANGHAI) for message in messages(bench, purpose) if message.state == "planned"]


def a_place(bench: Bench, story: Story, starts_at: datetime, title: str = "午间半小时") -> tuple[UUID, UUID]:
    """Ana has a place in a session then; gives the session and the registration."""
    session, registration = uuid4(), new_id()
    bench.hear(story.resident(), story.session(session, starts_at, title), story.confirmed(registration, session))
    return session, registration


def reminders_on(carrier: PocketCarrier) -> list[str]:
    """The reminders on Ana's phone."""
    return [text for text in carrier.phones.on(ANAS_PHONE) if text.startswith(("提醒您", "快开始了")) or "快开始了" in text]


def test_a_moved_session_is_reminded_of_at_its_new_time_only(bench: Bench, story: Story, place: Place) -> None:
    bench.hear(story.session_changed(place.session, NOON + timedelta(days=2)))
    assert planned(bench) == [(NOON + timedelta(days=1)).astimezone(SHANGHAI)]
    assert planned(bench, "reminder_hours") == [(NOON + timedelta(days=2, hours=-2)).astimezone(SHANGHAI)]


def test_a_session_moved_there_and_back_is_reminded_of_once(bench: Bench, story: Story, place: Place) -> None:
    bench.hear(story.session_changed(place.session, NOON + timedelta(days=2)))
    bench.hear(story.session_changed(place.session, NOON))
    assert len(planned(bench)) == 1
    assert len(planned(bench, "reminder_hours")) == 1


def test_a_session_moved_into_the_past_says_nothing_more(
    bench: Bench, story: Story, place: Place, carrier: PocketCarrier
) -> None:
    bench.work()
    before = len(carrier.phones.on(ANAS_PHONE))
    bench.hear(story.session_changed(place.session, NOON - timedelta(days=7)))
    bench.at(NOON)
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == before
    assert planned(bench) + planned(bench, "reminder_hours") == []


def test_a_clock_that_jumps_a_day_ahead_brings_no_flood(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    for days in (1, 2, 3):
        a_place(bench, story, NOON + timedelta(days=days))
    bench.work()
    bench.at(NOON + timedelta(days=4))
    bench.work()
    assert reminders_on(carrier) == []
    expired = [event for event in bench.said if isinstance(event, MessageSkipped)]
    assert [event.reason for event in expired] == ["expired"] * 6


def test_a_clock_that_goes_back_repeats_nothing(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.at(NOON - timedelta(days=1))
    bench.work()
    bench.at(-timedelta(hours=2))
    bench.work()
    bench.at(timedelta(hours=2))
    bench.work()
    assert len(reminders_on(carrier)) == 1


@pytest.mark.parametrize(
    ("starts", "day", "hours"),
    [
        ((2024, 1, 1, 9, 0), (2023, 12, 31, 9, 0), (2023, 12, 31, 20, 25)),
        ((2024, 3, 1, 10, 0), (2024, 2, 29, 10, 0), (2024, 2, 29, 20, 25)),
        ((2024, 2, 29, 14, 0), (2024, 2, 28, 14, 0), (2024, 2, 29, 12, 0)),
        ((2023, 3, 1, 14, 0), (2023, 2, 28, 14, 0), (2023, 3, 1, 12, 0)),
    ],
)
def test_reminders_find_the_day_before_over_every_turn_of_the_calendar(
    bench: Bench, story: Story, starts: Any, day: Any, hours: Any
) -> None:
    starts_at = at(starts)
    bench.at(starts_at - timedelta(days=5))
    a_place(bench, story, starts_at)
    assert planned(bench) == [at(day)]
    assert planned(bench, "reminder_hours") == [at(hours)]


def test_reminders_of_one_day_are_one_text(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    a_place(bench, story, NOON)
    a_place(bench, story, NOON + timedelta(hours=4), "黄金四分钟")
    a_place(bench, story, NOON + timedelta(days=1), "手机课堂")
    bench.work()
    bench.at(NOON - timedelta(days=1))
    bench.work()
    assert reminders_on(carrier) == [
        "提醒您：午间半小时，明天12:00，庄家街51弄1号社区食堂；黄金四分钟，16:00，庄家街51弄1号社区食堂。有不能来的，请回短信说是哪一场。"
    ]
    assert [(message.state, message.skip_reason) for message in messages(bench, "reminder_day")].count(("skipped", "merged")) == 2
    bench.at(timedelta(hours=4))
    bench.work()
    assert len(reminders_on(carrier)) == 1
    bench.at(timedelta(hours=20))
    bench.work()
    assert "手机课堂" in reminders_on(carrier)[-1]


def test_reminders_of_the_hour_are_one_text_only_when_their_sessions_are_close(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    bench.at(NOON - timedelta(hours=3))
    a_place(bench, story, NOON)
    a_place(bench, story, NOON + timedelta(hours=2), "黄金四分钟")
    a_place(bench, story, NOON + timedelta(hours=6), "手机课堂")
    bench.work()
    bench.at(NOON - timedelta(hours=2))
    bench.work()
    assert len(reminders_on(carrier)) == 1
    assert "黄金四分钟，14:00" in reminders_on(carrier)[0]
    bench.at(NOON + timedelta(hours=4))
    bench.work()
    assert "今天18:00的手机课堂" in reminders_on(carrier)[-1]


def test_a_place_given_back_is_in_no_merged_reminder(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    a_place(bench, story, NOON)
    session, registration = a_place(bench, story, NOON + timedelta(hours=4), "黄金四分钟")
    bench.hear(story.cancelled(registration, session))
    bench.work()
    bench.at(NOON - timedelta(days=1))
    bench.work()
    assert reminders_on(carrier) == [
        "提醒您：午间半小时“小伤口”，明天12:00，庄家街51弄1号社区食堂。能来请回复1，不能来请回复2取消。"
    ]


def test_four_reminders_of_one_day_are_two_texts(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    for hours in range(4):
        a_place(bench, story, NOON + timedelta(hours=hours))
    bench.work()
    bench.at(NOON - timedelta(days=1))
    bench.work()
    assert len(reminders_on(carrier)) == 1
    bench.at(timedelta(hours=3))
    bench.work()
    assert len(reminders_on(carrier)) == 2


def test_the_house_sets_its_own_hours_and_leads(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    client = bench.client("operator")
    assert client.get(API).json() == RULES
    wish = RULES | {"opens": "09:00:00", "closes": "18:00:00", "day_lead": 2880, "hours_lead": 180}
    assert client.put(API, json=wish).json() == wish
    a_place(bench, story, NOON + timedelta(days=2))
    assert planned(bench) == [NOON.astimezone(SHANGHAI)]
    assert planned(bench, "reminder_hours") == [(NOON + timedelta(days=2, hours=-3)).astimezone(SHANGHAI)]
    bench.at(datetime(2021, 5, 10, 18, 30, tzinfo=SHANGHAI))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE) == []
    bench.at(datetime(2021, 5, 11, 9, 0, tzinfo=SHANGHAI))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "closed before it opens": (RULES | {"opens": "20:30:00", "closes": "08:30:00"}, "closed_all_day"),
    "open for an hour": (RULES | {"opens": "08:30:00", "closes": "09:30:00"}, "closed_all_day"),
    "leads the wrong way round": (RULES | {"day_lead": 60, "hours_lead": 120}, "leads_cross"),
    "no time of day": (RULES | {"opens": "noon"}, "invalid"),
    "no lead": (RULES | {"hours_lead": 0}, "invalid"),
}


@pytest.mark.parametrize("case", BAD)
def test_rules_that_leave_no_time_are_refused(bench: Bench, case: str) -> None:
    wish, code = BAD[case]
    client = bench.client("operator")
    answer = client.put(API, json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert client.get(API).json() == RULES
    page = bench.client("operator", browser=True).post("/notify/messages/rules", data=wish)
    assert page.status_code == 422


def test_hours_are_set_on_their_page_and_only_by_those_who_may(bench: Bench) -> None:
    path = "/notify/messages/rules"
    form = {"opens": "09:00", "closes": "20:00", "day_lead": "1440", "hours_lead": "90"}
    assert bench.client("clerk", browser=True).post(path, data=form).status_code == 403
    page = bench.client("editor", browser=True)
    done = page.post(path, data=form)
    assert done.status_code == 303
    assert "记下了" in page.get(done.headers["location"]).text
    assert 'value="09:00"' in page.get(path).text
    page.cookies.set("view-language", "en")
    assert "before" in page.get(path).text


def test_a_reminder_of_somebody_else_stays_their_own(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    a_place(bench, story, NOON)
    other, session = uuid4(), uuid4()
    bench.hear(
        story.resident(other, "13900000009"),
        story.session(session, NOON + timedelta(hours=1)),
        story.confirmed(new_id(), session, other),
    )
    bench.work()
    bench.at(NOON - timedelta(hours=23))
    bench.work()
    assert [message.resident_id for message in messages(bench, "reminder_day") if message.accepted_at] == [ANA, other]
