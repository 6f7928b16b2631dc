"""What courses and doors keep of somebody changes hands with a merge, and nothing counts twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.registration.features import problems
from services.registration.features.belongings import CLASH
from services.registration.features.log_ins import BeginLogIn, begin_log_in
from services.registration.features.take_test import tries_of
from services.registration.features.withdraw_nomination import WithdrawNomination, withdraw_nomination
from services.registration.tables import Certificate, HourEntry, LogIn, Nomination, Resident, Scan
from services.registration.tables import TestTaken as Try
from shared import clock
from shared.auth import Principal
from shared.contracts.registration import LogInEnded
from shared.testing import Bench
from tests.registration.classroom import a_course, a_graduate, a_student, lessons, sent
from tests.registration.learned import KEPT, a_taught_course
from tests.registration.people import a_resident, sign_up
from tests.registration.test_log_in import ask, the_code_in_the_text, verify
from tests.registration.test_merging import merge, undo


def owners(bench: Bench, table: str) -> set[UUID]:
    return {row[0] for row in bench.query(f"SELECT resident_id FROM {table} WHERE resident_id IS NOT NULL")}


def test_every_table_that_a_course_or_a_door_keeps_of_somebody_is_tried() -> None:
    assert sorted(KEPT) == sorted(str(table.__tablename__) for table in CLASH)


@pytest.mark.parametrize("table", sorted(KEPT))
def test_what_one_record_alone_has_moves_and_comes_back(bench: Bench, table: str) -> None:
    kept, merged, course = a_resident(bench), a_resident(bench), a_taught_course(bench)
    bench.add(*KEPT[table](course, merged.id))
    before = sorted(bench.query(f"SELECT * FROM {table}"), key=repr)
    done = merge(bench, kept, merged)
    assert owners(bench, table) == {kept.id}
    undo(bench, done)
    assert sorted(bench.query(f"SELECT * FROM {table}"), key=repr) == before


@pytest.mark.parametrize("table", sorted(set(KEPT) - {"nomination", "scan"}))
def test_what_both_have_and_counts_once_stays_with_each(bench: Bench, table: str) -> None:
    kept, merged, course = a_resident(bench), a_resident(bench), a_taught_course(bench)
    for who in (kept, merged):
        bench.add(*KEPT[table](course, who.id))
    before = sorted(bench.query(f"SELECT * FROM {table}"), key=repr)
    clerk = bench.client("clerk", browser=True)
    assert "两份都有、不动的" in clerk.get(f"/registration/duplicates/merge?kept={kept.id}&merged={merged.id}").text
    merge(bench, kept, merged)
    assert sorted(bench.query(f"SELECT * FROM {table}"), key=repr) == before


def test_two_seats_in_one_course_refuse_the_merge_and_name_the_course(bench: Bench) -> None:
    course = a_course(bench, starts=clock.now() + timedelta(days=9))
    mine, theirs = sent(bench, course), sent(bench, course)
    kept, merged = bench.get(Resident, mine.resident_id), bench.get(Resident, theirs.resident_id)
    with pytest.raises(problems.TwoSeats, match="社区工作骨干培训班"):
        merge(bench, kept, merged)
    page = bench.client("clerk", browser=True).get(f"/registration/duplicates/merge?kept={kept.id}&merged={merged.id}").text
    assert "都在“社区工作骨干培训班”的名单上" in page
    assert 'method="post"' not in page.split("合并成一份，会怎样")[1].split("</main>")[0]
    bench.run(withdraw_nomination, WithdrawNomination(nomination_id=theirs.id))
    merge(bench, kept, merged)
    assert {row.resident_id for row in bench.all(Nomination)} == {kept.id}


def test_a_lesson_that_would_be_missing_from_the_minutes_asks_for_the_other_way_round(bench: Bench) -> None:
    course = a_course(bench, 1, starts=clock.now() + timedelta(days=9))
    student = a_student(bench, course)
    kept, merged = a_resident(bench), bench.get(Resident, student.resident_id)
    (lesson,) = lessons(bench, course)
    sign_up(bench, lesson, kept)
    bench.at(lesson.starts_at)
    with pytest.raises(problems.TwoSeats, match="反过来"):
        merge(bench, kept, merged)
    merge(bench, merged, kept)
    assert bench.get(Nomination, student.id).resident_id == merged.id


def test_a_graduate_stays_one_with_hours_and_certificate_under_the_kept_record(bench: Bench) -> None:
    graduate = a_graduate(bench, a_course(bench))
    kept, merged = a_resident(bench), bench.get(Resident, graduate.resident_id)
    done = merge(bench, kept, merged)
    assert [row.resident_id for row in bench.all(HourEntry)] == [kept.id]
    assert bench.get(Nomination, graduate.id).resident_id == kept.id
    assert bench.all(Certificate) == []
    undo(bench, done)
    assert [row.resident_id for row in bench.all(HourEntry)] == [merged.id]


def test_tries_made_since_are_numbered_on_and_stay_with_the_kept_record(bench: Bench) -> None:
    kept, merged, course = a_resident(bench), a_resident(bench), a_taught_course(bench)
    bench.add(*KEPT["test_taken"](course, merged.id))
    done = merge(bench, kept, merged)
    told: dict[str, Any] = {"programme_id": course.programme_id, "moment": "post", "answers": {}, "taken_at": clock.now()}
    bench.add(Try(resident_id=kept.id, number=3, score=90, **told))
    undo(bench, done)
    with bench.service.begin() as unit:
        assert [tries_of(course.programme_id, "post", each.id, unit) for each in (kept, merged)] == [1, 2]


def test_scans_of_a_session_in_which_both_keep_their_place_stay_with_each(bench: Bench) -> None:
    kept, merged, course = a_resident(bench), a_resident(bench), a_taught_course(bench)
    for who in (kept, merged):
        sign_up(bench, course.lesson, who)
        bench.add(*KEPT["scan"](course, who.id))
    bench.at(course.lesson.starts_at)
    merge(bench, kept, merged)
    assert {row.resident_id for row in bench.all(Scan)} == {kept.id, merged.id}


def a_device(bench: Bench, resident: Resident) -> UUID:
    who = Principal(id=resident.id, kind="resident", name="王秀珍", roles=frozenset({"resident"}))
    return bench.run(begin_log_in, BeginLogIn(principal=who, user_agent="")).log_in


def is_open(bench: Bench, log_in: UUID) -> bool:
    return bench.get(LogIn, log_in).ended_at is None


def test_devices_of_the_merged_record_are_logged_out_and_those_of_the_kept_one_are_not(bench: Bench) -> None:
    kept, merged = a_resident(bench), a_resident(bench)
    mine, theirs = a_device(bench, kept), a_device(bench, merged)
    bench.at(timedelta(minutes=1))
    done = merge(bench, kept, merged)
    assert [event.log_in_id for event in bench.said if isinstance(event, LogInEnded)] == [theirs]
    assert (is_open(bench, mine), is_open(bench, theirs)) == (True, False)
    since = a_device(bench, kept)
    undo(bench, done)
    assert (is_open(bench, mine), is_open(bench, since)) == (True, False)


def test_either_phone_leads_to_the_kept_record_also_with_a_code_that_was_on_its_way(bench: Bench) -> None:
    kept, merged = a_resident(bench, phone="13800138001"), a_resident(bench, phone="13800138002")
    early = ask(bench, "13800138002")
    code = the_code_in_the_text(bench)
    done = merge(bench, kept, merged)
    assert speaker(bench, early.id, code) == kept.id
    bench.at(timedelta(minutes=2))
    late = ask(bench, "13800138002")
    code = the_code_in_the_text(bench)
    undo(bench, done)
    assert speaker(bench, late.id, code) is None
    bench.at(timedelta(minutes=2))
    again = ask(bench, "13800138002")
    assert speaker(bench, again.id, the_code_in_the_text(bench)) == merged.id


def speaker(bench: Bench, login_id: UUID, code: str) -> UUID | None:
    principal = verify(bench, login_id, code)
    return principal.id if isinstance(principal, Principal) else None
