"""Who gives sessions and helps: named to residents only if they agreed, and warned of being in two places at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.registration.features import problems
from services.registration.features.assign import AddInstructor, Assign, Role, add_instructor, assign
from services.registration.tables import Assignment, Instructor
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_session

DOCTOR = AddInstructor(name="李敏", title="主治医师", organisation="区红十字会", may_be_named=False)


def test_a_name_is_kept_unreadable_and_shown_to_residents_only_with_consent(bench: Bench) -> None:
    session = a_session(bench)
    quiet = bench.run(add_instructor, DOCTOR)
    named = bench.run(add_instructor, DOCTOR.model_copy(update={"name": "王芳", "may_be_named": True}))
    assert "李敏" not in str(bench.query("SELECT * FROM instructor"))
    people = [{"instructor_id": str(quiet.id), "part": "volunteer"}, {"instructor_id": str(named.id), "part": "lecturer"}]
    answer = bench.client("clerk").put(f"/registration/api/sessions/{session.id}/people", json={"people": people}).json()
    assert [each["public"] for each in answer["people"]] == ["王芳 主治医师 区红十字会", "主治医师 区红十字会"]
    assert answer["clashes"] == []
    page = bench.client(browser=True).get(f"/registration/sessions/{session.id}").text
    assert ("王芳 主治医师" in page, "李敏" in page) == (True, False)


def test_the_same_person_or_room_at_the_same_time_is_warned_of_across_programmes(bench: Bench) -> None:
    doctor = bench.run(add_instructor, DOCTOR)
    first = a_session(bench)
    second = a_session(bench, starts_at=WEDNESDAY + timedelta(minutes=15), place="文庙")
    third = a_session(bench, starts_at=WEDNESDAY + timedelta(minutes=29))
    after = a_session(bench, starts_at=WEDNESDAY + timedelta(minutes=30), place="礼堂")
    for session in (first, second, after):
        bench.run(assign, Assign(session_id=session.id, people=(Role(instructor_id=doctor.id, part="lecturer"),)))
    clerk = bench.client("clerk")
    answer = clerk.get(f"/registration/api/sessions/{first.id}/people").json()
    assert [(clash["kind"], clash["session_id"]) for clash in answer["clashes"]] == [
        ("room", str(third.id)),
        ("person", str(second.id)),
    ]


def test_people_who_are_not_on_the_list_are_refused_and_nobody_is_dropped(bench: Bench) -> None:
    session, doctor = a_session(bench), bench.run(add_instructor, DOCTOR)
    bench.run(assign, Assign(session_id=session.id, people=(Role(instructor_id=doctor.id, part="lecturer"),)))
    with pytest.raises(problems.UnknownInstructor):
        bench.run(assign, Assign(session_id=session.id, people=(Role(instructor_id=new_id(), part="lecturer"),)))
    assert [row.instructor_id for row in bench.all(Assignment)] == [doctor.id]
    missing = bench.client("clerk").post(f"/registration/api/instructors/{new_id()}/edit", json=DOCTOR.model_dump())
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_instructor")
    assert len(bench.all(Instructor)) == 1
