"""Sessions come round by a rule: holidays, exceptions, edits of one, of what follows, of all; nothing comes twice or is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from services.registration.features import problems
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.edit_series import EditSeries, edit_series
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.features.end_series import EndSeries, end_series
from services.registration.features.holidays import SetDay, set_day
from services.registration.features.recurrence import read_rule
from services.registration.features.repeat import Repeat, preview, repeat
from services.registration.features.skip_date import SkipDate, skip_date
from services.registration.tables import HolidayYear, Programme, Recurrence, Session, SpecialDay
from shared.clock import SHANGHAI
from shared.contracts.registration import SessionCancelled, SessionChanged, SessionScheduled
from shared.errors import Invalid
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, sign_up, state_of, the_noon_half_hour

FIRST = date(2021, 5, 12)
NOON = time(12)


def every_wednesday(bench: Bench, programme: Programme | None = None, **given: Any) -> Recurrence:
    """The noon half hour as it is: every Wednesday at twelve, eight weeks ahead."""
    programme = programme or the_noon_half_hour(bench)
    wish = {"rule": "FREQ=WEEKLY;BYDAY=WE", "first_on": FIRST, "begins": NOON, "minutes": 30, "capacity": 2} | given
    return bench.run(repeat, Repeat(programme_id=programme.id, **wish))


def planned(bench: Bench) -> list[Session]:
    """What is on the calendar, held sessions among it, in order."""
    return sorted((row for row in bench.all(Session) if row.state != "cancelled"), key=lambda row: row.starts_at)


def days(bench: Bench) -> list[date]:
    """The Shanghai days of what is on the calendar."""
    return [session.starts_at.astimezone(SHANGHAI).date() for session in planned(bench)]


def wednesdays(count: int, first: date = FIRST) -> list[date]:
    return [first + week * timedelta(weeks=1) for week in range(count)]


def a_holiday(bench: Bench, on: date) -> None:
    bench.run(set_day, SetDay(on=on, kind="off", name="端午节"))


def test_a_rule_puts_eight_weeks_on_the_calendar_at_shanghai_noon_and_time_adds_the_rest(bench: Bench) -> None:
    every_wednesday(bench)
    assert days(bench) == wednesdays(8)
    assert {session.starts_at.astimezone(SHANGHAI).time() for session in planned(bench)} == {NOON}
    assert [type(event) for event in bench.said] == [SessionScheduled] * 8
    assert [session.topic for session in planned(bench)] == ["wounds", "cpr", "falls", "phone"] * 2
    bench.at(timedelta(weeks=1))
    bench.tick()
    assert days(bench) == wednesdays(9)
    bench.tick()
    assert bench.said == []


def test_after_weeks_of_standing_still_the_calendar_is_as_if_it_had_run_all_along(bench: Bench) -> None:
    steady = every_wednesday(bench)
    bench.at(timedelta(weeks=7))
    bench.tick()
    whole = [(s.slot, s.starts_at) for s in planned(bench) if s.recurrence_id == steady.id]
    assert [slot for slot, _ in whole] == wednesdays(15)


def test_a_holiday_is_left_out_and_the_preview_says_why(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    a_holiday(bench, FIRST + timedelta(weeks=1))
    rhythm = Repeat(programme_id=programme.id, rule="FREQ=WEEKLY;BYDAY=WE", first_on=FIRST, begins=NOON, minutes=30)
    slots = bench.run(preview, rhythm)
    assert [(slot.on, slot.why, slot.name) for slot in slots[:3]] == [
        (FIRST, "", ""),
        (None, "holiday", "端午节"),
        (FIRST + timedelta(weeks=2), "", ""),
    ]
    assert len(slots) == 8
    assert bench.all(Session) == []
    bench.run(repeat, rhythm)
    assert days(bench) == [day for day in wednesdays(8) if day != FIRST + timedelta(weeks=1)]


def test_a_rule_goes_around_the_public_holidays_from_the_first(bench: Bench) -> None:
    every_wednesday(bench, rule="FREQ=WEEKLY;BYDAY=MO", first_on=date(2021, 6, 7))
    assert days(bench)[:2] == [date(2021, 6, 7), date(2021, 6, 21)], "14 June 2021 was the dragon boat festival"


@pytest.mark.parametrize(("policy", "second"), [("skip", None), ("anyway", date(2021, 5, 19)), ("make_up", date(2021, 5, 22))])
def test_a_programme_chooses_what_a_day_off_means_to_it(bench: Bench, policy: str, second: date | None) -> None:
    programme = the_noon_half_hour(bench)
    bench.query("UPDATE programme SET holidays = %s RETURNING id", (policy,))
    a_holiday(bench, date(2021, 5, 19))
    bench.run(set_day, SetDay(on=date(2021, 5, 22), kind="work", name="调休上班", stands_for=date(2021, 5, 19)))
    every_wednesday(bench, programme)
    assert days(bench)[:2] == [FIRST, second or date(2021, 5, 26)]


def test_a_holiday_announced_later_takes_its_session_off_and_the_topic_comes_next(bench: Bench) -> None:
    every_wednesday(bench)
    lost = planned(bench)[1]
    registration = sign_up(bench, planned(bench)[0])
    a_holiday(bench, FIRST + timedelta(weeks=1))
    bench.tick()
    assert bench.said[0] == SessionCancelled(session_id=lost.id, programme_id=lost.programme_id, reason="holiday")
    assert [session.topic for session in planned(bench)][:3] == ["wounds", "cpr", "falls"]
    assert state_of(bench, registration) == "confirmed"
    bench.tick()
    assert bench.said == []


def test_the_library_fills_the_calendar_and_a_year_without_a_notice_is_provisional(bench: Bench) -> None:
    bench.tick()
    years = {row.year: row.known for row in bench.all(HolidayYear)}
    assert years == {2021: True, 2022: True}
    special = {row.on: row for row in bench.all(SpecialDay)}
    assert (special[date(2021, 9, 18)].kind, special[date(2021, 9, 18)].stands_for) == ("work", date(2021, 9, 20))
    assert (special[date(2021, 6, 14)].kind, special[date(2021, 6, 14)].name) == ("off", "端午节")
    bench.at(datetime(2090, 5, 10, 1, 0, tzinfo=UTC))
    bench.tick()
    assert {row.year: row.known for row in bench.all(HolidayYear)}[2090] is False


def test_what_staff_wrote_down_goes_before_the_library(bench: Bench) -> None:
    bench.run(set_day, SetDay(on=date(2021, 6, 14), kind="work", name="照常"))
    bench.tick()
    assert {row.on: row.kind for row in bench.all(SpecialDay)}[date(2021, 6, 14)] == "work"


def test_a_cancelled_date_stays_empty(bench: Bench) -> None:
    every_wednesday(bench)
    bench.run(cancel_session, CancelSession(session_id=planned(bench)[2].id, reason="weather"))
    bench.tick()
    assert days(bench) == [day for day in wednesdays(8) if day != FIRST + timedelta(weeks=2)]
    assert len({session.id for session in bench.all(Session)}) == 8


def test_a_moved_session_keeps_its_slot_and_is_not_made_again(bench: Bench) -> None:
    every_wednesday(bench)
    session = planned(bench)[1]
    thursday = session.starts_at + timedelta(days=1)
    bench.run(edit_session, EditSession(session_id=session.id, starts_at=thursday))
    bench.tick()
    assert bench.get(Session, session.id).starts_at == thursday
    assert len(planned(bench)) == 8


def test_this_and_following_splits_the_series_and_every_sign_up_survives(bench: Bench) -> None:
    series = every_wednesday(bench)
    before, at, after = planned(bench)[1], planned(bench)[2], planned(bench)[5]
    places = [sign_up(bench, session) for session in (before, at, after)]
    new = bench.run(edit_series, EditSeries(session_id=at.id, scope="following", begins=time(14), room="二楼"))
    assert new.id != series.id
    assert bench.get(Recurrence, series.id).last_on == FIRST + timedelta(days=13)
    clocks = [session.starts_at.astimezone(SHANGHAI).time() for session in planned(bench)]
    assert clocks == [NOON] * 2 + [time(14)] * 6
    assert [state_of(bench, place) for place in places] == ["confirmed"] * 3
    assert bench.get(Session, after.id).where == "庄家街51弄1号社区食堂二楼"
    told = [event for event in bench.said if isinstance(event, SessionChanged)]
    assert len(told) == len(bench.said) == 6
    bench.at(timedelta(weeks=2))
    bench.tick()
    assert len(planned(bench)) == 10


def test_all_changes_what_is_to_come_but_for_what_one_date_has_of_its_own(bench: Bench) -> None:
    every_wednesday(bench)
    own = planned(bench)[3]
    bench.run(edit_session, EditSession(session_id=own.id, starts_at=own.starts_at + timedelta(hours=5)))
    bench.at(WEDNESDAY + timedelta(hours=1))
    bench.run(edit_series, EditSeries(session_id=planned(bench)[5].id, scope="all", begins=time(9), capacity=9, title="晨间"))
    clocks = [session.starts_at.astimezone(SHANGHAI).time() for session in planned(bench)]
    assert clocks == [NOON, time(9), time(9), time(17), *[time(9)] * 5]
    assert [session.capacity for session in planned(bench)] == [2, *[9] * 8]
    assert {session.title for session in planned(bench)[1:]} == {"晨间"}


def test_another_weekday_moves_the_sessions_in_order(bench: Bench) -> None:
    every_wednesday(bench)
    kept = planned(bench)
    place = sign_up(bench, kept[4])
    bench.run(edit_series, EditSeries(session_id=kept[3].id, scope="following", rule="FREQ=WEEKLY;BYDAY=FR"))
    assert [session.id for session in planned(bench)] == [session.id for session in kept]
    assert [day.isoweekday() for day in days(bench)] == [3, 3, 3, 5, 5, 5, 5, 5]
    assert state_of(bench, place) == "confirmed"
    bench.tick()
    assert bench.said == []


def test_shifting_a_daily_series_onto_its_own_dates_meets_nobody_on_the_way(bench: Bench) -> None:
    every_wednesday(bench, rule="FREQ=DAILY", weeks_ahead=1)
    kept = planned(bench)
    bench.run(edit_series, EditSeries(session_id=kept[0].id, scope="all", rule="FREQ=DAILY;BYDAY=TH,FR,SA,SU,MO,TU,WE"))
    assert [session.id for session in planned(bench)] == [session.id for session in kept]


def test_a_rule_with_fewer_dates_calls_the_rest_off(bench: Bench) -> None:
    every_wednesday(bench)
    bench.run(edit_series, EditSeries(session_id=planned(bench)[0].id, scope="all", rule="FREQ=WEEKLY;INTERVAL=2"))
    assert days(bench) == wednesdays(8)[::2]
    assert [event.reason for event in bench.said if isinstance(event, SessionCancelled)] == ["other"] * 4


def test_an_edit_that_takes_given_places_changes_nothing_at_all(bench: Bench) -> None:
    every_wednesday(bench)
    sign_up(bench, planned(bench)[6]), sign_up(bench, planned(bench)[6])
    with pytest.raises(problems.TooFewPlaces):
        bench.run(edit_series, EditSeries(session_id=planned(bench)[0].id, scope="all", capacity=1, title="别的"))
    assert {(session.capacity, session.title) for session in planned(bench)} == {(2, "午间半小时")}
    assert len(bench.all(Recurrence)) == 1


def test_an_edit_into_the_past_or_onto_another_session_is_refused(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    every_wednesday(bench, programme)
    other = every_wednesday(bench, programme, begins=time(15))
    first = next(session for session in planned(bench) if session.recurrence_id == other.id)
    with pytest.raises(problems.SameTime):
        bench.run(edit_series, EditSeries(session_id=first.id, scope="all", begins=NOON))
    bench.at(WEDNESDAY - timedelta(hours=1))
    with pytest.raises(Invalid):
        bench.run(edit_series, EditSeries(session_id=first.id, scope="all", begins=time(10)))


def test_a_session_by_hand_is_in_no_series(bench: Bench) -> None:
    series = every_wednesday(bench)
    bench.query("UPDATE session SET recurrence_id = NULL, slot = NULL WHERE recurrence_id = %s RETURNING id", (series.id,))
    with pytest.raises(problems.NotInSeries):
        bench.run(edit_series, EditSeries(session_id=planned(bench)[0].id, scope="all", begins=time(9)))


def test_a_date_can_be_left_out_before_it_is_on_the_calendar_and_put_back(bench: Bench) -> None:
    series = every_wednesday(bench)
    tenth = FIRST + timedelta(weeks=9)
    bench.run(skip_date, SkipDate(recurrence_id=series.id, on=tenth))
    bench.at(timedelta(weeks=3))
    bench.tick()
    assert tenth not in days(bench)
    bench.run(skip_date, SkipDate(recurrence_id=series.id, on=tenth, back=True))
    assert tenth in days(bench)
    with pytest.raises(problems.NotInSeries):
        bench.run(skip_date, SkipDate(recurrence_id=series.id, on=tenth + timedelta(days=1)))
    with pytest.raises(problems.NotInSeries):
        bench.run(skip_date, SkipDate(recurrence_id=series.id, on=tenth, back=True))
    with pytest.raises(problems.SameTime):
        bench.run(skip_date, SkipDate(recurrence_id=series.id, on=tenth))


def test_a_series_ends_where_staff_say_and_later_dates_are_called_off(bench: Bench) -> None:
    series = every_wednesday(bench)
    bench.run(end_series, EndSeries(recurrence_id=series.id, last_on=FIRST + timedelta(weeks=3)))
    assert days(bench) == wednesdays(4)
    bench.at(timedelta(weeks=2))
    bench.tick()
    assert days(bench) == wednesdays(4)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "每周三",
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=99999",
        "FREQ=WEEKLY;UNTIL=20200101",
        "FREQ=WEEKLY;UNTIL=20219999",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20220101",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=WEEKLY;BYDAY=2WE",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;BYEASTER=1",
        "BYDAY=WE",
        "FREQ=WEEKLY\nRDATE:20210512",
        "FREQ=MONTHLY;BYSETPOS=0",
        "FREQ=WEEKLY;BYDAY=𠮷🎉",
    ],
)
def test_a_rule_of_which_no_session_can_come_is_refused_in_a_sentence(rule: str) -> None:
    with pytest.raises(problems.ImpossibleRule) as refused:
        read_rule(rule, FIRST)
    assert refused.value.detail.endswith("。")


def test_an_impossible_rule_leaves_nothing_behind(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    wish = {"rule": "FREQ=SECONDLY", "first_on": "2021-05-12", "begins": "12:00", "minutes": 30}
    answer = bench.client("clerk").post(f"/registration/api/programmes/{programme.id}/recurrences", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "impossible_rule")
    assert bench.all(Recurrence) == []


def test_rules_as_calendars_write_them_are_read(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    wanted = {
        "RRULE:FREQ=MONTHLY;BYDAY=2WE": [date(2021, 5, 12), date(2021, 6, 9)],
        "freq=monthly;bymonthday=-1": [date(2021, 5, 31), date(2021, 6, 30)],
        "FREQ=WEEKLY;BYDAY=SA,SU;COUNT=3": [date(2021, 5, 15), date(2021, 5, 16), date(2021, 5, 22)],
        "FREQ=DAILY;UNTIL=20210513T040000Z": [date(2021, 5, 12), date(2021, 5, 13)],
        "FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=14": [date(2021, 10, 14), date(2022, 10, 14)],
    }
    for rule, expected in wanted.items():
        wish = Repeat(programme_id=programme.id, rule=rule, first_on=FIRST, begins=NOON, minutes=30)
        assert [slot.on for slot in bench.run(preview, wish)][: len(expected)] == expected


def test_a_series_begins_today_or_later_on_shanghais_clock(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    for wrong in ({"first_on": date(2021, 5, 9)}, {"begins": time(12, tzinfo=UTC)}):
        with pytest.raises(Invalid):
            every_wednesday(bench, programme, **wrong)
