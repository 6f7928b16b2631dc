"""People who come together, in the room or from home: their places are given together, in the declared order."""

from __future__ import annotations

import pytest

from services.registration.features import problems
from services.registration.features.accept_offer import AcceptOffer, accept_offer
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_mode import ChangeMode, change_mode
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.features.register import Register, register
from services.registration.tables import Registration, Session
from shared.contracts.registration import PlaceOffered, PlaceSwapped, RegistrationCancelled, RegistrationConfirmed, SessionChanged
from shared.testing import Bench
from tests.registration.people import STREET, WEDNESDAY, a_resident, a_session, state_of, the_noon_half_hour, with_rules


def party(bench: Bench, session: Session, size: int = 1, **wish: object) -> Registration:
    """Somebody new signs up with a party of `size`."""
    given = {"session_id": session.id, "resident_id": a_resident(bench).id, "party": size, **wish}
    return bench.run(register, Register.model_validate(given))


def leave(bench: Bench, registration: Registration) -> None:
    bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))


def states(bench: Bench, *registrations: Registration) -> list[str]:
    return [state_of(bench, each) for each in registrations]


def test_an_elder_and_a_companion_get_two_places_or_none(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=3), party_max=2)
    assert [party(bench, session, 2).state, party(bench, session, 2).state] == ["confirmed", "waitlisted"]
    assert bench.get(Session, session.id).taken == 2


def test_in_strict_order_nobody_is_passed_over(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=2), party_max=2)
    holder, other = party(bench, session), party(bench, session)
    two, one = party(bench, session, 2), party(bench, session)
    leave(bench, holder)
    assert states(bench, two, one, party(bench, session)) == ["waitlisted", "waitlisted", "waitlisted"]
    leave(bench, other)
    assert states(bench, two, one) == ["offered", "waitlisted"]


def test_with_best_fit_a_small_party_takes_what_is_too_little_for_the_one_before(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=2), party_max=2, waitlist_policy="best_fit")
    holder, other = party(bench, session), party(bench, session)
    two, one = party(bench, session, 2), party(bench, session)
    leave(bench, holder)
    assert states(bench, two, one) == ["waitlisted", "offered"]
    leave(bench, one)
    assert party(bench, session).state == "confirmed"
    leave(bench, other)
    assert state_of(bench, two) == "waitlisted"


def test_a_party_that_could_never_fit_is_refused_in_words(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=2), party_max=3)
    for size in (3, 4):
        with pytest.raises(problems.PartyTooLarge) as refused:
            party(bench, session, size)
        assert refused.value.facts == {"most": 2}
    assert bench.all(Registration) == []


def test_more_places_are_offered_at_once(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    party(bench, session)
    waiting = [party(bench, session) for _ in range(3)]
    bench.run(edit_session, EditSession(session_id=session.id, capacity=3))
    assert states(bench, *waiting) == ["offered", "offered", "waitlisted"]
    assert [type(event) for event in bench.said] == [SessionChanged, PlaceOffered, PlaceOffered]


def test_places_online_are_counted_for_themselves(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    with pytest.raises(problems.NotOnline):
        party(bench, session, mode="online")
    session = with_rules(bench, session, online_capacity=1)
    assert [party(bench, session, mode=mode).state for mode in ("room", "online", "online", "room")] == [
        "confirmed",
        "confirmed",
        "waitlisted",
        "waitlisted",
    ]
    now = bench.get(Session, session.id)
    assert (now.taken, now.online_taken) == (1, 1)


def swap(bench: Bench, registration: Registration, mode: str, **wish: object) -> Registration:
    return bench.run(change_mode, ChangeMode.model_validate({"registration_id": registration.id, "mode": mode, **wish}))


def test_who_moves_home_leaves_a_place_in_the_room_to_the_next(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=1), online_capacity=2)
    mover, waiting = party(bench, session), party(bench, session)
    assert swap(bench, mover, "online").mode == "online"
    assert [type(event) for event in bench.said] == [PlaceSwapped, PlaceOffered]
    now = bench.get(Session, session.id)
    assert (now.taken, now.online_taken, state_of(bench, waiting)) == (1, 1, "offered")
    with pytest.raises(problems.NoRoom):
        swap(bench, mover, "room")


def test_who_follows_from_home_meanwhile_keeps_their_turn_for_the_room(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=1), online_capacity=1)
    holder, first, second = party(bench, session), party(bench, session), party(bench, session)
    swap(bench, first, "online", keep_waiting=True)
    assert [type(event) for event in bench.said] == [RegistrationConfirmed]
    leave(bench, holder)
    assert [type(event) for event in bench.said] == [RegistrationCancelled, PlaceSwapped]
    moved, now = bench.get(Registration, first.id), bench.get(Session, session.id)
    assert (moved.state, moved.mode, moved.prefers_room) == ("confirmed", "room", False)
    assert (now.taken, now.online_taken, state_of(bench, second)) == (1, 0, "waitlisted")


def test_who_has_come_to_terms_with_home_waits_no_longer(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=1), online_capacity=1)
    holder, first, second = party(bench, session), party(bench, session), party(bench, session)
    swap(bench, first, "online", keep_waiting=True)
    swap(bench, first, "online", keep_waiting=False)
    leave(bench, holder)
    assert (bench.get(Registration, first.id).mode, state_of(bench, second)) == ("online", "offered")


def test_an_offer_is_answered_before_it_is_moved(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=1), online_capacity=1)
    holder, first = party(bench, session), party(bench, session)
    leave(bench, holder)
    with pytest.raises(problems.NothingToMove):
        swap(bench, first, "online")
    bench.run(accept_offer, AcceptOffer(registration_id=first.id))
    assert swap(bench, first, "online").mode == "online"
    bench.at(WEDNESDAY)
    with pytest.raises(problems.SessionIsOver):
        swap(bench, first, "room")


def test_a_programme_for_others_says_so(bench: Bench) -> None:
    programme = the_noon_half_hour(bench)
    bench.query(
        "UPDATE programme SET audience = %s WHERE id = %s RETURNING id",
        (f'{{"age_from": 60, "streets": ["{STREET}"]}}', programme.id),
    )
    session = a_session(bench, programme=programme)
    for birth_year, admitted in ((1950, True), (1990, False), (None, True)):
        wish = Register(session_id=session.id, resident_id=a_resident(bench, birth_year=birth_year).id)
        if admitted:
            assert bench.run(register, wish).state == "confirmed"
        else:
            with pytest.raises(problems.NotForYou):
                bench.run(register, wish)
