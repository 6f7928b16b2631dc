"""Texts go out at civil hours: reminders earlier rather than later, urgent ones at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.notify.domain.hours import REMINDERS, due_reminder, earliest, is_civil, last_civil, next_civil
from shared.contracts.registration import LoginCodeRequested
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANAS_PHONE, NOON, Place, Story, messages, the
from tests.notify.phones import PocketCarrier

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY, HOURS = REMINDERS


def at(day: int, clock: str) -> datetime:
    """A time in May 2021, Shanghai."""
    return datetime.fromisoformat(f"2021-05-{day:02} {clock}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("clock", "civil"),
    [
        ("00:00", False),
        ("08:29:59", False),
        ("08:30", True),
        ("12:00", True),
        ("20:29:59", True),
        ("20:30", False),
        ("23:59", False),
    ],
)
def test_texts_may_go_from_half_past_eight_to_half_past_eight(clock: str, civil: bool) -> None:
    assert is_civil(at(12, clock)) is civil


@pytest.mark.parametrize(
    ("now", "before", "after"),
    [
        (at(12, "08:29"), at(11, "20:25"), at(12, "08:30")),
        (at(12, "08:30"), at(12, "08:30"), at(12, "08:30")),
        (at(12, "20:29"), at(12, "20:29"), at(12, "20:29")),
        (at(12, "20:30"), at(12, "20:25"), at(13, "08:30")),
        (at(12, "23:00"), at(12, "20:25"), at(13, "08:30")),
        (at(13, "00:00"), at(12, "20:25"), at(13, "08:30")),
    ],
)
def test_the_night_ends_at_the_evening_before_and_the_morning_after(now: datetime, before: datetime, after: datetime) -> None:
    assert (last_civil(now), next_civil(now)) == (before, after)


@pytest.mark.parametrize(
    ("starts_at", "day", "hours"),
    [
        (at(12, "12:00"), at(11, "12:00"), at(12, "10:00")),
        (at(12, "10:30"), at(11, "10:30"), at(12, "08:30")),
        (at(12, "10:29"), at(11, "10:29"), at(11, "20:25")),
        (at(12, "20:30"), at(11, "20:25"), at(12, "18:30")),
    ],
)
def test_a_reminder_that_would_fall_in_the_night_comes_earlier(starts_at: datetime, day: datetime, hours: datetime) -> None:
    signed_up = at(1, "12:00")
    assert (due_reminder(DAY, starts_at, signed_up), due_reminder(HOURS, starts_at, signed_up)) == (day, hours)


def test_a_late_sign_up_is_not_reminded_of_what_was_just_said() -> None:
    assert due_reminder(DAY, at(12, "12:00"), at(11, "12:00")) is None
    assert due_reminder(HOURS, at(12, "12:00"), at(12, "09:59")) == at(12, "10:00")
    assert due_reminder(HOURS, at(12, "12:00"), at(12, "10:00")) is None


@given(
    some.integers(0, 365 * 24 * 60).map(lambda minutes: at(1, "00:00") + timedelta(minutes=minutes)),
    some.timedeltas(timedelta(), timedelta(days=30)),
)
def test_no_reminder_is_ever_due_at_night_or_after_its_event(starts_at: datetime, ahead: timedelta) -> None:
    for reminder in REMINDERS:
        due = due_reminder(reminder, starts_at, starts_at - ahead)
        assert due is None or (is_civil(due) and due <= starts_at - reminder.before)


def test_what_is_no_reminder_waits_for_the_morning_unless_that_is_too_late() -> None:
    night = at(12, "22:00")
    assert earliest(night, exempt=False, event_at=at(13, "12:00")) == at(13, "08:30")
    assert earliest(night, exempt=False, event_at=at(13, "08:30")) == night
    assert earliest(night, exempt=True, event_at=at(13, "12:00")) == night


def test_a_place_given_at_night_is_told_in_the_morning(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    session = new_id()
    bench.at(at(10, "22:00"))
    bench.hear(story.resident(), story.session(session), story.confirmed(new_id(), session))
    bench.work()
    assert carrier.phones.on(ANAS_PHONE) == []
    bench.at(at(11, "08:30"))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def test_a_referral_and_a_login_code_go_at_night(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    bench.at(at(10, "23:30"))
    bench.hear(story.resident())
    bench.hear(story.referral(new_id()), source="/stations")
    bench.hear(a_code(story, at(10, "23:35")))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 2


def test_a_reminder_held_up_past_its_hour_waits_for_the_morning(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.at(at(11, "21:00"))
    bench.work()
    assert the(bench, "reminder_day").held_for == "night"
    assert len(carrier.phones.on(ANAS_PHONE)) == 1
    bench.at(at(12, "08:30"))
    bench.work()
    assert len(carrier.phones.on(ANAS_PHONE)) == 2


def test_a_reminder_too_late_to_be_of_use_is_skipped(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    bench.work()
    bench.at(NOON - timedelta(minutes=14))
    bench.work()
    assert [message.skip_reason for message in messages(bench, "reminder_day") + messages(bench, "reminder_hours")] == [
        "expired"
    ] * 2
    assert len(carrier.phones.on(ANAS_PHONE)) == 1


def a_code(story: Story, expires_at: datetime, phone: str = f"+86{ANAS_PHONE}") -> LoginCodeRequested:
    """A request to log in."""
    return LoginCodeRequested(
        login_id=new_id(), phone=story.keys.seal("notify", phone), code=story.keys.seal("notify", "204060"), expires_at=expires_at
    )
