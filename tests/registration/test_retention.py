"""What has been kept long enough is dropped, and what is dropped is on the page that says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from services.registration.domain import retention
from services.registration.features.access_log import note
from services.registration.features.live_room import AskQuestion, OpenLivestream, ask_question, open_livestream
from services.registration.features.log_ins import BeginLogIn, begin_log_in
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from services.registration.tables import AccessNote, LiveQuestion, LogIn, LoginCode
from shared.auth import RESIDENT_SECONDS, Principal
from shared.testing import Bench
from tests.registration.people import a_livestream, a_resident

SECOND = timedelta(seconds=1)


def kept_until(bench: Bench, span: timedelta, table: Any) -> bool:
    """Whether one row of the table is there a second before the span is over, and gone a second after."""
    bench.at(span - SECOND)
    bench.tick()
    before = len(bench.all(table))
    bench.at(2 * SECOND)
    bench.tick()
    return (before, len(bench.all(table))) == (1, 0)


def test_log_in_codes_go_after_a_day_and_leave_the_log_too(bench: Bench) -> None:
    a_resident(bench, phone="13800138000")
    bench.run(request_login_code, RequestLoginCode(phone="13800138000", address="10.0.0.1"))
    sealed = "SELECT count(*) FROM outbox WHERE type = 'registration.login_code_requested' AND body LIKE '%%sealed.%%'"
    assert bench.query(sealed) == [(1,)]
    assert kept_until(bench, retention.LOGIN_CODES, LoginCode)
    assert bench.query(sealed) == [(0,)]


def test_devices_go_half_a_year_after_their_log_in_ran_out(bench: Bench) -> None:
    who = Principal(id=uuid4(), kind="resident", name="王秀珍", roles=frozenset({"resident"}))
    bench.run(begin_log_in, BeginLogIn(principal=who, user_agent=""))
    assert kept_until(bench, timedelta(seconds=RESIDENT_SECONDS) + retention.LOG_INS, LogIn)


def test_who_looked_at_a_record_stays_known_for_more_than_half_a_year(bench: Bench) -> None:
    resident = a_resident(bench)
    clerk = Principal(id=uuid4(), kind="staff", name="小周", roles=frozenset({"clerk"}))
    bench.run(lambda who, unit: note(unit, who=who, resident_id=resident.id, action="read"), clerk)
    assert timedelta(days=180) <= retention.ACCESS_NOTES
    assert kept_until(bench, retention.ACCESS_NOTES, AccessNote)


def test_questions_stay_counted_and_lose_their_words(bench: Bench) -> None:
    session = a_livestream(bench)
    bench.run(open_livestream, OpenLivestream(session_id=session.id))
    bench.run(ask_question, AskQuestion(session_id=session.id, viewer=uuid4(), words="面试要带什么材料？"))
    bench.at(retention.QUESTIONS)
    bench.tick()
    assert bench.all(LiveQuestion)[0].words != ""
    bench.at(SECOND)
    bench.tick()
    assert bench.all(LiveQuestion)[0].words == ""


def test_the_page_says_how_long_everything_is_kept(bench: Bench) -> None:
    page = bench.client(browser=True).get("/registration/privacy")
    assert page.status_code == 200
    for words in ("登录验证码", "365 天", "90 天", "180 天", "到您提出删除为止"):
        assert words in page.text
