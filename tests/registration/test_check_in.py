"""At the door: who came is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.registration.features import problems
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.tables import Registration, Session
from shared.contracts.registration import RegistrationConfirmed, RegistrationMissed, ResidentCheckedIn, SessionHeld
from shared.testing import Bench
from tests.registration.people import HALF_HOUR, WEDNESDAY, a_livestream, a_resident, a_session, sign_up, state_of


def test_a_tap_on_the_roster_checks_in_and_a_second_tap_only_says_so(bench: Bench) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.at(WEDNESDAY - timedelta(minutes=10))
    assert not bench.run(check_in, CheckIn(registration_id=registration.id)).again
    assert [(type(event), event.subject) for event in bench.said] == [(ResidentCheckedIn, str(registration.id))]
    assert bench.run(check_in, CheckIn(registration_id=registration.id)).again
    assert bench.said == []


def test_nobody_is_checked_in_before_the_day(bench: Bench) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.at(WEDNESDAY - timedelta(hours=13))
    assert bench.run(check_in, CheckIn(registration_id=registration.id)).verdict == "not_yet"
    assert bench.get(Registration, registration.id).checked_in_at is None


def test_somebody_who_just_comes_takes_a_free_place(bench: Bench) -> None:
    session, resident = a_session(bench, capacity=1), a_resident(bench)
    bench.at(WEDNESDAY)
    done = bench.run(check_in, CheckIn(session_id=session.id, resident_id=resident.id))
    assert done.registration is not None
    assert (done.registration.walk_in, done.verdict) == (True, "ok")
    assert [type(event) for event in bench.said] == [ResidentCheckedIn]
    assert bench.get(Session, session.id).taken == 1
    assert bench.run(check_in, CheckIn(session_id=session.id, resident_id=resident.id)).again


def test_when_the_room_is_full_only_staffs_word_lets_somebody_in(bench: Bench) -> None:
    session, resident = a_session(bench, capacity=1), a_resident(bench)
    sign_up(bench, session)
    bench.at(WEDNESDAY)
    assert bench.run(check_in, CheckIn(session_id=session.id, resident_id=resident.id)).verdict == "no_room"
    done = bench.run(check_in, CheckIn(session_id=session.id, resident_id=resident.id, force=True))
    assert done.registration is not None
    assert state_of(bench, done.registration) == "extra"
    assert done.scan.forced
    assert bench.get(Session, session.id).taken == 1


def test_a_name_on_the_roster_counts_as_signed_up_even_when_given_as_a_person(bench: Bench) -> None:
    session = a_session(bench)
    mine = sign_up(bench, session)
    bench.at(WEDNESDAY)
    registration = bench.run(check_in, CheckIn(session_id=session.id, resident_id=mine.resident_id)).registration
    assert registration is not None
    assert (registration.id, registration.walk_in) == (mine.id, False)


def test_one_who_waits_and_comes_gets_in_beside_the_counted_places_when_staff_say_so(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    sign_up(bench, session)
    waiting = sign_up(bench, session)
    bench.at(WEDNESDAY)
    assert bench.run(check_in, CheckIn(registration_id=waiting.id)).verdict == "no_room"
    bench.run(check_in, CheckIn(registration_id=waiting.id, force=True))
    assert [type(event) for event in bench.said] == [ResidentCheckedIn]
    assert not any(isinstance(event, RegistrationConfirmed) for event in bench.said)
    assert state_of(bench, waiting) == "extra"


def test_a_session_held_is_counted_and_closed(bench: Bench) -> None:
    session = a_session(bench, capacity=2)
    came, stayed_away, waits = sign_up(bench, session), sign_up(bench, session), sign_up(bench, session)
    walk_in = a_resident(bench)
    bench.at(WEDNESDAY)
    bench.run(check_in, CheckIn(registration_id=came.id))
    bench.run(check_in, CheckIn(session_id=session.id, resident_id=walk_in.id, force=True))
    bench.at(timedelta(minutes=30))
    bench.run(hold_session, HoldSession(session_id=session.id))
    held, missed = bench.said
    assert isinstance(held, SessionHeld)
    assert isinstance(missed, RegistrationMissed)
    assert (missed.registration_id, missed.resident_id) == (stayed_away.id, stayed_away.resident_id)
    assert (held.capacity, held.confirmed, held.attended, held.walk_ins) == (2, 2, 2, 1)
    assert (held.topic, held.street) == ("wounds", "310101019")
    assert (held.no_shows, held.auto) == (1, False)
    assert [state_of(bench, each) for each in (came, stayed_away, waits)] == ["attended", "no_show", "waitlisted"]
    with pytest.raises(problems.SessionIsOver):
        bench.run(hold_session, HoldSession(session_id=session.id))
    for late in (stayed_away, waits):
        assert bench.run(check_in, CheckIn(registration_id=late.id)).verdict == "over"


def test_a_session_is_not_closed_before_it_begins(bench: Bench) -> None:
    session = a_session(bench)
    bench.at(WEDNESDAY - timedelta(minutes=1))
    with pytest.raises(problems.NotBegun):
        bench.run(hold_session, HoldSession(session_id=session.id))


def test_livestreams_have_no_door(bench: Bench) -> None:
    session, resident = a_livestream(bench), a_resident(bench)
    bench.at(WEDNESDAY)
    assert bench.run(check_in, CheckIn(session_id=session.id, resident_id=resident.id)).verdict == "no_door"
    with pytest.raises(problems.WrongKind):
        bench.run(hold_session, HoldSession(session_id=session.id))


def test_a_session_that_staff_forgot_closes_by_itself_the_next_morning_and_says_so(bench: Bench) -> None:
    session = a_session(bench)
    came, stream = sign_up(bench, session), a_livestream(bench)
    bench.at(WEDNESDAY)
    bench.run(check_in, CheckIn(registration_id=came.id))
    bench.at(timedelta(hours=20))
    bench.tick()
    assert bench.get(Session, session.id).state == "planned"
    bench.at(HALF_HOUR)
    bench.tick()
    (held,) = [event for event in bench.said if isinstance(event, SessionHeld)]
    assert (held.session_id, held.attended, held.auto) == (session.id, 1, True)
    assert bench.get(Session, stream.id).state == "planned"


def test_who_follows_from_home_did_not_stay_away(bench: Bench) -> None:
    session = a_session(bench)
    at_home = sign_up(bench, session)
    bench.query("UPDATE registration SET mode = 'online' WHERE id = %s RETURNING 1", (at_home.id,))
    bench.at(WEDNESDAY + HALF_HOUR)
    bench.run(hold_session, HoldSession(session_id=session.id))
    assert state_of(bench, at_home) == "confirmed"
