"""A term is signed up for in one go, and each of its sessions stands for itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.registration.features import problems
from services.registration.features.enrol import Enrol, LeaveTerm, enrol, leave_term
from services.registration.tables import Programme, Registration
from shared.errors import Invalid, NotFound
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, the_noon_half_hour

WEEK = timedelta(days=7)


def a_term(bench: Bench, capacities: tuple[int, ...] = (2, 1, 2)) -> Programme:
    """Three Wednesdays; the second has one place, which somebody took."""
    programme = the_noon_half_hour(bench)
    for week, capacity in enumerate(capacities):
        session = a_session(bench, programme=programme, capacity=capacity, starts_at=WEDNESDAY + week * WEEK)
        if capacity == 1:
            sign_up(bench, session)
    return programme


def test_each_session_of_a_term_gives_a_place_or_a_spot_in_its_line(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    results = bench.run(enrol, Enrol(programme_id=programme.id, resident_id=me.id))
    assert [each.registration.state for each in results if each.registration] == ["confirmed", "waitlisted", "confirmed"]
    assert [event.type for event in bench.said] == [
        "registration.confirmed",
        "registration.waitlisted",
        "registration.confirmed",
    ]


def test_a_term_can_be_cut_and_what_one_has_already_is_left_as_it_is(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    term = {"programme_id": programme.id, "resident_id": me.id, "since": date(2021, 5, 13), "until": date(2021, 5, 19)}
    (only,) = bench.run(enrol, Enrol.model_validate(term))
    assert only.session.starts_at == WEDNESDAY + WEEK
    again = bench.run(enrol, Enrol(programme_id=programme.id, resident_id=me.id))
    assert [each.refused.code if each.refused else "" for each in again] == ["", "already_registered", ""]
    assert len([each for each in bench.all(Registration) if each.resident_id == me.id]) == 3


def test_leaving_a_term_gives_everything_back(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    bench.run(enrol, Enrol(programme_id=programme.id, resident_id=me.id))
    left = bench.run(leave_term, LeaveTerm(programme_id=programme.id, resident_id=me.id, channel="web"))
    assert [each.state for each in left] == ["cancelled", "cancelled", "cancelled"]
    with pytest.raises(problems.NothingToGiveBack):
        bench.run(leave_term, LeaveTerm(programme_id=programme.id, resident_id=me.id, channel="web"))


def test_what_cannot_be_a_term_is_refused(bench: Bench) -> None:
    programme, me = a_term(bench), a_resident(bench)
    with pytest.raises(Invalid):
        bench.run(enrol, Enrol(programme_id=programme.id, resident_id=me.id, since=date(2021, 6, 1), until=date(2021, 5, 1)))
    with pytest.raises(problems.NothingInTerm):
        bench.run(enrol, Enrol(programme_id=programme.id, resident_id=me.id, since=date(2022, 1, 1)))
    with pytest.raises(NotFound):
        bench.run(enrol, Enrol(programme_id=new_id(), resident_id=me.id))
    with pytest.raises(problems.UnknownResident):
        bench.run(enrol, Enrol(programme_id=programme.id, resident_id=new_id()))
    assert [each for each in bench.all(Registration) if each.resident_id == me.id] == []
