"""Whoever is named on a list that staff read can read that it was read: once a day and reader, however often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.registration.tables import AccessNote
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import a_resident, a_session, sign_up

API = "/registration/api/sessions"
DESK = "/registration/desk/sessions"


def actions(bench: Bench, resident_id: object) -> list[str]:
    lines: Any = bench.client("resident", id=resident_id).get("/registration/api/residents/me/access-log").json()  # type: ignore[arg-type]
    return [line["action"] for line in lines]


@pytest.mark.parametrize(
    ("path", "browser", "action", "named"),
    [
        (f"{API}/{{id}}/roster", False, "roster_read", [True, True, False]),
        (f"{DESK}/{{id}}", True, "roster_read", [True, True, False]),
        (f"{API}/{{id}}/waitlist", False, "waitlist_read", [False, True, False]),
        (f"{DESK}/{{id}}/waitlist", True, "waitlist_read", [False, True, False]),
        (f"{API}/{{id}}/door-list?device=tablet", False, "door_list_read", [True, True, False]),
    ],
)
def test_a_list_that_was_read_is_noted_for_whom_it_names(
    bench: Bench, path: str, browser: bool, action: str, named: list[bool]
) -> None:
    session = a_session(bench, capacity=1)
    people = [sign_up(bench, session).resident_id, sign_up(bench, session).resident_id, a_resident(bench).id]
    clerk: Any = bench.client("clerk", id=new_id(), browser=browser)
    for _ in range(3):
        assert clerk.get(path.format(id=session.id)).status_code == 200
    assert [actions(bench, person) for person in people] == [[action] if each else [] for each in named]
    bench.at(timedelta(days=1))
    clerk.get(path.format(id=session.id))
    other: Any = bench.client("clerk", id=new_id(), browser=browser)
    other.get(path.format(id=session.id))
    assert len(bench.all(AccessNote)) == 3 * sum(named)


def test_a_place_that_is_kept_for_somebody_is_on_the_waitlist_s_page(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    first, second = sign_up(bench, session), sign_up(bench, session)
    bench.client("resident", id=first.resident_id).post(f"/registration/api/registrations/{first.id}/cancel")
    assert bench.query("SELECT state FROM registration WHERE id = %s", (second.id,)) == [("offered",)]
    bench.client("clerk", browser=True).get(f"{DESK}/{session.id}/waitlist")
    assert actions(bench, second.resident_id) == ["waitlist_read"]
