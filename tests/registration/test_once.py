"""A command that is sent twice is carried out once, and answered the same both times."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from fastapi.routing import APIRoute

from services.registration import api, pages
from services.registration.answers import Once
from services.registration.features.register import Register, register
from services.registration.tables import AnsweredRequest, Registration, Resident
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import a_resident, a_session, sign_up

API = "/registration/api"
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def me(bench: Bench) -> tuple[Any, Resident]:
    resident = a_resident(bench)
    return bench.client("resident", id=resident.id), resident


def test_every_command_of_interface_and_pages_is_carried_out_once() -> None:
    for part in (*api._parts, *pages._rooms):
        assert {type(route) for route in part.routes if isinstance(route, APIRoute)} <= {Once}


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(bench: Bench) -> None:
    session, (client, _) = a_session(bench), me(bench)
    wish = {"session_id": str(session.id)}
    first = client.post(f"{API}/registrations", json=wish, headers=KEY)
    again = client.post(f"{API}/registrations", json=wish, headers=KEY)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) != (409, None)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(bench.all(Registration)) == 1
    without = client.post(f"{API}/registrations", json=wish)
    assert (without.status_code, without.json()["code"]) == (409, "already_registered")


def test_a_key_belongs_to_one_request_and_one_person(bench: Bench) -> None:
    session, other = a_session(bench), a_session(bench)
    client, _ = me(bench)
    assert client.post(f"{API}/registrations", json={"session_id": str(session.id)}, headers=KEY).status_code == 201
    reused = client.post(f"{API}/registrations", json={"session_id": str(other.id)}, headers=KEY)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    neighbour, _ = me(bench)
    assert neighbour.post(f"{API}/registrations", json={"session_id": str(session.id)}, headers=KEY).status_code == 201
    assert len(bench.all(Registration)) == 2


def test_a_refused_request_keeps_nothing_and_may_be_sent_again(bench: Bench) -> None:
    client, _ = me(bench)
    wish = {"session_id": str(new_id())}
    assert client.post(f"{API}/registrations", json=wish, headers=KEY).status_code == 404
    assert bench.all(AnsweredRequest) == []
    unusable = client.post(f"{API}/registrations", json=wish, headers={"Idempotency-Key": "two words"})
    assert (unusable.status_code, unusable.json()["code"]) == (422, "unusable_idempotency_key")


def test_what_is_kept_can_be_read_by_nobody_else_and_goes_after_a_day(bench: Bench) -> None:
    session, (client, resident) = a_session(bench), me(bench)
    client.post(f"{API}/registrations", json={"session_id": str(session.id)}, headers=KEY)
    (kept,) = bench.all(AnsweredRequest)
    assert str(resident.id) not in f"{kept.body}{kept.mark}{kept.request_mark}"
    bench.at(timedelta(hours=23))
    bench.tick()
    assert len(bench.all(AnsweredRequest)) == 1
    bench.at(timedelta(hours=2))
    bench.tick()
    assert bench.all(AnsweredRequest) == []


def test_while_the_first_is_still_at_work_the_second_is_told_so(bench: Bench) -> None:
    session, (client, _) = a_session(bench), me(bench)
    answers: list[Any] = []

    def ask() -> None:
        answers.append(client.post(f"{API}/registrations", json={"session_id": str(session.id)}, headers=KEY))

    with bench.service.begin() as unit:
        register(Register(session_id=session.id, resident_id=a_resident(bench).id), unit)
        unit.session.flush()
        first = threading.Thread(target=ask)
        first.start()
        while bench.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]:
            first.join(0.01)
        second = client.post(f"{API}/registrations", json={"session_id": str(session.id)}, headers=KEY)
    first.join()
    assert (second.status_code, second.json()["code"]) == (409, "request_in_progress")
    assert answers[0].status_code == 201


def test_a_form_sent_twice_by_a_double_tap_leads_to_one_ticket(bench: Bench) -> None:
    session, resident = a_session(bench), a_resident(bench)
    client = bench.client("resident", id=resident.id, browser=True)
    sign_up(bench, session)
    form = {"once": str(new_id())}
    first, second = (client.post(f"/registration/sessions/{session.id}", data=form) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["location"].endswith("?new")
