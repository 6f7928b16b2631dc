"""The pages of a course: run by staff, followed by a student; its certificates checked by anybody."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from services.registration.features.open_survey import OpenSurvey, open_survey
from services.registration.features.set_test import SetTest, set_test
from services.registration.tables import Certificate, Excuse, FollowUp, Nomination, SurveyBallot
from shared.event import new_id
from shared.testing import Bench
from tests.registration.classroom import (
    DAY,
    WEST,
    a_course,
    a_graduate,
    a_programme,
    a_student,
    all_held,
    lessons,
    sent,
    was_there,
)
from tests.registration.people import a_resident, the_noon_half_hour

DESK = "/registration/desk/courses"
QUOTAS = f"{WEST} 净土居委 2\n310101019007　西仓居委 1"
TEST = "谁来监督？\n* 居民\n- 街道\n\n谁来主持？\n- 物业\n* 议事长"


def clerk(bench: Bench) -> Any:
    return bench.client("clerk", browser=True)


def student_of(bench: Bench, nomination: Nomination) -> Any:
    return bench.client("resident", id=nomination.resident_id, browser=True)


def open_form(**given: str) -> dict[str, str]:
    return {
        "cohort": "春季班",
        "issuer": "街道",
        "threshold": "80",
        "pass_mark": "60",
        "quotas": QUOTAS,
        "make_up": "any",
    } | given


def test_staff_open_a_course_and_send_people_until_the_quota_is_full(bench: Bench) -> None:
    staff, programme = clerk(bench), a_programme(bench)
    path = f"{DESK}/{programme.id}"
    assert "开班" in staff.get(path).text
    assert staff.post(path, data=open_form()).headers["location"] == path
    for number in ("13800138001", "13800138002", "13800138003"):
        a_resident(bench, "𠮷田", phone=number)
    wish = {"neighbourhood": WEST, "phone": "13800138001"}
    assert staff.post(f"{path}/nominate", data=wish).status_code == 303
    assert staff.post(f"{path}/nominate", data=wish | {"phone": "13800138002"}).status_code == 303
    full = staff.post(f"{path}/nominate", data=wish | {"phone": "13800138003"})
    assert (full.status_code, "名额已经给了𠮷**" in full.text) == (422, True)
    first = bench.all(Nomination)[0]
    assert staff.post(f"{path}/nominate", data=wish | {"phone": "13800138003", "replaces": str(first.id)}).status_code == 303
    unknown = staff.post(f"{path}/nominate", data=wish | {"phone": "nobody"})
    assert (unknown.status_code, "没有找到这位居民" in unknown.text) == (422, True)


@pytest.mark.parametrize(
    "wrong",
    [{"quotas": "净土居委"}, {"quotas": f"{QUOTAS}\n{WEST} 又一次 1"}, {"quotas": ""}, {"threshold": "0"}, {"cohort": ""}],
)
def test_what_is_wrong_with_a_course_is_said_in_its_form(bench: Bench, wrong: dict[str, str]) -> None:
    answer = clerk(bench).post(f"{DESK}/{a_programme(bench).id}", data=open_form(**wrong))
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


def test_a_course_is_taught_and_closed_on_its_page(bench: Bench) -> None:
    course = a_course(bench, needs_test=True)
    student, staff = a_student(bench, course, a_resident(bench, "王秀珍")), clerk(bench)
    path = f"{DESK}/{course.programme_id}"
    assert staff.post(f"{path}/test", data={"moment": "post", "questions": TEST}).status_code == 303
    assert staff.post(f"{path}/test", data={"moment": "post", "questions": "没有选项"}).status_code == 422
    first, *others = lessons(bench, course)
    unsigned = was_there(bench, first, student.resident_id, left=None)
    for lesson in others[:2]:
        was_there(bench, lesson, student.resident_id)
    own = {"resident_id": str(student.resident_id), "session_id": str(others[2].id)}
    assert staff.post(f"{path}/excuse", data=own | {"reason": "住院"}).status_code == 303
    assert staff.post(f"{path}/excuse", data=own | {"reason": ""}).status_code == 422
    assert len(bench.all(Excuse)) == 1
    all_held(bench, course)
    page = staff.get(path).text
    assert "没有签退" in page
    assert "请假" in page
    assert "90 / 180（50%）" in page
    assert staff.post(f"{path}/make-up", data=own).status_code == 409
    staff.post(f"{path}/stayed", data={"registration_id": str(unsigned.id)})
    assert "135 / 180（75%）" in staff.get(path).text
    me = student_of(bench, student)
    test = f"/registration/courses/{course.programme_id}/tests/post"
    assert "谁来主持？" in me.get(test).text
    assert me.post(test, data={"q1": "0", "q2": "1"}).status_code == 303
    bench.query("UPDATE course SET threshold = 75 RETURNING programme_id")
    assert staff.post(f"{path}/complete").status_code == 303
    bench.work()
    (certificate,) = bench.all(Certificate)
    assert certificate.number in staff.get(path).text
    mine = me.get(f"/registration/courses/{course.programme_id}").text
    assert f"/registration/certificates/{certificate.number}/file" in mine
    revoked = staff.post(f"{path}/revoke", data={"number": certificate.number, "reason": "姓名有误"})
    assert revoked.status_code == 303
    assert "重新发证" in staff.get(path).text


def test_a_student_sees_how_far_they_are_and_what_comes_next(bench: Bench) -> None:
    course = a_course(bench)
    waiting = sent(bench, course)
    assert "等主办方排好课就入班" in student_of(bench, waiting).get(f"/registration/courses/{course.programme_id}").text
    student = a_student(bench, course)
    was_there(bench, lessons(bench, course)[0], student.resident_id)
    bench.at(lessons(bench, course)[0].ends_at)
    me = student_of(bench, student)
    page = me.get(f"/registration/courses/{course.programme_id}").text
    assert "您已经上了 45 分钟，是 25%" in page
    assert "入户走访" in page
    assert f"/registration/courses/{course.programme_id}" in me.get("/registration/courses").text
    assert "/registration/courses" in me.get("/registration/mine").text


def test_somebody_elses_course_or_test_looks_like_none(bench: Bench) -> None:
    course = a_course(bench)
    bench.run(set_test, SetTest.model_validate({"programme_id": course.programme_id, "moment": "pre", "questions": []} | ONE))
    stranger = bench.client("resident", id=a_resident(bench).id, browser=True)
    for path in (f"/registration/courses/{course.programme_id}", f"/registration/courses/{course.programme_id}/tests/pre"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/registration/courses/{course.programme_id}/tests/pre", data={"q1": "0"}).status_code == 404


ONE = {"questions": [{"code": "q1", "words": "？", "options": ["是", "否"], "right": 0}]}


def test_the_survey_is_answered_from_the_page_by_its_token_alone(bench: Bench) -> None:
    course = a_course(bench)
    student = a_student(bench, course)
    bench.at(lessons(bench, course)[-1].starts_at)
    bench.run(open_survey, OpenSurvey(programme_id=course.programme_id))
    me, path = student_of(bench, student), f"/registration/courses/{course.programme_id}"
    (token,) = re.findall(r'name="token" value="([^"]+)"', me.get(path).text)
    nobody = bench.client(browser=True)
    assert nobody.post("/registration/survey", data={"token": token, "useful": "9"}).status_code == 422
    form = {"token": token, "useful": "5", "remarks": "好", "once": ""}
    done = me.post("/registration/survey", data=form, headers={"idempotency-key": "tap"})
    assert bench.query("SELECT count(*) FROM answered_request") == [(0,)]
    assert done.headers["location"] == "/registration/survey"
    assert "谢谢您" in nobody.get("/registration/survey").text
    assert [ballot.answers for ballot in bench.all(SurveyBallot)] == [{"useful": 5, "remarks": "好"}]
    assert 'name="token"' not in me.get(path).text


def test_a_follow_up_appears_when_it_is_due(bench: Bench) -> None:
    graduate = a_graduate(bench, a_course(bench))
    me, path = student_of(bench, graduate), f"/registration/courses/{graduate.programme_id}"
    assert "30 天回访" not in me.get(path).text
    bench.at(30 * DAY)
    assert "30 天回访" in me.get(path).text
    mine, boss = (
        next(row for row in bench.all(FollowUp) if (row.days, row.asked) == (30, who)) for who in ("participant", "supervisor")
    )
    answer = {"rating": "4", "words": "调解了一起漏水"}
    assert me.post(f"{path}/follow-up", data=answer | {"follow_up_id": str(boss.id)}).status_code == 404
    assert me.post(f"{path}/follow-up", data=answer | {"follow_up_id": str(mine.id)}).status_code == 303
    desk = f"{DESK}/{graduate.programme_id}"
    assert "问主管" in clerk(bench).get(desk).text
    assert clerk(bench).post(f"{desk}/follow-up", data=answer | {"follow_up_id": str(boss.id)}).status_code == 303
    assert clerk(bench).post(f"{desk}/result", data={"words": "建起了议事会"}).status_code == 303
    assert "建起了议事会" in clerk(bench).get(desk).text


def a_certificate(bench: Bench) -> tuple[Nomination, Certificate, bytes]:
    graduate = a_graduate(bench, a_course(bench), a_resident(bench, "王秀珍"))
    desk = f"{DESK}/{graduate.programme_id}"
    assert clerk(bench).post(f"{desk}/certificate", data={"nomination_id": str(graduate.id)}).status_code == 303
    (certificate,) = bench.all(Certificate)
    early = student_of(bench, graduate).get(f"/registration/certificates/{certificate.number}/file")
    assert early.status_code == 409
    bench.work()
    answer = student_of(bench, graduate).get(f"/registration/certificates/{certificate.number}/file")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return graduate, certificate, answer.content


def test_anybody_checks_a_certificate_by_number_or_file(bench: Bench) -> None:
    _, certificate, pdf = a_certificate(bench)
    nobody = bench.client(browser=True)
    by_number = nobody.get(f"/registration/certificates/{certificate.number}").text
    assert ("有效" in by_number, "王**" in by_number, "王秀珍" in by_number) == (True, True, False)
    assert "有效" in nobody.get("/registration/certificates", params={"number": certificate.number}).text
    whole = nobody.post("/registration/certificates", files={"file": ("c.pdf", pdf, "application/pdf")})
    assert ("有效" in whole.text, "王秀珍" in whole.text) == (True, True)
    changed = bytearray(pdf)
    changed[len(pdf) // 2] ^= 1
    refused = nobody.post("/registration/certificates", files={"file": ("c.pdf", bytes(changed), "application/pdf")})
    assert (refused.status_code, "对不上" in refused.text) == (404, True)
    assert "没有找到" in nobody.get("/registration/certificates/JM2021-00000000-00").text
    assert nobody.post("/registration/certificates").status_code == 404


def test_a_certificates_file_is_for_its_holder_and_staff(bench: Bench) -> None:
    _, certificate, pdf = a_certificate(bench)
    path = f"/registration/certificates/{certificate.number}/file"
    assert bench.client(browser=True).get(path).status_code == 404
    assert bench.client("resident", id=a_resident(bench).id, browser=True).get(path).status_code == 404
    assert clerk(bench).get(path).content == pdf


def test_hours_are_for_their_owner_and_staff_and_staffs_look_is_noted(bench: Bench) -> None:
    graduate = a_graduate(bench, a_course(bench))
    api = f"/registration/api/residents/{graduate.resident_id}/hours"
    staff = bench.client("clerk")
    assert (
        staff.post(
            f"/registration/api/residents/{graduate.resident_id}/cycles", json={"starts_on": "2021-01-01", "grade": "worker"}
        ).status_code
        == 201
    )
    me = bench.client("resident", id=graduate.resident_id)
    assert me.get(api).json()["remaining"] == 86.0
    assert me.get(f"{api}.csv").text.count("\n") == 2
    assert bench.client("resident", id=a_resident(bench).id).get(api).status_code == 404
    assert bench.query("SELECT count(*) FROM access_note WHERE action = 'hours_read'") == [(0,)]
    assert "学时表" in clerk(bench).get(f"/registration/residents/{graduate.resident_id}/hours").text
    assert bench.query("SELECT count(*) FROM access_note WHERE action = 'hours_read'") == [(1,)]
    assert staff.get(f"/registration/api/residents/{new_id()}/hours").status_code == 404


def test_the_pages_speak_both_languages(bench: Bench) -> None:
    graduate, certificate, _ = a_certificate(bench)
    me = student_of(bench, graduate)
    staff = clerk(bench)
    mine = ["/registration/courses", f"/registration/courses/{graduate.programme_id}", "/registration/survey"]
    public = ["/registration/certificates", f"/registration/certificates/{certificate.number}"]
    desk = [
        DESK,
        f"{DESK}/{graduate.programme_id}",
        f"{DESK}/{graduate.programme_id}/nominate",
        f"{DESK}/{a_programme(bench).id}",
    ]
    for client, paths in ((me, mine + public), (staff, [*desk, f"/registration/residents/{graduate.resident_id}/hours"])):
        client.cookies.set("view-language", "en")
        for path in paths:
            page = client.get(path)
            assert page.status_code == 200, path
            assert 'lang="en"' in page.text, path
    for path in desk:
        assert me.get(path).status_code == 403
        assert bench.client(browser=True).get(path).status_code == 401


def test_only_a_course_is_opened_as_one(bench: Bench) -> None:
    answer = clerk(bench).post(f"{DESK}/{the_noon_half_hour(bench).id}", data=open_form())
    assert answer.status_code == 409
    assert clerk(bench).get(f"{DESK}/{new_id()}").status_code == 404
    assert clerk(bench).get(f"{DESK}/{new_id()}/nominate").status_code == 404


def test_the_interface_runs_a_course_from_opening_to_certificate(bench: Bench) -> None:
    staff, api = bench.client("clerk"), "/registration/api"
    course = a_course(bench, needs_practical=True)
    path = f"{api}/courses/{course.programme_id}"
    person = a_resident(bench)
    wish = {"resident_id": str(person.id), "neighbourhood": WEST}
    nomination = staff.post(f"{path}/nominations", json=wish).json()
    twice = staff.post(f"{path}/nominations", json=wish)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_nominated")
    assert staff.post(f"{path}/enrol").json() == {"people": 1, "places": 4, "waiting": 0}
    for lesson in lessons(bench, course):
        was_there(bench, lesson, person.id)
    all_held(bench, course)
    (standing,) = staff.get(f"{path}/standings").json()
    assert (standing["percent"], standing["lacks"]) == (100, ["practical"])
    assert staff.put(f"{path}/practicals", json={"resident_id": str(person.id), "passed": True}).status_code == 200
    assert [done["id"] for done in staff.post(f"{path}/complete").json()] == [nomination["id"]]
    read = staff.get(path).json()
    assert (read["seats"][0]["taken"], read["nominations"][0]["minutes"]) == (1, 180)
    certificate = staff.post(f"{api}/nominations/{nomination['id']}/certificate").json()
    number = certificate["number"]
    assert bench.client().get(f"{api}/certificates/{number}").json()["standing"] == "valid"
    assert bench.client().post(f"{api}/certificates/check", json={"signed": "{}"}).json()["standing"] == "altered"
    assert staff.post(f"{api}/certificates/{number}/revoke", json={"reason": "重发"}).status_code == 200
    assert bench.client().get(f"{api}/certificates/{number}").json()["standing"] == "revoked"
    assert staff.post(f"{api}/nominations/{nomination['id']}/withdraw").status_code == 409
    bench.at(timedelta(days=30))
    due = next(row for row in bench.all(FollowUp) if (row.days, row.asked) == (30, "supervisor"))
    assert staff.post(f"{api}/follow-ups/{due.id}", json={"rating": 5}).status_code == 200
    assert staff.post(f"{api}/follow-ups/{new_id()}", json={"rating": 5}).json()["code"] == "unknown_follow_up"
    assert bench.client("resident", id=person.id).post(f"{path}/enrol").status_code == 403


def test_staff_keep_a_session_for_make_ups_on_the_course_page(bench: Bench) -> None:
    course, staff = a_course(bench), clerk(bench)
    a_student(bench, course)
    path, last = f"{DESK}/{course.programme_id}", lessons(bench, course)[-1]
    assert "还没有补课场" in staff.get(path).text
    assert staff.post(f"{path}/make-up-only", data={"session_id": str(last.id)}).status_code == 303
    assert f'href="/registration/desk/sessions/{last.id}"' in staff.get(path).text
    assert bench.query("SELECT session_id FROM make_up_session") == [(last.id,)]
    elsewhere = lessons(bench, a_course(bench))[0]
    foreign = staff.post(f"{path}/make-up-only", data={"session_id": str(elsewhere.id)})
    assert (foreign.status_code, "不是这个班的课" in foreign.text) == (404, True)
    all_held(bench, course)
    late = staff.post(f"{path}/make-up-only", data={"session_id": str(lessons(bench, course)[0].id)})
    assert (late.status_code, "课已经开始" in late.text) == (409, True)


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ("带班老师好不好？\n\n写：还缺什么𠮷？", [("q1", "rating"), ("q2", "words")]),
        (None, [("useful", "rating"), ("clear", "rating"), ("pace", "rating"), ("remarks", "words")]),
    ],
)
def test_staff_write_the_questions_of_the_survey_or_leave_the_usual_ones(
    bench: Bench, lines: str | None, kinds: list[tuple[str, str]]
) -> None:
    course, staff = a_course(bench), clerk(bench)
    a_student(bench, course)
    all_held(bench, course)
    path = f"{DESK}/{course.programme_id}"
    kept = re.search(r"<textarea id=.survey-questions.[^>]*>(.*?)</textarea>", staff.get(path).text, re.DOTALL)
    assert kept is not None
    assert staff.post(f"{path}/survey", data={"questions": "长" * 101}).status_code == 422
    assert staff.post(f"{path}/survey", data={"questions": " "}).status_code == 422
    assert staff.post(f"{path}/survey", data={"questions": lines or kept[1].replace("\n", "\r\n")}).status_code == 303
    ((questions,),) = bench.query("SELECT questions FROM survey")
    assert [(question["code"], question["kind"]) for question in questions] == kinds
