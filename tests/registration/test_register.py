"""Places are given in the order in which people ask, and never more than there are."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from services.registration.features import problems
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.register import Register, register
from services.registration.tables import Resident, Session
from shared.contracts.registration import RegistrationConfirmed, RegistrationWaitlisted
from shared.errors import NotFound
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import STREET, WEDNESDAY, a_resident, a_session, line, sign_up


def test_whoever_asks_while_there_is_room_gets_a_place(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    assert registration.state == "confirmed"
    assert bench.said == [
        RegistrationConfirmed(
            registration_id=registration.id,
            session_id=session.id,
            programme_id=session.programme_id,
            resident_id=registration.resident_id,
            from_waitlist=False,
        )
    ]
    assert bench.get(Session, session.id).free == 1


def test_the_next_ones_wait_in_line_when_a_session_is_full(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    sign_up(bench, session)
    first, second = sign_up(bench, session), sign_up(bench, session)
    assert line(bench, session) == [first.resident_id, second.resident_id]
    assert bench.said == [
        RegistrationWaitlisted(
            registration_id=second.id,
            session_id=session.id,
            programme_id=session.programme_id,
            resident_id=second.resident_id,
            position=2,
        )
    ]


@pytest.mark.parametrize(("capacity", "state", "position"), [(2, "confirmed", None), (1, "waitlisted", 1)])
def test_asking_twice_is_answered_with_what_one_has(bench: Bench, capacity: int, state: str, position: int | None) -> None:
    session = a_session(bench, capacity=capacity)
    sign_up(bench, session)
    resident = a_resident(bench)
    registration = sign_up(bench, session, resident)
    with pytest.raises(problems.AlreadyRegistered) as refused:
        sign_up(bench, session, resident)
    assert refused.value.facts == {"registration_id": str(registration.id), "state": state, "position": position}


def test_unknown_sessions_and_people_are_not_found(bench: Bench) -> None:
    session, resident = a_session(bench), a_resident(bench)
    with pytest.raises(NotFound):
        bench.run(register, Register(session_id=new_id(), resident_id=resident.id))
    with pytest.raises(problems.UnknownResident):
        bench.run(register, Register(session_id=session.id, resident_id=new_id()))


def test_sign_up_has_a_beginning_and_an_end(bench: Bench) -> None:
    session = a_session(bench, opens_at=WEDNESDAY - timedelta(days=1), closes_at=WEDNESDAY - timedelta(hours=1))
    resident = a_resident(bench)
    with pytest.raises(problems.SignUpNotOpenYet):
        sign_up(bench, session, resident)
    bench.at(session.closes_at)
    with pytest.raises(problems.SignUpClosed):
        sign_up(bench, session, resident)
    bench.at(session.ends_at)
    with pytest.raises(problems.SessionIsOver):
        sign_up(bench, session, resident)
    bench.at(session.opens_at)
    assert sign_up(bench, session, resident).state == "confirmed"


def test_a_cancelled_session_takes_nobody(bench: Bench) -> None:
    session = a_session(bench)
    bench.run(cancel_session, CancelSession(session_id=session.id, reason="weather"))
    with pytest.raises(problems.SessionIsCancelled):
        sign_up(bench, session)


def test_five_hundred_people_rushing_for_twenty_places_get_twenty_and_wait_in_commit_order(bench: Bench) -> None:
    session = a_session(bench, capacity=20)
    people = [Resident(name="x", phone="", street=STREET, registered_at=session.opens_at) for _ in range(500)]
    bench.add(*people)
    waiting = [person.id for person in people]
    errors: list[BaseException] = []
    start = threading.Barrier(8)

    def rush() -> None:
        start.wait()
        while True:
            try:
                resident_id = waiting.pop()
            except IndexError:
                return
            try:
                with bench.service.begin() as unit:
                    register(Register(session_id=session.id, resident_id=resident_id), unit)
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=rush) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert bench.get(Session, session.id).taken == 20
    told = bench.query(
        "SELECT type, subject FROM outbox WHERE type IN ('registration.confirmed', 'registration.waitlisted') ORDER BY seq"
    )
    assert [type for type, _ in told] == ["registration.confirmed"] * 20 + ["registration.waitlisted"] * 480
    in_line = bench.query("SELECT id::text FROM registration WHERE queue IS NOT NULL ORDER BY queue")
    assert [subject for _, subject in told[20:]] == [id for (id,) in in_line]
