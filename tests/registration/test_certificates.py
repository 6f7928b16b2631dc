"""A certificate: only for a completed course, signed, printed once, and worthless with a single byte changed."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.certificates import certificate_number, read_number
from services.registration.features import problems
from services.registration.features.assign import AddInstructor, Assign, Role, add_instructor, assign
from services.registration.features.check_certificate import check_file, check_number, check_text, code_of, signed_text
from services.registration.features.complete_course import CompleteCourse, complete_course
from services.registration.features.issue_certificate import IssueCertificate, issue_certificate
from services.registration.features.revoke_certificate import RevokeCertificate, revoke_certificate
from services.registration.tables import Certificate, FollowUp, HourEntry, Nomination
from shared.contracts.registration import CertificateIssued, CertificateRevoked, CourseCompleted
from shared.event import new_id
from shared.testing import Bench
from tests.registration.classroom import (
    CLERK,
    FIRST,
    a_course,
    a_graduate,
    a_student,
    all_held,
    completed,
    lessons,
    was_there,
)
from tests.registration.people import a_resident


def issued(bench: Bench, nomination_id: UUID) -> Certificate:
    return bench.run(issue_certificate, IssueCertificate(nomination_id=nomination_id, by=CLERK))


def the_file(bench: Bench, certificate: Certificate) -> bytes:
    kept = bench.get(Certificate, certificate.number).pdf
    return base64.b64decode(bench.service.keys.decrypt(kept, "certificate.pdf"))


def a_printed_certificate(bench: Bench) -> Certificate:
    certificate = issued(bench, a_graduate(bench, a_course(bench), a_resident(bench, "王秀珍")).id)
    assert bench.work() == 1
    return bench.get(Certificate, certificate.number)


def in_unit(bench: Bench, check: Any, *given: Any) -> Any:
    with bench.service.begin() as unit:
        return check(*given, unit)


def test_a_course_is_completed_once_by_those_who_lack_nothing(bench: Bench) -> None:
    course = a_course(bench)
    keen, absent = a_student(bench, course), a_student(bench, course)
    for lesson in lessons(bench, course):
        was_there(bench, lesson, keen.resident_id)
    was_there(bench, lessons(bench, course)[0], absent.resident_id)
    with pytest.raises(problems.NotCompleted):
        completed(bench, course)
    all_held(bench, course)
    assert [done.id for done in completed(bench, course)] == [keen.id]
    assert bench.said == [
        CourseCompleted(
            nomination_id=keen.id,
            programme_id=course.programme_id,
            resident_id=keen.resident_id,
            minutes=180,
            minutes_per_hour=45,
        )
    ]
    assert completed(bench, course) == []
    (entry,) = bench.all(HourEntry)
    assert (entry.resident_id, entry.minutes, str(entry.earned_on)) == (keen.resident_id, 180, "2021-05-20")
    due = sorted({(str(row.due_on), row.asked) for row in bench.all(FollowUp)})
    assert len(due) == 6
    assert due[0] == ("2021-06-19", "participant")


def test_a_course_without_lessons_is_not_completed(bench: Bench) -> None:
    course = a_course(bench, lessons=0)
    with pytest.raises(problems.NotCompleted):
        bench.run(complete_course, CompleteCourse(programme_id=course.programme_id, by=CLERK))


def test_a_certificate_needs_a_completed_course_and_is_issued_once(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    with pytest.raises(problems.NotCompleted):
        issued(bench, student.id)
    with pytest.raises(problems.UnknownNomination):
        issued(bench, new_id())
    graduate = a_graduate(bench, a_course(bench, starts=FIRST + timedelta(days=30)))
    certificate = issued(bench, graduate.id)
    assert bench.said == [
        CertificateIssued(
            nomination_id=graduate.id,
            programme_id=graduate.programme_id,
            resident_id=graduate.resident_id,
            certificate=certificate.number,
        )
    ]
    with pytest.raises(problems.HasCertificate):
        issued(bench, graduate.id)


def test_neither_what_it_says_nor_its_file_can_be_read_from_the_database(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    assert the_file(bench, certificate).startswith(b"%PDF")
    ((row,),) = bench.query("SELECT certificate::text FROM certificate")
    assert "王秀珍" not in row
    assert "JVBER" not in row


def test_a_printed_certificate_stays_the_one_it_is(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    with bench.service.begin() as unit:
        unit.cursor().execute("UPDATE job SET state = 'waiting' WHERE kind = 'print_certificate'")
    assert bench.work() == 1
    assert bench.get(Certificate, certificate.number).pdf == certificate.pdf


def test_by_its_number_anybody_learns_that_it_holds_and_only_its_holder_shows_the_name(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    seen = in_unit(bench, check_number, certificate.number.replace("-", " ").lower(), "")
    assert (seen.standing, seen.said["name"], seen.said["hours"]) == ("valid", "王**", 4.0)
    code = in_unit(bench, code_of, certificate.number)
    assert in_unit(bench, check_number, certificate.number, code).said["name"] == "王秀珍"
    assert in_unit(bench, check_number, certificate.number, code[:-1]).said["name"] == "王**"
    assert in_unit(bench, check_number, certificate.number, "é").said["name"] == "王**"


def test_a_number_that_nobody_has_or_that_is_mistyped_is_unknown(bench: Bench) -> None:
    for typed in (certificate_number(2021, 1), "JM2021-00000001-00", "王秀珍", ""):
        assert in_unit(bench, check_number, typed, "").standing == "unknown"


@given(st.integers(0, 10**8 - 1), st.integers(0, 13), st.integers(1, 9))
def test_a_wrong_digit_is_always_noticed(serial: int, place: int, off: int) -> None:
    digits = [int(digit) for digit in certificate_number(2021, serial) if digit.isdigit()]
    digits[place] = (digits[place] + off) % 10
    assert read_number("JM" + "".join(map(str, digits))) is None


@given(st.integers(0, 10**8 - 1), st.integers(0, 12))
def test_swapped_neighbours_are_always_noticed(serial: int, place: int) -> None:
    digits = [digit for digit in certificate_number(2021, serial) if digit.isdigit()]
    swapped = [*digits[:place], digits[place + 1], digits[place], *digits[place + 2 :]]
    assert swapped == digits or read_number("JM" + "".join(swapped)) is None


def test_any_changed_byte_of_the_file_makes_it_nobodys(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    whole = the_file(bench, certificate)
    assert in_unit(bench, check_file, whole).standing == "valid"
    with bench.service.begin() as unit:
        for place in range(0, len(whole), 211):
            changed = bytearray(whole)
            changed[place] ^= 1
            assert check_file(bytes(changed), unit).standing == "altered", place
        for other in (whole + b"\n", whole[:-1], b""):
            assert check_file(other, unit).standing == "altered"


def test_any_changed_byte_of_the_signed_text_breaks_it(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    whole = in_unit(bench, signed_text, certificate)
    assert in_unit(bench, check_text, f"{whole}\n").standing == "valid"
    with bench.service.begin() as unit:
        raw = whole.encode()
        for place in range(len(raw)):
            changed = bytearray(raw)
            changed[place] ^= 1
            assert check_text(changed.decode(errors="replace"), unit).standing == "altered", place
        for other in ("", "[]", "{}", '{"content":1,"signature":"AAAA"}', whole + "x", whole.replace(":", ": "), "\ud800"):
            assert check_text(other, unit).standing == "altered"


def test_a_certificate_signed_by_another_key_is_none_of_ours(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    whole = json.loads(in_unit(bench, signed_text, certificate))
    whole["content"]["name"] = "别人"
    forged = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert in_unit(bench, check_text, forged).standing == "altered"


def test_words_changed_in_the_database_are_found_out(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    said = json.loads(bench.service.keys.decrypt(certificate.content, "certificate.content")) | {"hours": 400.0}
    forged = bench.service.keys.encrypt(json.dumps(said, sort_keys=True), "certificate.content")
    bench.query("UPDATE certificate SET content = %s RETURNING number", (forged,))
    assert in_unit(bench, check_number, certificate.number, "").standing == "altered"


def test_a_revoked_certificate_says_so_in_every_way_and_another_may_follow(bench: Bench) -> None:
    certificate = a_printed_certificate(bench)
    graduate = bench.get(Nomination, certificate.nomination_id)
    revocation = RevokeCertificate(number=certificate.number, reason="姓名有误", by=CLERK)
    bench.run(revoke_certificate, revocation)
    assert [type(event) for event in bench.said] == [CertificateRevoked]
    ways = (
        in_unit(bench, check_number, certificate.number, ""),
        in_unit(bench, check_file, the_file(bench, certificate)),
        in_unit(bench, check_text, in_unit(bench, signed_text, certificate)),
    )
    assert [way.standing for way in ways] == ["revoked"] * 3
    with pytest.raises(problems.RevokedBefore):
        bench.run(revoke_certificate, revocation)
    with pytest.raises(problems.UnknownCertificate):
        bench.run(revoke_certificate, RevokeCertificate(number="JM", reason="没有", by=CLERK))
    assert issued(bench, graduate.id).number != certificate.number


def test_its_lecturers_are_printed_as_they_agreed_to(bench: Bench) -> None:
    course = a_course(bench)
    for lesson, (name, named) in zip(lessons(bench, course), (("李敏", True), ("赵刚", False), ("赵刚", False)), strict=False):
        wish = AddInstructor(name=name, title="主任", organisation="区社工站", may_be_named=named)
        lecturer = bench.run(add_instructor, wish)
        people = (Role(instructor_id=lecturer.id, part="lecturer"),)
        bench.run(assign, Assign(session_id=lesson.id, people=people))
    certificate = issued(bench, a_graduate(bench, course).id)
    said = in_unit(bench, check_number, certificate.number, "").said
    assert said["lecturers"] == ["李敏 主任 区社工站", "主任 区社工站"]
    assert bench.work() == 1
