"""In a rush, requests for one session share a transaction: each is answered as if it had come alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from fastapi import Request, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from services.registration.answers import Asked
from services.registration.features import problems
from services.registration.features.register import Crowd, Register, register
from services.registration.sign_ups import SignUps
from services.registration.tables import Registration, Resident, Session
from shared.errors import NotFound, Problem
from shared.event import new_id
from shared.log import bound
from shared.testing import START, Bench
from shared.unit import Unit
from tests.registration.people import STREET, a_resident, a_session, line, sign_up, with_rules


class Door:
    """Opens units of a bench's service; the first one waits inside until `open` is set."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.units = 0
        self.reached, self.open = threading.Event(), threading.Event()

    def begin(self) -> AbstractContextManager[Unit]:
        return self._begin()

    @contextmanager
    def _begin(self) -> Iterator[Unit]:
        self.units += 1
        with self._bench.service.begin() as unit:
            self.reached.set()
            assert self.open.wait(20)
            yield unit


def wish(
    session: Session, resident_id: UUID, *, key: str = "", what: str = "", name: str = "", bug: bool = False
) -> dict[str, Any]:
    """Somebody's request for a place; `key` and `what` as in a form that carries a key; with a `bug` it cannot be answered."""
    return {"session": session, "resident_id": resident_id, "key": key, "what": what, "name": name, "bug": bug}


def rush(door: Door, first: dict[str, Any], *rest: dict[str, Any]) -> list[Any]:
    """All answers or refusals, where `rest` arrive while the first is being carried out."""
    sign_ups = SignUps(door.begin)

    async def take(session: Session, resident_id: UUID, key: str, what: str, name: str, bug: bool) -> Response:
        request = Request({"type": "http", "state": {"asked": Asked(key, what, waits=True) if key else None}})
        command = Register(session_id=session.id, resident_id=resident_id)
        with bound(correlationid=name or new_id().hex):
            return await sign_ups.take(request, session.id, lambda _: command, broken if bug else answer)

    def answer(registration: Registration, _: Unit) -> Response:
        return Response(f"{registration.id} {registration.state}")

    def broken(_: Registration, __: Unit) -> Response:
        raise RuntimeError("no answer")

    async def everybody() -> list[Any]:
        asking = [asyncio.create_task(take(**first))]
        await asyncio.to_thread(door.reached.wait, 10)
        asking += [asyncio.create_task(take(**each)) for each in rest]
        await asyncio.sleep(0)
        door.open.set()
        return list(await asyncio.gather(*asking, return_exceptions=True))

    return asyncio.run(everybody())


def states(answers: list[Any]) -> list[str]:
    return [
        bytes(each.body).decode().split()[1] if isinstance(each, Response) else getattr(each, "code", type(each).__name__)
        for each in answers
    ]


def test_those_who_wait_together_share_one_transaction_and_keep_their_order(bench: Bench) -> None:
    session, door = a_session(bench, capacity=2), Door(bench)
    people = [a_resident(bench).id for _ in range(6)]
    answers = rush(door, *(wish(session, each) for each in people))
    assert states(answers) == ["confirmed"] * 2 + ["waitlisted"] * 4
    assert line(bench, session) == people[2:]
    assert (door.units, len(bench.query("SELECT DISTINCT xmin::text FROM registration"))) == (2, 2)
    told = bench.query(
        "SELECT body::json -> 'data' ->> 'resident_id' FROM outbox"
        " WHERE type IN ('registration.confirmed', 'registration.waitlisted') ORDER BY seq"
    )
    assert [UUID(id) for (id,) in told] == people


def test_a_refusal_is_for_whoever_it_is_about(bench: Bench) -> None:
    session, door = a_session(bench, capacity=3), Door(bench)
    already, twice = a_resident(bench), a_resident(bench)
    sign_up(bench, session, already)
    asking = [a_resident(bench).id, already.id, twice.id, new_id(), twice.id, a_resident(bench).id]
    answers = rush(door, *(wish(session, each) for each in asking))
    expected = ["confirmed", "already_registered", "confirmed", "unknown_resident", "already_registered", "waitlisted"]
    assert (states(answers), door.units) == (expected, 2)
    assert answers[4].facts["registration_id"] == bytes(answers[2].body).decode().split()[0]
    assert len(bench.all(Registration)) == 4


def test_whoever_cannot_be_answered_fails_alone(bench: Bench) -> None:
    session, door = a_session(bench, capacity=3), Door(bench)
    first, good, bad, late = (wish(session, a_resident(bench).id) for _ in range(4))
    answers = rush(door, first, good, bad | {"bug": True}, late)
    assert states(answers) == ["confirmed", "confirmed", "RuntimeError", "confirmed"]
    assert bad["resident_id"] not in {each.resident_id for each in bench.all(Registration)}
    assert bench.get(Session, session.id).taken == 3


def test_a_session_that_is_not_there_is_told_to_each(bench: Bench) -> None:
    session = a_session(bench)
    session.id = new_id()
    answers = rush(Door(bench), *(wish(session, a_resident(bench).id) for _ in range(3)))
    assert [type(each) for each in answers] == [NotFound] * 3


def test_a_double_tap_waits_for_the_first_and_gets_its_answer(bench: Bench) -> None:
    session, me, other = a_session(bench), a_resident(bench), a_resident(bench)
    tap = wish(session, me.id, key="k", what="w")
    first, second, neighbour = rush(Door(bench), tap, tap, wish(session, other.id, key="l", what="w"))
    assert (first.body, states([neighbour])) == (second.body, ["confirmed"])
    assert len(bench.all(Registration)) == 2


def test_a_key_that_was_used_otherwise_is_refused_among_others(bench: Bench) -> None:
    session, me, other = a_session(bench), a_resident(bench), a_resident(bench)
    rush(Door(bench), wish(session, me.id, key="k", what="w"))
    answers = rush(Door(bench), wish(session, other.id), wish(session, me.id, key="k", what="v"), wish(session, me.id))
    assert states(answers) == ["confirmed", "idempotency_key_reused", "already_registered"]


def test_what_each_request_led_to_can_be_followed_by_its_own_id(bench: Bench) -> None:
    session = a_session(bench)
    names = [character * 32 for character in "abc"]
    people = {a_resident(bench).id: name for name in names}
    rush(Door(bench), *(wish(session, id, name=name) for id, name in people.items()))
    told = bench.query(
        "SELECT body::json ->> 'correlationid', body::json -> 'data' ->> 'resident_id' FROM outbox"
        " WHERE type IN ('registration.confirmed', 'registration.waitlisted')"
    )
    assert {UUID(id): name for name, id in told} == people


WISHES = some.tuples(some.integers(0, 7), some.integers(1, 4), some.sampled_from(("room", "online")), some.booleans())


@pytest.mark.parametrize("policy", ["strict", "best_fit"])
def test_a_crowd_gets_what_its_people_would_have_got_one_after_the_other(bench: Bench, policy: str) -> None:
    people = [Resident(name="x", phone="", street=STREET, registered_at=START) for _ in range(7)]
    bench.add(*people)
    ids = [*(each.id for each in people), new_id()]
    days = iter(range(2, 10_000))

    def outcome(asking: Crowd | None, command: Register, unit: Unit) -> tuple[Any, ...]:
        try:
            found = asking.register(command) if asking else register(command, unit)
        except Problem as problem:
            return problem.code, problem.facts.get("position"), problem.facts.get("state"), problem.facts.get("most")
        return found.state, found.party, found.mode, found.queue, ids.index(found.resident_id)

    def told(session: Session) -> list[tuple[Any, ...]]:
        return bench.query(
            "SELECT type, body::json -> 'data' ->> 'resident_id', body::json -> 'data' ->> 'position' FROM outbox"
            " WHERE body::json -> 'data' ->> 'session_id' = %s AND body::json -> 'data' ->> 'resident_id' <> '' ORDER BY seq",
            (str(session.id),),
        )

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(wishes=some.lists(WISHES, min_size=1, max_size=14), cuts=some.sets(some.integers(1, 13), max_size=3))
    def same(wishes: list[tuple[int, int, Any, bool]], cuts: set[int]) -> None:
        starts_at = START + timedelta(days=next(days))
        alone, together = (a_session(bench, capacity=4, starts_at=starts_at) for _ in range(2))
        results: dict[UUID, list[tuple[Any, ...]]] = {alone.id: [], together.id: []}
        for session in (alone, together):
            with_rules(bench, session, party_max=3, online_capacity=2, waitlist_policy=policy)
            commands = [
                Register(session_id=session.id, resident_id=ids[who], party=party, mode=mode, at_once=at_once)
                for who, party, mode, at_once in wishes
            ]
            edges = [0, *sorted(cuts), len(commands)] if session is together else list(range(len(commands) + 1))
            for begin, end in pairwise(edges):
                if group := commands[begin:end]:
                    with bench.service.begin() as unit:
                        crowd = Crowd(session.id, [each.resident_id for each in group], unit) if session is together else None
                        results[session.id] += [outcome(crowd, each, unit) for each in group]
        assert results[together.id] == results[alone.id]
        assert told(together) == told(alone)
        books = [bench.get(Session, each.id) for each in (alone, together)]
        assert len({(each.taken, each.online_taken, each.queued) for each in books}) == 1

    same()


def test_somebody_in_line_is_told_where_they_stand_when_they_ask_again_in_the_same_crowd(bench: Bench) -> None:
    session, me = a_session(bench, capacity=1), a_resident(bench)
    sign_up(bench, session)
    with bench.service.begin() as unit:
        crowd = Crowd(session.id, [me.id], unit)
        crowd.register(Register(session_id=session.id, resident_id=me.id))
        with pytest.raises(problems.AlreadyRegistered) as refused:
            crowd.register(Register(session_id=session.id, resident_id=me.id))
    assert (refused.value.facts["state"], refused.value.facts["position"]) == ("waitlisted", 1)


def test_whoever_has_to_wait_in_a_crowd_holds_up_those_behind_them(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=6), party_max=6)
    people = [a_resident(bench).id for _ in range(5)]

    def wishes(*parties: int) -> list[Register]:
        return [Register(session_id=session.id, resident_id=people.pop(), party=party) for party in parties]

    for before in wishes(3, 6):
        bench.run(register, before)
    with_rules(bench, session, capacity=5)
    with bench.service.begin() as unit:
        crowd = Crowd(session.id, list(people), unit)
        assert [crowd.register(each).state for each in wishes(1, 2, 1)] == ["confirmed", "waitlisted", "waitlisted"]
