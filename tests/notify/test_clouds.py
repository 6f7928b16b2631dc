"""Alibaba Cloud and Tencent Cloud as carriers: signatures, batches, answers, look-ups, and what they call back with."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
import uvicorn

from infra.local.ports import LOOPBACK, free_port
from infra.simulators.clouds import APP_ID, KEY_ID, SECRET, Clouds
from infra.simulators.faults import Fault
from services.notify.domain.out_ids import fitting, packed, unpacked
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, SmsGateway, Text, Unanswered, acs3, tc3
from services.notify.gateways.aliyun import Aliyun
from services.notify.gateways.batches import FEW, batches
from services.notify.gateways.tencent import Tencent
from shared import clock
from tests.notify.test_simulated_carrier import wait_for

WAIT = httpx2.Timeout(5)


@pytest.fixture
def clouds() -> Clouds:
    """Both clouds."""
    return Clouds()


@pytest.fixture
def url(clouds: Clouds) -> Iterator[str]:
    """Where they are."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(clouds.app(), host=LOOPBACK, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def aliyun(url: str) -> Iterator[Aliyun]:
    """Alibaba Cloud, with our key."""
    gateway = Aliyun(KEY_ID, SECRET, url=url, timeout=WAIT)
    yield gateway
    gateway.close()


@pytest.fixture
def tencent(url: str) -> Iterator[Tencent]:
    """Tencent Cloud, with our key."""
    gateway = Tencent(KEY_ID, SECRET, APP_ID, url=url, timeout=WAIT)
    yield gateway
    gateway.close()


@pytest.fixture(params=["aliyun", "tencent"])
def either(request: pytest.FixtureRequest) -> SmsGateway:
    """Each of them in turn."""
    gateway: SmsGateway = request.getfixturevalue(request.param)
    return gateway


def a_text(phone: str = "13800138001", code: str = "SMS_1", **values: str) -> Text:
    """A text from a template."""
    return Text(uuid4(), phone, "", code, values or {"name": "午间半小时", "time": "5月12日 12:00"})


def many(count: int, **values: str) -> list[Text]:
    """Texts to as many numbers."""
    return [a_text(f"138{number:08}", **values) for number in range(count)]


def answers(gateway: SmsGateway, texts: Sequence[Text]) -> dict[UUID, Answer]:
    """What the cloud says to texts."""
    return dict(gateway.send(texts))


def test_a_signature_of_alibaba_cloud_is_the_one_it_publishes() -> None:
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    call = acs3.Call(
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
        query={"RegionId": "cn-shanghai", "ImageId": image},
    )
    assert call.fingerprint() == "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    signed = call.headers("YourAccessKeyId", "YourAccessKeySecret")["Authorization"]
    assert signed.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_a_signature_of_tencent_cloud_is_the_one_it_publishes() -> None:
    signed = tc3.authorization(
        host="cvm.tencentcloudapi.com",
        body=rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        at=datetime.fromtimestamp(1551113065, UTC),
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        secret_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    )
    assert signed == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_a_text_is_handed_over_with_its_templates_values_in_order(clouds: Clouds, either: SmsGateway) -> None:
    text = a_text(name="午间 & 半小时+😀", time="12:00 ~ 12:30/*")
    (answer,) = answers(either, [text]).values()
    assert isinstance(answer, Accepted)
    assert answer.reference
    assert clouds.phones.on(text.phone) == ["SMS_1 午间 & 半小时+😀 12:00 ~ 12:30/*"]


def test_a_few_texts_go_one_by_one_and_many_in_batches(clouds: Clouds, aliyun: Aliyun, tencent: Tencent) -> None:
    few, lot = many(FEW), many(66)
    assert set(map(type, answers(aliyun, few).values())) == {Accepted}
    assert clouds.calls == ["SendSms"] * FEW
    clouds.calls.clear()
    assert set(map(type, answers(aliyun, lot).values())) == {Accepted}
    assert clouds.calls == ["SendBatchSms"] * 6
    clouds.calls.clear()
    told = answers(tencent, lot)
    assert set(told) == {text.out_id for text in lot}
    assert clouds.calls == ["SendSms"] * 3
    assert all(len(clouds.phones.on(text.phone)) == 2 for text in lot[FEW:])


def test_texts_that_say_different_things_share_a_call_only_where_the_cloud_can(
    clouds: Clouds, aliyun: Aliyun, tencent: Tencent
) -> None:
    different = [a_text(f"138{number:08}", name=str(number)) for number in range(FEW + 2)]
    answers(aliyun, different)
    assert clouds.calls == ["SendBatchSms"] * 2
    clouds.calls.clear()
    answers(tencent, different)
    assert len(clouds.calls) == FEW + 2
    assert clouds.phones.on("13800000003") == ["SMS_1 3", "SMS_1 3"]


def test_a_number_comes_once_in_a_batch_and_a_template_alone() -> None:
    same = [a_text("13800138001") for _ in range(30)]
    assert [len(batch) for batch in batches(same, most=11, alike=lambda text: text.code)] == [1] * 30
    mixed = [a_text(f"138{number:08}", f"SMS_{number % 2}") for number in range(30)]
    for batch in batches(mixed, most=11, alike=lambda text: text.code):
        assert len({text.code for text in batch}) == 1


def test_a_text_without_an_approved_template_is_not_handed_over(clouds: Clouds, either: SmsGateway) -> None:
    text = a_text(code="")
    assert answers(either, [text]) == {text.out_id: Refused("NO_TEMPLATE")}
    assert clouds.calls == []


def test_one_bad_text_does_not_take_the_others_of_its_batch_along(clouds: Clouds, aliyun: Aliyun) -> None:
    clouds.faults.set({"one_is_wrong": Fault(next=1)})
    lot = many(FEW + 2)
    assert set(map(type, answers(aliyun, lot).values())) == {Accepted}
    assert all(len(clouds.phones.on(text.phone)) == 1 for text in lot)


def test_an_empty_account_refuses_a_batch_once(clouds: Clouds, aliyun: Aliyun) -> None:
    clouds.faults.set({"out_of_money": Fault(probability=1)})
    lot = many(22)
    assert set(answers(aliyun, lot).values()) == {Refused("isv.AMOUNT_NOT_ENOUGH")}
    assert clouds.calls == ["SendBatchSms"] * 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("busy", {"isv.BUSINESS_LIMIT_CONTROL", "RequestLimitExceeded"}),
        ("out_of_money", {"isv.AMOUNT_NOT_ENOUGH", "FailedOperation.InsufficientBalanceInSmsPackage"}),
    ],
)
def test_a_refusal_comes_with_the_clouds_code(clouds: Clouds, either: SmsGateway, fault: str, said: set[str]) -> None:
    clouds.faults.set({fault: Fault(next=1)})
    (answer,) = answers(either, [a_text()]).values()
    assert isinstance(answer, Refused)
    assert answer.code in said


@pytest.mark.parametrize("fault", ["down", "unsure", "accept_then_500"])
def test_an_answer_that_says_nothing_certain_leaves_the_text_unknown(clouds: Clouds, either: SmsGateway, fault: str) -> None:
    clouds.faults.set({fault: Fault(next=1)})
    text = a_text()
    assert answers(either, [text]) == {text.out_id: None}


def test_a_cloud_that_cannot_be_connected_to_has_certainly_taken_nothing() -> None:
    nowhere = f"http://{LOOPBACK}:{free_port()}"
    for gateway in (Aliyun(KEY_ID, SECRET, url=nowhere), Tencent(KEY_ID, SECRET, APP_ID, url=nowhere)):
        text = a_text()
        assert answers(gateway, [text]) == {text.out_id: Refused("UNREACHABLE")}
        gateway.close()


def test_a_wrong_secret_is_refused_by_name(url: str) -> None:
    for gateway in (Aliyun(KEY_ID, "guess", url=url), Tencent(KEY_ID, "guess", APP_ID, url=url)):
        (answer,) = answers(gateway, [a_text()]).values()
        assert isinstance(answer, Refused)
        assert answer.code in ("SignatureDoesNotMatch", "AuthFailure.SignatureFailure")
        gateway.close()


def test_a_text_whose_answer_was_lost_is_found_by_our_own_number(clouds: Clouds, either: SmsGateway) -> None:
    lost, earlier = a_text(), [a_text() for _ in range(4)]
    answers(either, earlier)
    clouds.faults.set({"accept_then_500": Fault(next=1)})
    assert answers(either, [lost]) == {lost.out_id: None}
    found = either.query(lost.out_id, phone=lost.phone, sent_at=clock.now(), reference="")
    assert isinstance(found, Found)
    assert found.status == "delivered"


def test_every_text_of_a_batch_whose_answer_was_lost_is_found(clouds: Clouds, either: SmsGateway) -> None:
    clouds.faults.set({"accept_then_500": Fault(probability=1)})
    lot = many(FEW + 5)
    assert set(answers(either, lot).values()) == {None}
    clouds.faults.heal()
    for text in lot:
        assert isinstance(either.query(text.out_id, phone=text.phone, sent_at=clock.now(), reference=""), Found)


def test_a_text_that_never_came_is_not_found_at_one_and_uncertain_at_the_other(aliyun: Aliyun, tencent: Tencent) -> None:
    other = a_text()
    answers(aliyun, [other])
    answers(tencent, [other])
    assert aliyun.query(uuid4(), phone=other.phone, sent_at=clock.now(), reference="") == NotFound()
    with pytest.raises(Unanswered):
        tencent.query(uuid4(), phone=other.phone, sent_at=clock.now(), reference="")


def test_a_dead_number_is_found_failed_with_its_code(either: SmsGateway) -> None:
    text = a_text("17000000001")
    (answer,) = answers(either, [text]).values()
    assert isinstance(answer, Accepted)
    found = either.query(text.out_id, phone=text.phone, sent_at=clock.now(), reference=answer.reference)
    assert isinstance(found, Found)
    assert (found.status, found.code) == ("failed", "MK:0001")


def test_around_midnight_both_days_are_looked_through(clouds: Clouds, aliyun: Aliyun) -> None:
    midnight = datetime(2021, 5, 11, 16, 0, 30, tzinfo=UTC)
    aliyun.query(uuid4(), phone="13800138001", sent_at=midnight, reference="")
    assert clouds.calls == ["QuerySendDetails"] * 2
    clouds.calls.clear()
    aliyun.query(uuid4(), phone="13800138001", sent_at=midnight + timedelta(hours=3), reference="")
    assert clouds.calls == ["QuerySendDetails"]


def test_a_cloud_that_counts_more_texts_than_it_shows_is_not_believed(clouds: Clouds, aliyun: Aliyun) -> None:
    text = a_text()
    answers(aliyun, [text])
    clouds.faults.set({"hidden": Fault(probability=1)})
    with pytest.raises(Unanswered):
        aliyun.query(uuid4(), phone=text.phone, sent_at=clock.now(), reference="")


def test_a_cloud_that_is_down_answers_no_question(clouds: Clouds, either: SmsGateway) -> None:
    clouds.faults.set({"down": Fault(probability=1)})
    with pytest.raises(Unanswered):
        either.query(uuid4(), phone="13800138001", sent_at=clock.now(), reference="")


@pytest.mark.parametrize("count", [1, 2, 11, 23])
def test_numbers_come_out_of_a_field_as_they_went_in(count: int) -> None:
    ids = [uuid4() for _ in range(count)]
    assert unpacked(packed(ids)) == tuple(ids)
    assert len(packed(ids)) <= (255 if count <= fitting(255) else 511)


@pytest.mark.parametrize("field", ["", "abcdefg", "-" * 36, "?" * 22, "é", "x" * 600])
def test_a_field_that_is_not_ours_holds_no_numbers(field: str) -> None:
    assert unpacked(field) == ()
