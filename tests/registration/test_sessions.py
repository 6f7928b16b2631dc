"""Programmes and their sessions: topics take turns, and a cancelled date costs no topic its turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.registration.domain.calendar import Audience
from services.registration.features import problems
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.features.open_programme import OpenProgramme, Topic
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.tables import Session
from shared.contracts.registration import ProgrammeOpened, SessionCancelled, SessionChanged, SessionScheduled
from shared.errors import Invalid, NotFound
from shared.testing import Bench
from tests.registration.people import HALF_HOUR, STREET, WEDNESDAY, a_session, sign_up, state_of, the_noon_half_hour

WEEK = timedelta(weeks=1)


def test_a_programme_is_told_of(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    assert bench.said == [
        ProgrammeOpened(programme_id=programme.id, kind="series", title="午间半小时", organiser="老西门红十字会", street=STREET)
    ]


def test_topics_take_turns_week_after_week(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    topics = [a_session(bench, programme=programme, starts_at=WEDNESDAY + week * WEEK).topic for week in range(5)]
    assert topics == ["wounds", "cpr", "falls", "phone", "wounds"]
    (scheduled,) = bench.said
    assert isinstance(scheduled, SessionScheduled)
    assert (scheduled.topic_title, scheduled.place) == ("小伤口怎么处理", "庄家街51弄1号社区食堂")


def test_the_topic_of_a_cancelled_date_comes_next_time(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    a_session(bench, programme=programme)
    lost = a_session(bench, programme=programme, starts_at=WEDNESDAY + WEEK)
    bench.run(cancel_session, CancelSession(session_id=lost.id, reason="weather"))
    assert a_session(bench, programme=programme, starts_at=WEDNESDAY + 2 * WEEK).topic == lost.topic == "cpr"


def test_a_topic_may_be_chosen_but_must_be_one_of_the_programmes(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    assert a_session(bench, programme=programme, topic="phone").topic == "phone"
    with pytest.raises(problems.UnknownTopic):
        a_session(bench, programme=programme, starts_at=WEDNESDAY + WEEK, topic="chess")


def test_two_sessions_of_a_programme_never_begin_at_once_but_a_cancelled_one_makes_room(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    session = a_session(bench, programme=programme)
    with pytest.raises(problems.SameTime):
        a_session(bench, programme=programme)
    bench.run(cancel_session, CancelSession(session_id=session.id, reason="weather"))
    a_session(bench, programme=programme)


@pytest.mark.parametrize(
    "times",
    [
        {"starts_at": WEDNESDAY, "ends_at": WEDNESDAY},
        {"starts_at": WEDNESDAY - WEEK},
        {"opens_at": WEDNESDAY, "closes_at": WEDNESDAY - HALF_HOUR},
        {"closes_at": WEDNESDAY + 2 * HALF_HOUR},
    ],
)
def test_impossible_times_are_refused(bench: Bench, times: dict[str, Any]) -> None:
    programme = the_noon_half_hour(bench)
    with pytest.raises(Invalid):
        a_session(bench, programme=programme, **times)


def test_times_without_a_zone_and_rooms_without_a_place_are_refused() -> None:
    a = {"programme_id": STREET, "starts_at": "2021-05-12T12:00:00", "ends_at": "2021-05-12T12:30:00", "capacity": 0}
    with pytest.raises(ValidationError) as refused:
        ScheduleSession.model_validate(a)
    assert {error["loc"][0] for error in refused.value.errors()} == {"programme_id", "starts_at", "ends_at", "capacity"}


def test_two_topics_of_a_programme_need_two_codes() -> None:
    with pytest.raises(ValidationError):
        OpenProgramme(
            kind="course",
            title="课",
            organiser="街道",
            street=STREET,
            place="礼堂",
            topics=(Topic(code="a", title="一"), Topic(code="a", title="二")),
        )


def test_a_session_called_off_tells_once_and_keeps_its_registrations_for_the_texts(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    bench.run(cancel_session, CancelSession(session_id=session.id, reason="weather"))
    assert bench.said == [SessionCancelled(session_id=session.id, programme_id=session.programme_id, reason="weather")]
    assert bench.get(Session, session.id).state == "cancelled"
    assert state_of(bench, registration) == "confirmed"
    with pytest.raises(problems.SessionIsCancelled):
        bench.run(cancel_session, CancelSession(session_id=session.id, reason="weather"))


def test_scheduling_needs_a_known_programme(bench: Bench) -> None:
    session = a_session(bench)
    wish = ScheduleSession(programme_id=session.id, starts_at=WEDNESDAY, ends_at=WEDNESDAY + HALF_HOUR, capacity=1)
    with pytest.raises(NotFound):
        bench.run(schedule_session, wish)


def test_a_session_takes_over_the_rules_of_its_programme(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    given = {
        "opens_days": 1,
        "closes_hours": 2,
        "cancel_hours": 3,
        "party_max": 3,
        "waitlist_policy": "best_fit",
        "online_capacity": 9,
    }
    bench.query(f"UPDATE programme SET {', '.join(f'{name} = %s' for name in given)} RETURNING id", tuple(given.values()))
    session = a_session(bench, programme=programme)
    assert (session.party_max, session.waitlist_policy, session.online_capacity, session.online_taken) == (3, "best_fit", 9, 0)
    assert session.opens_at == WEDNESDAY - timedelta(days=1)
    assert (session.closes_at, session.cancel_until) == (WEDNESDAY - timedelta(hours=2), WEDNESDAY - timedelta(hours=3))


@pytest.mark.parametrize(
    ("facts", "admitted"),
    [
        ({"birth_year": 1950}, True),
        ({"birth_year": None}, True),
        ({"birth_year": 1962}, False),
        ({"birth_year": 1930}, False),
        ({"street": "310101018"}, False),
        ({"nominated": False}, False),
    ],
)
def test_an_audience_admits_whom_it_names(facts: dict[str, Any], admitted: bool) -> None:
    audience = Audience.of({"age_from": 60, "age_to": 90, "streets": [STREET], "nominated_only": True})
    who: dict[str, Any] = {"birth_year": 1950, "street": STREET, "nominated": True, "year": 2021} | facts
    assert audience.admits(**who) is admitted
    assert Audience.of({}).admits(**who)


def test_a_moved_session_stays_itself_keeps_who_signed_up_and_tells_from_when_to_when(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    holder, waiting = sign_up(bench, session), sign_up(bench, session)
    later = WEDNESDAY + timedelta(hours=2)
    moved = bench.run(edit_session, EditSession(session_id=session.id, starts_at=later, room="二楼"))
    assert (moved.id, moved.starts_at, moved.ends_at, moved.revision) == (session.id, later, later + HALF_HOUR, 1)
    assert (moved.closes_at, moved.cancel_until) == (later, later)
    assert [state_of(bench, each) for each in (holder, waiting)] == ["confirmed", "waitlisted"]
    (told,) = bench.said
    assert isinstance(told, SessionChanged)
    assert (told.old_starts_at, told.starts_at, told.place) == (WEDNESDAY, later, "庄家街51弄1号社区食堂二楼")
    assert {"time", "place"} <= set(told.changed)
    bench.run(edit_session, EditSession(session_id=session.id, starts_at=later))
    assert bench.said == []


def test_places_that_are_given_cannot_be_taken_away_by_an_edit(bench: Bench) -> None:
    session = a_session(bench, capacity=3)
    sign_up(bench, session), sign_up(bench, session)
    with pytest.raises(problems.TooFewPlaces):
        bench.run(edit_session, EditSession(session_id=session.id, capacity=1, title="别的"))
    assert bench.get(Session, session.id).title == "午间半小时"
    assert bench.run(edit_session, EditSession(session_id=session.id, capacity=2)).capacity == 2


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ({"starts_at": WEDNESDAY - WEEK}, Invalid),
        ({"ends_at": WEDNESDAY - HALF_HOUR}, Invalid),
        ({"starts_at": WEDNESDAY + WEEK}, problems.SameTime),
        ({"topic": "chess"}, problems.UnknownTopic),
    ],
)
def test_edits_that_cannot_be_are_refused(bench: Bench, edit: dict[str, Any], problem: type[Exception]) -> None:
    programme = the_noon_half_hour(bench)
    session = a_session(bench, programme=programme)
    a_session(bench, programme=programme, starts_at=WEDNESDAY + WEEK)
    with pytest.raises(problem):
        bench.run(edit_session, EditSession(session_id=session.id, **edit))
    assert bench.get(Session, session.id).revision == 0


def test_a_session_that_is_over_or_off_is_not_changed_any_more(bench: Bench) -> None:
    session = a_session(bench)
    bench.at(WEDNESDAY + timedelta(hours=1))
    with pytest.raises(problems.SessionIsOver):
        bench.run(edit_session, EditSession(session_id=session.id, title="别的"))


def test_a_lost_topic_comes_next_where_nobody_has_signed_up_for_another_yet(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    weeks = [a_session(bench, programme=programme, starts_at=WEDNESDAY + week * WEEK) for week in range(6)]
    sign_up(bench, weeks[2])
    bench.run(cancel_session, CancelSession(session_id=weeks[1].id, reason="weather"))
    topics = [bench.get(Session, week.id).topic for week in weeks]
    assert topics == ["wounds", "cpr", "falls", "cpr", "phone", "wounds"]
    assert [type(event) for event in bench.said] == [SessionCancelled, SessionChanged, SessionChanged, SessionChanged]


def test_a_text_of_staff_is_read_on_pages_and_never_told(bench: Bench) -> None:
    session = a_session(bench)
    bench.run(cancel_session, CancelSession(session_id=session.id, reason="lecturer", words="王老师病了"))
    assert bench.get(Session, session.id).reason == "王老师病了"
    assert "王老师" not in str(bench.said)
