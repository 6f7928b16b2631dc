"""A place given back is offered to whoever waits longest, in the same breath."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from services.registration.features import problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.register import Register, register
from services.registration.tables import Registration, Session
from shared.contracts.notify import ReplyReceived
from shared.contracts.registration import PlaceOffered, RegistrationCancelled
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_session, line, sign_up, state_of, with_rules


def test_a_place_given_back_is_offered_to_the_next_in_line(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    holder, first, second = sign_up(bench, session), sign_up(bench, session), sign_up(bench, session)
    bench.run(cancel, Cancel(registration_id=holder.id, channel="web"))
    assert [state_of(bench, each) for each in (holder, first, second)] == ["cancelled", "offered", "waitlisted"]
    assert bench.get(Session, session.id).taken == 1
    left, offered = bench.said
    assert isinstance(left, RegistrationCancelled)
    assert (left.registration_id, left.had_place, left.channel) == (holder.id, True, "web")
    assert isinstance(offered, PlaceOffered)
    assert (offered.registration_id, offered.expires_at) == (first.id, bench.get(Registration, first.id).offer_expires_at)


def test_leaving_the_line_frees_no_place(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    holder, first, second = sign_up(bench, session), sign_up(bench, session), sign_up(bench, session)
    bench.run(cancel, Cancel(registration_id=first.id, channel="web"))
    assert [(type(event), getattr(event, "had_place", None)) for event in bench.said] == [(RegistrationCancelled, False)]
    assert state_of(bench, holder) == "confirmed"
    assert line(bench, session) == [second.resident_id]


def test_a_place_is_given_back_once(bench: Bench) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))
    with pytest.raises(problems.NothingToGiveBack):
        bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))


def test_who_gave_a_place_back_may_sign_up_again(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))
    again = bench.run(register, Register(session_id=session.id, resident_id=registration.resident_id))
    assert state_of(bench, again) == "confirmed"


def test_somebody_elses_place_cannot_be_given_back_or_even_seen(bench: Bench) -> None:
    session = a_session(bench)
    mine, theirs = sign_up(bench, session), sign_up(bench, session)
    with pytest.raises(problems.UnknownRegistration):
        bench.run(cancel, Cancel(registration_id=theirs.id, channel="web", resident_id=mine.resident_id))
    assert state_of(bench, theirs) == "confirmed"


def test_once_a_session_has_begun_places_stay_as_they_are(bench: Bench) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.at(WEDNESDAY)
    with pytest.raises(problems.SessionIsOver):
        bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))


def test_giving_back_late_is_welcome_and_noted(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench), cancel_until=WEDNESDAY - timedelta(hours=2))
    early, late = sign_up(bench, session), sign_up(bench, session)
    bench.run(cancel, Cancel(registration_id=early.id, channel="web"))
    assert bench.said[0].model_dump()["late"] is False
    bench.at(WEDNESDAY - timedelta(hours=2))
    bench.run(cancel, Cancel(registration_id=late.id, channel="web"))
    assert bench.said[0].model_dump()["late"] is True
    assert bench.get(Registration, late.id).late


def test_who_has_come_has_no_place_to_give_back(bench: Bench) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.at(WEDNESDAY - timedelta(minutes=10))
    bench.run(check_in, CheckIn(registration_id=registration.id))
    with pytest.raises(problems.NothingToGiveBack):
        bench.run(cancel, Cancel(registration_id=registration.id, channel="staff"))


def a_reply(registration: Registration, **given: object) -> ReplyReceived:
    facts = {
        "reply_id": new_id(),
        "resident_id": registration.resident_id,
        "meaning": "decline",
        "registration_id": registration.id,
    }
    return ReplyReceived.model_validate(facts | given)


def test_a_text_that_says_no_lets_the_next_be_asked(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    holder, waiting = sign_up(bench, session), sign_up(bench, session)
    bench.hear(a_reply(holder))
    assert [state_of(bench, each) for each in (holder, waiting)] == ["cancelled", "offered"]
    assert [event.type for event in bench.said] == ["registration.cancelled", "registration.place_offered"]
    assert bench.said[0].model_dump()["channel"] == "text"


def test_two_texts_that_say_no_do_no_more_than_one(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    holder, waiting = sign_up(bench, session), sign_up(bench, session)
    bench.hear(a_reply(holder), a_reply(holder))
    assert [event.type for event in bench.said] == ["registration.cancelled", "registration.place_offered"]
    assert state_of(bench, waiting) == "offered"


@pytest.mark.parametrize(
    "given", [{"meaning": "accept"}, {"meaning": "stop"}, {"registration_id": None}, {"resident_id": new_id()}]
)
def test_other_answers_and_other_peoples_change_nothing(bench: Bench, given: dict[str, object]) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.hear(a_reply(registration, **given))
    assert bench.said == []
    assert state_of(bench, registration) == "confirmed"


def test_a_text_that_comes_after_the_session_began_changes_nothing(bench: Bench) -> None:
    registration = sign_up(bench, a_session(bench))
    bench.at(WEDNESDAY)
    bench.hear(a_reply(registration))
    assert state_of(bench, registration) == "confirmed"


def test_places_given_back_while_others_sign_up_are_never_lost_or_given_twice(bench: Bench) -> None:
    session = a_session(bench, capacity=5)
    held = [sign_up(bench, session) for _ in range(15)]
    leaving = held[:12]
    errors: list[BaseException] = []

    def leave() -> None:
        while leaving:
            try:
                registration = leaving.pop()
            except IndexError:
                return
            try:
                with bench.service.begin() as unit:
                    cancel(Cancel(registration_id=registration.id, channel="web"), unit)
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=leave) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    kept = bench.query("SELECT id FROM registration WHERE state = 'offered'")
    assert {id for (id,) in kept} == {registration.id for registration in held[12:]}
    assert bench.get(Session, session.id).taken == 3
