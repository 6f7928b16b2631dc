"""Staff prove themselves twice; a code by time lets somebody in at most once."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registration.domain.second_factor import accepted_step, as_recovery_code, code_of, step_at
from services.registration.features import problems
from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.change_staff import ResetStaff, reset_staff
from services.registration.features.log_in import LogInStaff, log_in_staff
from services.registration.features.second_factor import (
    BeginSetUp,
    GiveFactor,
    LetIn,
    SetUpFactor,
    begin_set_up,
    give_factor,
    needs_set_up,
    set_up_factor,
)
from services.registration.tables import HalfLogIn, RecoveryCode, Staff
from shared import clock
from shared.testing import Bench

SECRET = b"12345678901234567890"
PASSWORD = "correct horse"


def an_account(bench: Bench) -> Staff:
    return bench.run(add_staff, AddStaff(name="小周", password=PASSWORD, roles=frozenset({"clerk"})))


def half_way(bench: Bench) -> UUID:
    found = bench.run(log_in_staff, LogInStaff(name="小周", password=PASSWORD, factor_required=True))
    assert isinstance(found, HalfLogIn)
    return found.id


def give(bench: Bench, half: UUID, code: str) -> LetIn | None:
    return bench.run(give_factor, GiveFactor(half_id=half, code=code))


def secret_of(bench: Bench, half: UUID) -> bytes:
    text = bench.run(set_up_factor, SetUpFactor(half_id=half)).secret
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code_now(bench: Bench, secret: bytes, steps: int = 0) -> str:
    return code_of(secret, step_at(clock.now()) + steps)


def with_a_factor(bench: Bench) -> tuple[bytes, list[str]]:
    an_account(bench)
    half = half_way(bench)
    secret = secret_of(bench, half)
    let_in = give(bench, half, code_now(bench, secret))
    assert let_in is not None
    return secret, let_in.recovery_codes


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standards_own_table(second: int, code: str) -> None:
    assert code_of(SECRET, step_at(datetime.fromtimestamp(second, UTC))) == code


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(-2, 2)), min_size=1, max_size=30),
)
def test_a_code_is_accepted_at_most_once_and_never_after_a_later_one(tries: list[tuple[int, int]]) -> None:
    start, used, last = datetime(2021, 5, 10, tzinfo=UTC), [], 0
    for seconds, offset in tries:
        now = start + timedelta(seconds=seconds)
        step = accepted_step(SECRET, code_of(SECRET, step_at(now) + offset), now, last)
        if step is not None:
            assert step > last
            assert abs(step - step_at(now)) <= 1
            used.append(step)
            last = step
    assert len(used) == len(set(used))


def test_the_first_log_in_sets_the_factor_up_and_tells_the_recovery_codes_once(bench: Bench) -> None:
    an_account(bench)
    half = half_way(bench)
    assert bench.run(lambda _, unit: needs_set_up(half, unit), None)
    secret = secret_of(bench, half)
    assert secret_of(bench, half) == secret
    let_in = give(bench, half, code_now(bench, secret))
    assert let_in is not None
    assert len(set(let_in.recovery_codes)) == 10
    kept = repr(bench.query("SELECT factor FROM staff")) + repr(bench.query("SELECT mark FROM recovery_code"))
    assert secret.hex() not in kept
    assert not any(code in kept for code in let_in.recovery_codes)
    assert bench.all(HalfLogIn) == []


def test_with_a_factor_the_password_alone_lets_nobody_in(bench: Bench) -> None:
    secret, _ = with_a_factor(bench)
    bench.at(timedelta(minutes=1))
    found = bench.run(log_in_staff, LogInStaff(name="小周", password=PASSWORD))
    assert isinstance(found, HalfLogIn)
    let_in = give(bench, found.id, code_now(bench, secret))
    assert let_in is not None
    assert (let_in.principal.name, let_in.recovery_codes) == ("小周", [])


def test_a_code_that_was_used_is_refused_the_second_time(bench: Bench) -> None:
    secret, _ = with_a_factor(bench)
    bench.at(timedelta(minutes=1))
    code = code_now(bench, secret)
    assert give(bench, half_way(bench), code) is not None
    assert give(bench, half_way(bench), code) is None


def test_a_phone_one_step_late_or_early_still_works_two_steps_do_not(bench: Bench) -> None:
    secret, _ = with_a_factor(bench)
    bench.at(timedelta(minutes=5))
    half = half_way(bench)
    assert give(bench, half, code_now(bench, secret, -2)) is None
    assert give(bench, half, code_now(bench, secret, 2)) is None
    assert give(bench, half, code_now(bench, secret, -1)) is not None
    assert give(bench, half_way(bench), code_now(bench, secret, 1)) is not None


def test_a_recovery_code_works_once_however_it_is_typed(bench: Bench) -> None:
    _, codes = with_a_factor(bench)
    assert give(bench, half_way(bench), f" {codes[0].upper().replace('-', ' ')} ") is not None
    assert give(bench, half_way(bench), codes[0]) is None
    assert give(bench, half_way(bench), codes[1]) is not None
    assert len(bench.all(RecoveryCode)) == 8


def test_five_wrong_codes_end_the_half_log_in_and_make_the_account_pause(bench: Bench) -> None:
    secret, _ = with_a_factor(bench)
    bench.at(timedelta(minutes=1))
    half = half_way(bench)
    for _ in range(5):
        assert give(bench, half, "000000x") is None
    assert give(bench, half, code_now(bench, secret)) is None
    assert bench.run(log_in_staff, LogInStaff(name="小周", password=PASSWORD)) is None
    bench.at(timedelta(minutes=1))
    assert give(bench, half, code_now(bench, secret)) is None
    assert give(bench, half_way(bench), code_now(bench, secret)) is not None


def test_knowing_the_password_does_not_reset_the_count_of_wrong_codes(bench: Bench) -> None:
    with_a_factor(bench)
    for _ in range(4):
        assert give(bench, half_way(bench), "000000x") is None
    assert bench.all(Staff)[0].failures == 4


def test_pauses_grow_with_every_five_failures(bench: Bench) -> None:
    an_account(bench)
    for minutes in (1, 2, 4, 8, 15, 15):
        for _ in range(5):
            assert bench.run(log_in_staff, LogInStaff(name="小周", password="guess")) is None
        bench.at(timedelta(minutes=minutes) - timedelta(seconds=1))
        assert bench.run(log_in_staff, LogInStaff(name="小周", password=PASSWORD)) is None
        bench.at(timedelta(seconds=1))


def test_a_half_log_in_is_over_after_ten_minutes(bench: Bench) -> None:
    secret, _ = with_a_factor(bench)
    half = half_way(bench)
    bench.at(timedelta(minutes=10))
    assert give(bench, half, code_now(bench, secret)) is None
    with pytest.raises(problems.WrongFactor):
        bench.run(set_up_factor, SetUpFactor(half_id=half))


@pytest.mark.parametrize("code", ["", "😀", "𠮷" * 6, "9" * 1000, "-12345"])
def test_what_is_no_code_lets_nobody_in(bench: Bench, code: str) -> None:
    with_a_factor(bench)
    assert give(bench, half_way(bench), code) is None


def test_nobody_gets_in_through_a_half_log_in_that_is_none(bench: Bench) -> None:
    assert give(bench, uuid4(), "123456") is None


def test_a_factor_is_replaced_only_after_an_operator_took_it_away(bench: Bench) -> None:
    with_a_factor(bench)
    (account,) = bench.all(Staff)
    with pytest.raises(problems.FactorIsSet):
        bench.run(begin_set_up, BeginSetUp(staff_id=account.id))
    with pytest.raises(problems.FactorIsSet):
        bench.run(set_up_factor, SetUpFactor(half_id=half_way(bench)))
    bench.run(reset_staff, ResetStaff(staff_id=account.id, factor=True))
    assert bench.all(RecoveryCode) == []
    secret = secret_of(bench, bench.run(begin_set_up, BeginSetUp(staff_id=account.id)).id)
    assert len(secret) == 20


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    assert as_recovery_code("ABCDE fghjk") == "abcde-fghjk"


def test_the_whole_way_through_the_interface(bench: Bench) -> None:
    an_account(bench)
    bench.service.settings.second_factor_since = date(2021, 5, 1)  # type: ignore[attr-defined]
    client: Any = bench.client()
    answer = client.post("/registration/api/login/staff", json={"name": "小周", "password": PASSWORD})
    assert answer.status_code == 202
    assert answer.json()["set_up"] is True
    half = answer.json()["half_id"]
    assert client.get("/registration/api/log-ins").status_code == 401
    secret = secret_of(bench, UUID(half))
    assert client.post(f"/registration/api/login/staff/{half}/set-up").json()["secret"]
    wrong = client.post(f"/registration/api/login/staff/{half}", json={"code": "nonsense"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_factor")
    assert bench.all(HalfLogIn)[0].tries == 1
    right = client.post(f"/registration/api/login/staff/{half}", json={"code": code_now(bench, secret)})
    assert right.status_code == 200
    assert len(right.json()["recovery_codes"]) == 10
    assert len(client.get("/registration/api/log-ins").json()) == 1


def test_the_whole_way_on_pages(bench: Bench) -> None:
    secret, codes = with_a_factor(bench)
    bench.at(timedelta(minutes=1))
    browser: Any = bench.client(browser=True)
    sent = browser.post(
        "/registration/login/staff?next=/registration/desk/programmes", data={"name": "小周", "password": PASSWORD}
    )
    assert sent.status_code == 303
    form = browser.get(sent.headers["location"])
    assert "备用码" in form.text
    refused = browser.post(sent.headers["location"], data={"code": "000000x"})
    assert refused.status_code == 401
    assert "已经用过" in refused.text
    let_in = browser.post(sent.headers["location"], data={"code": code_now(bench, secret)})
    assert let_in.headers["location"] == "/registration/desk/programmes"
    assert browser.get("/registration/desk/programmes").status_code == 200
    again = browser.post(sent.headers["location"], data={"code": codes[0]})
    assert again.status_code == 401
    assert 'name="password"' in again.text
