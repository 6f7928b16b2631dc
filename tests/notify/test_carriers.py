"""Which carriers are in use, what their codes ask of us, and how each of them calls back."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from infra.local.stack import REPOSITORY
from services.notify.domain import carrier_codes
from services.notify.domain.carrier_codes import Family, family
from services.notify.domain.out_ids import packed
from services.notify.gateways.aliyun import Aliyun
from services.notify.gateways.chosen import Misconfigured, chosen
from services.notify.gateways.kannel import Kannel
from services.notify.gateways.simulated import SimulatedCarrier
from services.notify.gateways.tencent import Tencent
from services.notify.settings import NotifySettings
from services.notify.tables import Attempt, Receipt, Reply
from shared.testing import Bench
from tests.notify.conftest import ANAS_PHONE, BOS_PHONE, Place, the

ALIYUN = {"aliyun_key_id": "AKID", "aliyun_key_secret": "s3cr3t-a", "carrier_token": "t0ken"}
TENCENT = {
    "tencent_secret_id": "AKID",
    "tencent_secret_key": "s3cr3t-t",
    "tencent_app_id": "1400000000",
    "carrier_token": "t0ken",
}
KANNEL = {"kannel_password": "s3cr3t-k", "carrier_token": "t0ken"}


def settings(**given: Any) -> NotifySettings:
    """Settings of production."""
    return NotifySettings(database_url="postgresql://", **given)


def test_the_simulated_carrier_is_used_where_nothing_is_said() -> None:
    found = chosen(settings())
    assert list(found) == ["simulated"]
    assert isinstance(found["simulated"], SimulatedCarrier)


def test_carriers_are_named_with_their_shares() -> None:
    said = settings(carriers="aliyun=70 tencent=30 kannel", **ALIYUN | TENCENT | KANNEL)
    assert said.weights == {"aliyun": 70, "tencent": 30, "kannel": 100}
    found = chosen(said)
    assert [type(each) for each in found.values()] == [Aliyun, Tencent, Kannel]
    assert [each.name for each in found.values()] == list(found)
    assert [each.asks for each in found.values()] == [True, True, False]


@pytest.mark.parametrize("carriers", ["", " ", "aliyun=", "aliyun=many", "aliyun=-1", "aliyun aliyun", "aliyun=70, tencent"])
def test_shares_that_cannot_be_read_are_told_with_an_example(carriers: str) -> None:
    if carriers == "aliyun=":
        assert settings(carriers=carriers).weights == {"aliyun": 100}
        return
    with pytest.raises(ValidationError, match="aliyun=70 tencent=30"):
        settings(carriers=carriers)


@pytest.mark.parametrize(
    ("carriers", "given", "missing"),
    [
        ("aliyun", {}, "JIAMENKOU_ALIYUN_KEY_ID and JIAMENKOU_ALIYUN_KEY_SECRET and JIAMENKOU_CARRIER_TOKEN"),
        ("aliyun", ALIYUN | {"aliyun_key_secret": ""}, "needs JIAMENKOU_ALIYUN_KEY_SECRET as well"),
        ("tencent", TENCENT | {"tencent_app_id": ""}, "needs JIAMENKOU_TENCENT_APP_ID as well"),
        ("kannel", KANNEL | {"carrier_token": ""}, "needs JIAMENKOU_CARRIER_TOKEN as well"),
        ("pigeon", {}, "names pigeon; there are: simulated"),
    ],
)
def test_what_a_carrier_lacks_is_named_and_no_secret_is(carriers: str, given: dict[str, str], missing: str) -> None:
    with pytest.raises(Misconfigured, match=missing) as told:
        chosen(settings(carriers=carriers, **given))
    assert "s3cr3t" not in str(told.value)


def test_a_process_that_lacks_a_secret_ends_with_the_sentence_alone() -> None:
    told = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://", "JIAMENKOU_CARRIERS": "aliyun"}
    asked = [sys.executable, "-m", "services.notify.main", "jobs"]
    ended = subprocess.run(asked, env=told, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("JIAMENKOU_CARRIERS names aliyun, which needs JIAMENKOU_ALIYUN_KEY_ID and ")
    assert len(ended.stderr.splitlines()) == 1


def test_secrets_are_not_shown_where_settings_are() -> None:
    said = settings(carriers="aliyun tencent kannel", **ALIYUN | TENCENT | KANNEL)
    for shown in (repr(said), str(said), said.model_dump_json()):
        assert "s3cr3t" not in shown
        assert "t0ken" not in shown


@pytest.mark.parametrize(
    ("carrier", "code", "asks"),
    [
        ("aliyun", "isv.BUSINESS_LIMIT_CONTROL", Family.BUSY),
        ("simulated", "isv.BUSINESS_LIMIT_CONTROL", Family.BUSY),
        ("tencent", "RequestLimitExceeded.UinLimitExceeded", Family.BUSY),
        ("tencent", "LimitExceeded.PhoneNumberDailyLimit", Family.BUSY),
        ("kannel", "503", Family.BUSY),
        ("aliyun", "UNREACHABLE", Family.BUSY),
        ("aliyun", "isv.MOBILE_NUMBER_ILLEGAL", Family.CONTACT),
        ("tencent", "InvalidParameterValue.IncorrectPhoneNumber", Family.CONTACT),
        ("tencent", "MK:0001", Family.CONTACT),
        ("kannel", "MK:0001", Family.CONTACT),
        ("aliyun", "UNDELIV", Family.UNREACHABLE),
        ("tencent", "FailedOperation.PhoneNumberInBlacklist", Family.BARRED),
        ("kannel", "MBBLACK", Family.BARRED),
        ("aliyun", "isv.SMS_SIGN_ILLEGAL", Family.CONTENT),
        ("tencent", "InvalidParameterValue.ContentLengthLimit", Family.CONTENT),
        ("tencent", "AuthFailure.SignatureExpire", Family.CONTRACT),
        ("tencent", "UnauthorizedOperation.RequestIpNotInWhitelist", Family.CONTRACT),
        ("kannel", "403", Family.CONTRACT),
        ("tencent", "InternalError.Timeout", Family.UNSURE),
        ("tencent", "InternalError.SigVerificationFail", Family.CONTRACT),
        ("aliyun", "isp.SYSTEM_ERROR", Family.UNSURE),
        ("aliyun", "isv.SOMETHING_NEW", Family.OTHER),
        ("kannel", "", Family.OTHER),
        ("a carrier of tomorrow", "KEYWORD", Family.CONTENT),
    ],
)
def test_a_code_asks_something_of_us(carrier: str, code: str, asks: Family) -> None:
    assert family(carrier, code) is asks


def test_no_code_means_two_things_at_one_carrier() -> None:
    tables = [carrier_codes.EVERY_CARRIER, *carrier_codes.BY_CARRIER.values()]
    for table in tables:
        codes = [code for codes in table.values() for code in codes]
        assert sorted(codes) == sorted(set(codes))


def sent(bench: Bench) -> Attempt:
    """The confirmation, handed over."""
    bench.work()
    (attempt,) = bench.all(Attempt)
    return attempt


def aliyun_receipt(attempt: Attempt, **changed: Any) -> dict[str, Any]:
    """A receipt as Alibaba Cloud's page on SmsReport shows it."""
    return {
        "send_time": "2021-05-10 09:00:01",
        "report_time": "2021-05-10 09:00:04",
        "success": True,
        "err_msg": "用户接收成功",
        "err_code": "DELIVERED",
        "phone_number": ANAS_PHONE,
        "sms_size": "1",
        "biz_id": attempt.reference,
        "out_id": str(attempt.id),
    } | changed


def tencent_receipt(attempt: Attempt, **changed: Any) -> dict[str, Any]:
    """A receipt as Tencent Cloud's page on call-backs shows it."""
    return {
        "user_receive_time": "2021-05-10 09:00:04",
        "nationcode": "86",
        "mobile": ANAS_PHONE,
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": attempt.reference,
    } | changed


@pytest.mark.parametrize("several", [True, False], ids=["in a list", "alone"])
@pytest.mark.parametrize("drift", [{}, {"phone_number": int(ANAS_PHONE), "sms_size": 1, "err_code": 0, "unheard_of": None}])
def test_alibaba_cloud_reports_and_is_answered_as_it_wants(
    bench: Bench, place: Place, several: bool, drift: dict[str, Any]
) -> None:
    said = aliyun_receipt(sent(bench), **drift)
    answer = bench.client().post("/notify/api/carrier/aliyun/demo/receipts", json=[said] if several else said)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    bench.work()
    assert the(bench, "place_confirmed").state == "delivered"


def test_a_receipt_that_names_a_whole_batch_is_about_the_text_of_its_phone(bench: Bench, place: Place) -> None:
    attempt = sent(bench)
    client, field = bench.client(), packed([uuid4(), attempt.id, uuid4()])
    bos = aliyun_receipt(attempt, out_id=field, phone_number=BOS_PHONE, success=False, err_code="MK:0001")
    assert client.post("/notify/api/carrier/aliyun/demo/receipts", json=[bos]).status_code == 200
    bench.work()
    assert the(bench, "place_confirmed").state == "accepted"
    anas = aliyun_receipt(attempt, out_id=field, phone_number=f"+86{ANAS_PHONE}")
    client.post("/notify/api/carrier/aliyun/demo/receipts", json=[bos, anas, anas])
    bench.work()
    assert the(bench, "place_confirmed").state == "delivered"


@pytest.mark.parametrize("several", [True, False], ids=["in a list", "alone"])
def test_tencent_cloud_reports_by_its_own_number_and_is_answered_as_it_wants(bench: Bench, place: Place, several: bool) -> None:
    attempt, client = sent(bench), bench.client()
    bench.query("UPDATE attempt SET carrier = 'tencent' RETURNING id")
    for lie in ({"mobile": BOS_PHONE}, {"sid": "2019:0"}, {"sid": ""}):
        said = tencent_receipt(attempt, report_status="FAIL", errmsg="MK:0001", **lie)
        assert client.post("/notify/api/carrier/tencent/demo/receipts", json=[said]).status_code == 200
    bench.work()
    assert the(bench, "place_confirmed").state == "accepted"
    said = tencent_receipt(attempt, mobile=int(ANAS_PHONE))
    answer = client.post("/notify/api/carrier/tencent/demo/receipts", json=[said] if several else said)
    assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    bench.work()
    assert the(bench, "place_confirmed").state == "delivered"


def test_another_carriers_number_is_not_tencent_clouds(bench: Bench, place: Place) -> None:
    said = tencent_receipt(sent(bench))
    assert bench.client().post("/notify/api/carrier/tencent/demo/receipts", json=[said]).status_code == 200
    bench.work()
    assert the(bench, "place_confirmed").state == "accepted"


def test_alibaba_cloud_passes_replies_on_once_however_its_number_is_written(bench: Bench, place: Place) -> None:
    sent(bench)
    said = {
        "phone_number": ANAS_PHONE,
        "content": "2",
        "send_time": "2021-05-10 10:00:00",
        "dest_code": "106900",
        "sequence_id": 1,
    }
    client = bench.client()
    for each in ([said], said, [said | {"sequence_id": "1"}]):
        assert client.post("/notify/api/carrier/aliyun/demo/replies", json=each).status_code == 200
    bench.work()
    (reply,) = bench.all(Reply)
    assert (reply.meaning, reply.registration_id) == ("decline", place.registration)


def test_tencent_cloud_passes_a_reply_on_and_is_answered_as_it_wants(bench: Bench, place: Place) -> None:
    sent(bench)
    said = {"extend": "0", "mobile": ANAS_PHONE, "nationcode": "86", "sign": "老西门街道", "text": "２ 取消", "time": 1620612000}
    answer = bench.client().post("/notify/api/carrier/tencent/demo/replies", json=said)
    assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    bench.work()
    (reply,) = bench.all(Reply)
    assert (reply.meaning, reply.registration_id) == ("decline", place.registration)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("aliyun/demo/receipts", [{"phone_number": ANAS_PHONE}]),
        ("aliyun/demo/receipts", {"phone_number": "1" * 40, "success": True}),
        ("aliyun/demo/replies", [{"phone_number": ANAS_PHONE, "content": "长" * 1001}]),
        ("tencent/demo/receipts", [{"mobile": ANAS_PHONE, "report_status": "PERHAPS"}]),
        ("tencent/demo/replies", {"mobile": ANAS_PHONE}),
        ("tencent/demo/receipts", "nonsense"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_kept(bench: Bench, path: str, body: Any) -> None:
    assert bench.client().post(f"/notify/api/carrier/{path}", json=body).status_code == 422
    assert bench.all(Receipt) == []
    assert bench.all(Reply) == []


@pytest.mark.parametrize(
    "path", ["aliyun/guess/receipts", "aliyun/guess/replies", "tencent/guess/receipts", "tencent/guess/replies"]
)
def test_who_does_not_know_the_token_is_not_heard(bench: Bench, path: str) -> None:
    assert bench.client().post(f"/notify/api/carrier/{path}", json=[]).status_code == 401
