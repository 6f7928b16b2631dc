"""How many texts one number gets: by the house, by each carrier's windows, the urgent before the rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.notify.domain.limits import CARRIERS, DAY, HOUR, MINUTE, ROOM, Limit, Rank, Taken, free_at, rank_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2021, 5, 12, 12, 0, 30, tzinfo=SHANGHAI)
MIDNIGHT = datetime(2021, 5, 13, tzinfo=SHANGHAI)


def sent(many: int, *, ago: timedelta = timedelta(hours=1), category: str = "service", carrier: str = "") -> list[Taken]:
    """So many texts, a minute apart, the last one so long ago."""
    return [Taken(NOON - ago - timedelta(minutes=number), category, carrier) for number in range(many)]


def test_the_less_urgent_leave_room_for_the_more_urgent() -> None:
    for rank, room in ROOM.items():
        assert free_at(rank, "service", sent(room - 1), NOON) is None
        assert free_at(rank, "service", sent(room), NOON) is not None
    assert [ROOM[rank] for rank in sorted(ROOM)] == sorted(ROOM.values(), reverse=True)


def test_what_is_urgent_is_never_held_by_the_house() -> None:
    assert free_at(Rank.URGENT, "critical", sent(50) + sent(50, category="critical"), NOON) is None


def test_every_category_that_is_no_emergency_shares_one_budget() -> None:
    assert free_at(Rank.BULK, "public_benefit", sent(3), NOON) is not None
    assert free_at(Rank.CHANGE, "service", sent(8, category="public_benefit"), NOON) is not None
    assert free_at(Rank.CHANGE, "service", sent(8, category="code"), NOON) is None


def test_room_comes_back_with_the_oldest_text_that_stands_in_the_way() -> None:
    taken = sent(8)
    assert free_at(Rank.CHANGE, "service", taken, NOON) == min(text.at for text in taken) + DAY
    assert free_at(Rank.BULK, "service", taken, NOON) == taken[2].at + DAY


@pytest.mark.parametrize(
    ("window", "begins", "ends"),
    [
        (MINUTE, NOON.replace(second=0), NOON.replace(minute=1, second=0)),
        (HOUR, NOON.replace(second=0), NOON.replace(hour=13, second=0)),
        (DAY, MIDNIGHT - DAY, MIDNIGHT),
    ],
)
def test_a_natural_window_runs_between_the_clocks_full_hours(window: timedelta, begins: datetime, ends: datetime) -> None:
    limit = Limit(window, 1, natural=True)
    assert limit.free_at([begins], NOON) == ends
    assert limit.free_at([begins - timedelta(seconds=1)], NOON) is None
    assert limit.free_at([begins], ends) is None


def test_a_rolling_window_runs_from_each_text() -> None:
    limit = Limit(DAY, 1)
    assert limit.free_at([NOON - DAY], NOON) is None
    assert limit.free_at([NOON - DAY + MINUTE], NOON) == NOON + MINUTE


def test_a_carriers_own_windows_hold_for_what_it_took_itself() -> None:
    code = [Taken(NOON - timedelta(seconds=20), "code", "aliyun")]
    assert free_at(Rank.URGENT, "code", code, NOON, "aliyun") == NOON + timedelta(seconds=40)
    three = sent(3, category="promotion", carrier="tencent", ago=timedelta(hours=30))
    assert free_at(Rank.BULK, "promotion", three, NOON, "tencent") is None
    ten = sent(10, category="critical", carrier="tencent")
    assert free_at(Rank.URGENT, "critical", ten, NOON, "tencent") == MIDNIGHT
    assert free_at(Rank.URGENT, "critical", ten, NOON, "aliyun") is None


def test_the_days_of_a_natural_window_end_at_the_years_end_and_on_29_february_too() -> None:
    for day, following in (((2023, 12, 31), (2024, 1, 1)), ((2024, 2, 28), (2024, 2, 29)), ((2024, 2, 29), (2024, 3, 1))):
        late = datetime(*day, 23, 59, 59, tzinfo=SHANGHAI)
        assert Limit(DAY, 1, natural=True).free_at([late], late) == datetime(*following, tzinfo=SHANGHAI)


@given(
    some.lists(some.timedeltas(timedelta(), timedelta(days=2)), max_size=30),
    some.sampled_from([*ROOM]),
    some.sampled_from(["", *CARRIERS]),
)
def test_a_text_that_waits_has_room_when_it_was_told_to_come_back(agos: list[timedelta], rank: Rank, carrier: str) -> None:
    taken = [Taken(NOON - ago, "service", carrier) for ago in agos]
    until = free_at(rank, "service", taken, NOON, carrier)
    if until is not None:
        assert NOON < until <= NOON + DAY
        assert free_at(rank, "service", taken, until, carrier) is None


def test_ranks_follow_what_texts_are_about() -> None:
    assert rank_of("login_code", "code") is Rank.URGENT
    assert rank_of("referral", "critical") is Rank.URGENT
    assert rank_of("session_changed", "service") is Rank.CHANGE
    assert rank_of("reminder_hours", "service") < rank_of("reminder_day", "service") < rank_of("notice", "promotion")
