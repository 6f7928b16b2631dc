"""Whatever people do with places, in whatever order, the books stay right and nobody is passed over against the policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from services.registration.features.accept_offer import AcceptOffer, accept_offer
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_mode import ChangeMode, change_mode
from services.registration.features.decline_offer import DeclineOffer, decline_offer
from services.registration.features.places import fill_free_places
from services.registration.features.register import Register, register
from services.registration.tables import Resident, Session
from shared.errors import Problem
from shared.testing import START, Bench
from shared.unit import Unit
from tests.registration.people import STREET, a_session, with_rules

HOLDING = {"confirmed", "offered"}
LETTERS = {
    "registration.confirmed": "C",
    "registration.waitlisted": "W",
    "registration.place_offered": "O",
    "registration.offer_declined": "D",
    "registration.offer_expired": "X",
    "registration.place_swapped": "S",
    "registration.cancelled": "K",
}
LIVES = re.compile(r"(C|WC|WOC)S*K?|WK?|WO[DX]?")
"""What can happen to a registration, in this order."""


class Seen(NamedTuple):
    """A registration as the checks see it; `wish` is the line it stands in."""

    id: UUID
    state: str
    mode: str
    party: int
    number: int | None
    wish: str | None


class People(RuleBasedStateMachine):
    """A crowd around one session."""

    def __init__(self, bench: Bench, residents: list[UUID], policy: str) -> None:
        super().__init__()
        self.bench, self.policy = bench, policy
        bench.at(START)
        self.newcomers = iter(residents)
        session = a_session(bench, capacity=3, starts_at=START + timedelta(days=200))
        self.session_id = session.id
        with_rules(bench, session, party_max=3, online_capacity=2, waitlist_policy=policy)
        self.before: dict[UUID, Seen] = {}

    def run(self, feature: Callable[[Any, Unit], Any], command: Any) -> None:
        """Somebody tries; a refusal changes nothing."""
        try:
            self.bench.run(feature, command)
        except Problem:
            assert self.look() == self.before

    def look(self) -> dict[UUID, Seen]:
        """Every registration as it is."""
        rows = self.bench.query(
            "SELECT id, state, mode, party, queue, CASE WHEN state = 'waitlisted' THEN mode"
            " WHEN state = 'confirmed' AND prefers_room THEN 'room' END FROM registration WHERE session_id = %s ORDER BY id",
            (self.session_id,),
        )
        return {row[0]: Seen(*row) for row in rows}

    def one(self, draw: int, *states: str) -> UUID | None:
        """One of those in these states."""
        found = [each.id for each in self.before.values() if each.state in states]
        return found[draw % len(found)] if found else None

    @initialize(parties=some.lists(some.integers(1, 3), min_size=4, max_size=7))
    def fill_the_room(self, parties: list[int]) -> None:
        for party in parties:
            self.before = self.look()
            self.sign_up(party, "room", at_once=False)

    @rule(party=some.integers(1, 3), mode=some.sampled_from(("room", "online")), at_once=some.booleans())
    def sign_up(self, party: int, mode: Any, at_once: bool) -> None:
        wish = Register(session_id=self.session_id, resident_id=next(self.newcomers), party=party, mode=mode, at_once=at_once)
        self.run(register, wish)

    @precondition(lambda self: self.one(0, "confirmed", "waitlisted", "offered"))
    @rule(draw=some.integers(0, 50))
    def give_back(self, draw: int) -> None:
        self.run(cancel, Cancel(registration_id=self.one(draw, "confirmed", "waitlisted", "offered"), channel="web"))

    @precondition(lambda self: self.one(0, "offered"))
    @rule(draw=some.integers(0, 50), wanted=some.booleans())
    def answer(self, draw: int, wanted: bool) -> None:
        chosen = self.one(draw, "offered")
        if wanted:
            self.run(accept_offer, AcceptOffer(registration_id=chosen))
        else:
            self.run(decline_offer, DeclineOffer(registration_id=chosen, channel="text"))

    @precondition(lambda self: self.one(0, "offered"))
    @rule()
    def let_time_pass(self) -> None:
        ((ends,),) = self.bench.query(
            "SELECT min(offer_expires_at) FROM registration WHERE session_id = %s AND state = 'offered'", (self.session_id,)
        )
        assert isinstance(ends, datetime)
        self.bench.at(ends)
        self.bench.tick()

    @precondition(lambda self: self.one(0, "confirmed", "waitlisted"))
    @rule(draw=some.integers(0, 50), mode=some.sampled_from(("room", "online")), meanwhile=some.booleans())
    def move(self, draw: int, mode: Any, meanwhile: bool) -> None:
        chosen = self.one(draw, "confirmed", "waitlisted")
        self.run(change_mode, ChangeMode(registration_id=chosen, mode=mode, keep_waiting=meanwhile))

    @rule(room=some.integers(1, 5), online=some.integers(0, 3))
    def change_capacity(self, room: int, online: int) -> None:
        def changed(_: None, unit: Unit) -> None:
            session = unit.lock(Session, self.session_id)
            session.capacity = max(room, session.taken)
            session.online_capacity = max(online, session.online_taken)
            fill_free_places(session, unit)

        self.run(changed, None)

    @invariant()
    def the_books_are_right(self) -> None:
        session, now = self.bench.get(Session, self.session_id), self.look()
        capacity = {"room": session.capacity, "online": session.online_capacity}
        taken = {"room": session.taken, "online": session.online_taken}
        for mode in ("room", "online"):
            held = sum(each.party for each in now.values() if each.mode == mode and each.state in HOLDING)
            assert taken[mode] == held <= capacity[mode]
            free = capacity[mode] - held
            line = sorted((each for each in now.values() if each.wish == mode), key=lambda each: each.number or 0)
            could = [each for each in line if each.party <= capacity[mode]]
            idle = could[:1] if self.policy == "strict" else could
            assert [each for each in idle if each.party <= free] == [], "a place is free while somebody waits whom it fits"
            for served in (each for each in now.values() if self.newly_served(each, mode)):
                for passed in could:
                    if served.number is None or (passed.number or 0) < served.number:
                        assert self.policy == "best_fit", "somebody was passed over"
                        assert passed.party > served.party, "somebody was passed over whom the place would have fitted"
        self.before = now

    def newly_served(self, now: Seen, mode: str) -> bool:
        """Whether the last step gave or offered places of this mode."""
        then = self.before.get(now.id)
        had = then is not None and then.mode == mode and then.state in HOLDING
        return now.mode == mode and now.state in HOLDING and not had

    def teardown(self) -> None:
        lives: dict[str, str] = {}
        told = "SELECT type, subject FROM outbox WHERE subject = ANY(%s) ORDER BY seq"
        for type, subject in self.bench.query(told, ([str(id) for id in self.before],)):
            lives[subject] = lives.get(subject, "") + LETTERS[type]
        assert [life for life in lives.values() if not LIVES.fullmatch(life)] == []
        assert lives.keys() == {str(id) for id in self.before}


@pytest.mark.parametrize("policy", ["strict", "best_fit"])
def test_places_stay_right_whatever_people_do(bench: Bench, policy: str) -> None:
    residents = [Resident(name="x", phone="", street=STREET, registered_at=START) for _ in range(60)]
    bench.add(*residents)
    ids = [resident.id for resident in residents]

    class PeopleHere(People):
        def __init__(self) -> None:
            super().__init__(bench, ids, policy)

    run_state_machine_as_test(
        PeopleHere,
        settings=settings(
            max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
