"""Texts through a real kannel, both of its programs, to an SMPP centre on loopback with phones of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from infra.local.kannel import Kannel as Configured
from infra.local.kannel import Line as SmppLine
from infra.local.kannel import programs
from infra.local.ports import LOOPBACK, answers, free_port
from infra.local.refusal import Refusal
from infra.local.stack import REPOSITORY
from services.notify.domain.carrier_codes import Family, family
from services.notify.gateways import Accepted, Answer, Refused, Text
from services.notify.gateways.kannel import Kannel, callbacks
from services.notify.main import service
from services.notify.tables import Attempt, Reply
from shared.testing import Bench
from tests.conftest import Databases
from tests.notify.conftest import ANA, ANAS_PHONE, BOS_PHONE, Place, Story, the
from tests.notify.test_simulated_carrier import served, wait_for

TOKEN, PASSWORD, ACCOUNT, SENDER = "demo", "a-password", "jiamenkou:demo", "10690000"


class Boxes:
    """Kannel's two programs and the centre, as processes that a test can hurt."""

    def __init__(self, folder: Path) -> None:
        self.web_port, self.desk_port, self.smpp_port = free_port(), free_port(), free_port()
        where = callbacks(f"http://{LOOPBACK}:{self.web_port}", TOKEN)
        self.kannel = Configured(
            folder, port=free_port(), boxes_port=free_port(), admin_port=free_port(), password=PASSWORD, callbacks=where
        )
        self.kannel.write(SmppLine(LOOPBACK, self.smpp_port, ACCOUNT, SENDER))
        self.gateway = Kannel(self.kannel.url, PASSWORD, where)
        self.desk = httpx2.Client(base_url=f"http://{LOOPBACK}:{self.desk_port}", timeout=5, trust_env=False)
        self.log = folder / "log"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all three, each when what it needs is there."""
        ports = {"PORT": str(self.desk_port), "SMPP_PORT": str(self.smpp_port)}
        settings = {"PYTHONPATH": str(REPOSITORY), "SMPP_ACCOUNT": ACCOUNT, "JIAMENKOU_RECEIPT_DELAY": "0.1"}
        self._start("centre", [sys.executable, "-m", "infra.simulators.smsc"], ports | settings)
        wait_for(lambda: answers(self.smpp_port) and answers(self.desk_port))
        self.start_bearerbox()
        self.start_smsbox()

    def start_bearerbox(self) -> None:
        """Start bearerbox, or start it again."""
        self._start("bearerbox", self.kannel.commands()["bearerbox"])
        wait_for(lambda: answers(self.kannel.boxes_port))

    def start_smsbox(self) -> None:
        """Start smsbox, or start it again."""
        self._start("smsbox", self.kannel.commands()["smsbox"])
        wait_for(lambda: answers(self.kannel.port))

    def tend(self) -> bool:
        """Start smsbox again if it has died, as the launcher does: it sometimes dies of the death of bearerbox."""
        if self._running["smsbox"].poll() is not None:
            self.start_smsbox()
        return True

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        """End a program, or kill it."""
        process = self._running.pop(name)
        process.send_signal(number)
        process.wait(timeout=20)

    def stop(self) -> None:
        """End them all."""
        for name in ("smsbox", "bearerbox", "centre"):
            if name in self._running:
                self.end(name, signal.SIGKILL)
        self.gateway.close()
        self.desk.close()

    def send(self, *texts: Text) -> list[Answer]:
        """What kannel answers to texts."""
        return [answer for _, answer in self.gateway.send(texts)]

    def on(self, phone: str) -> list[str]:
        """The texts that arrived on a phone."""
        found = {handset["number"]: handset["texts"] for handset in self.desk.get("/phones").json()}
        return [text["text"] for text in found.get(phone, []) if not text["mine"]]

    def faults(self, **wishes: dict[str, float]) -> None:
        """Put faults of the centre in force, and no others."""
        self.desk.delete("/faults")
        assert self.desk.post("/faults", json=wishes).status_code == 200

    def _start(self, name: str, command: list[str], settings: dict[str, str] | None = None) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JIAMENKOU_")} | (settings or {})
        with self.log.open("ab") as log:
            self._running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)


def need_kannel() -> None:
    """Where kannel is missing this is said, and in CI it is a failure."""
    try:
        programs()
    except Refusal as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(f"NOT TESTED: {missing}")


def a_phone() -> str:
    """A number that no other test uses."""
    return f"139{uuid4().int % 10**8:08}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """Kannel and the centre, started once."""
    need_kannel()
    boxes = Boxes(tmp_path_factory.mktemp("kannel"))
    try:
        boxes.start()
        yield boxes
    finally:
        boxes.stop()


@pytest.fixture
def boxes(running: Boxes) -> Iterator[Boxes]:
    """The same, in good order before and after."""
    yield running
    running.desk.delete("/faults")


@contextmanager
def notify(databases: Databases, keys: Path, boxes: Boxes) -> Iterator[Bench]:
    """Notify, texting through kannel, and not yet served: nobody takes what kannel reports."""
    made = service(
        carriers={"kannel": boxes.gateway},
        carrier_url=str(boxes.desk.base_url),
        carrier_token=TOKEN,
        database_url=databases.fresh("notify"),
        keys=keys,
        profile="demo",
    )
    yield Bench(made)
    made.close()


@pytest.fixture
def bench(databases: Databases, keys: Path, boxes: Boxes) -> Iterator[Bench]:
    """Notify, texting through kannel, which reaches it."""
    with notify(databases, keys, boxes) as bench, served(bench.service, boxes.web_port):
        yield bench


def sign_up(bench: Bench, story: Story, phone: str, title: str = "午间半小时") -> Place:
    """Ana gets a place, and its confirmation is due."""
    place = Place(registration=uuid4(), session=uuid4())
    bench.hear(
        story.resident(phone=phone),
        story.session(place.session, title=title),
        story.confirmed(place.registration, place.session),
    )
    return place


def state(bench: Bench) -> str:
    """Where the confirmation is, after the jobs due now."""
    bench.work()
    return the(bench, "place_confirmed").state


def test_a_chinese_text_arrives_and_is_reported(bench: Bench, boxes: Boxes, story: Story) -> None:
    phone = a_phone()
    sign_up(bench, story, phone)
    wait_for(lambda: state(bench) == "delivered")
    assert boxes.on(phone) == [
        "【老西门街道】您已报名午间半小时“小伤口”：5月12日（周三）12:00，庄家街51弄1号社区食堂。不能来请回复2取消。"
    ]


def test_a_text_of_two_parts_arrives_as_one(bench: Bench, boxes: Boxes, story: Story) -> None:
    phone = a_phone()
    sign_up(bench, story, phone, title="午间" * 15)
    wait_for(lambda: state(bench) == "delivered")
    assert the(bench, "place_confirmed").parts == 2
    (arrived,) = boxes.on(phone)
    assert len(arrived) > 70
    assert arrived.startswith("【老西门街道】您已报名午间午间")
    assert arrived.endswith("回复2取消。")


def test_every_character_arrives_as_it_was_written(boxes: Boxes) -> None:
    phone = a_phone()
    words = "王㛃、𠮷田女士：& + %25 “引号” 😀👵🏻 ½ é \\ ' </b>" + "长" * 60
    assert boxes.send(Text(uuid4(), phone, words)) == [Accepted("")]
    assert wait_for(lambda: boxes.on(phone)) == [f"【老西门街道】{words}"]


def test_a_dead_number_is_reported_with_the_networks_code(bench: Bench, story: Story) -> None:
    sign_up(bench, story, "17000000001")
    wait_for(lambda: state(bench) == "failed")
    (attempt,) = bench.all(Attempt)
    assert attempt.code == "MK:0001"
    assert family("kannel", attempt.code) is Family.CONTACT


def test_a_number_the_centre_refuses_is_reported_with_the_centres_code(bench: Bench, boxes: Boxes, story: Story) -> None:
    boxes.faults(refused={"next": 1})
    sign_up(bench, story, a_phone())
    wait_for(lambda: state(bench) == "failed")
    (attempt,) = bench.all(Attempt)
    assert family("kannel", attempt.code) is Family.CONTACT


def test_a_reply_is_a_command(bench: Bench, boxes: Boxes, story: Story) -> None:
    phone = a_phone()
    place = sign_up(bench, story, phone)
    wait_for(lambda: state(bench) == "delivered")
    assert boxes.desk.post("/replies", json={"phone": phone, "text": "２ 取消"}).status_code == 202
    (reply,) = wait_for(lambda: bench.all(Reply))
    bench.work()
    reply = bench.get(Reply, reply.id)
    assert (reply.resident_id, reply.meaning, reply.registration_id) == (ANA, "decline", place.registration)


def test_a_long_reply_comes_whole(bench: Bench, boxes: Boxes, story: Story) -> None:
    phone, words = a_phone(), "请问能带孙子来吗😀" * 12
    sign_up(bench, story, phone)
    wait_for(lambda: state(bench) == "delivered")
    boxes.desk.post("/replies", json={"phone": phone, "text": words})
    (reply,) = wait_for(lambda: bench.all(Reply))
    assert bench.service.keys.decrypt(reply.words, "reply.words") == words


def test_the_handset_page_shows_the_centres_phones(bench: Bench, boxes: Boxes, story: Story) -> None:
    phone = a_phone()
    sign_up(bench, story, phone)
    wait_for(lambda: state(bench) == "delivered")
    assert f"{phone[:3]} {phone[3:7]} {phone[7:]}" in bench.client(browser=True).get("/notify/handset").text


def test_a_text_waits_while_the_centre_is_down_and_arrives_once(bench: Bench, boxes: Boxes, story: Story) -> None:
    phone = a_phone()
    boxes.faults(down={"probability": 1})
    sign_up(bench, story, phone)
    assert state(bench) == "accepted"
    assert boxes.on(phone) == []
    boxes.faults()
    wait_for(lambda: state(bench) == "delivered")
    assert len(boxes.on(phone)) == 1


def test_a_busy_centre_gets_the_text_again(boxes: Boxes) -> None:
    phone = a_phone()
    boxes.faults(busy={"next": 1})
    boxes.send(Text(uuid4(), phone, "在"))
    wait_for(lambda: boxes.on(phone))
    assert len(boxes.on(phone)) == 1


def test_what_is_queued_survives_a_killed_bearerbox_and_arrives_once_with_its_receipt(
    bench: Bench, boxes: Boxes, story: Story
) -> None:
    phone = a_phone()
    boxes.faults(down={"probability": 1})
    sign_up(bench, story, phone)
    assert state(bench) == "accepted"
    more = [Text(uuid4(), a_phone(), f"第{number}条") for number in range(20)]
    assert boxes.send(*more) == [Accepted("")] * 20
    boxes.end("bearerbox", signal.SIGKILL)
    boxes.faults()
    boxes.start_bearerbox()
    wait_for(lambda: boxes.tend() and state(bench) == "delivered")
    wait_for(lambda: all(boxes.on(text.phone) for text in more))
    assert [boxes.on(text.phone) for text in more] == [[f"【老西门街道】{text.text}"] for text in more]
    assert len(boxes.on(phone)) == 1


def test_a_line_cut_before_the_centres_answer_repeats_one_text_at_most(boxes: Boxes) -> None:
    wait_for(lambda: boxes.send(Text(uuid4(), BOS_PHONE, "在")) == [Accepted("")])
    boxes.faults(cut_after_taking={"next": 1})
    texts = [Text(uuid4(), a_phone(), "在") for _ in range(10)]
    boxes.send(*texts)
    wait_for(lambda: all(boxes.on(text.phone) for text in texts))
    assert sum(len(boxes.on(text.phone)) for text in texts) <= 11


def test_a_kannel_that_does_not_run_has_certainly_taken_nothing_and_gets_the_text_later(
    bench: Bench, boxes: Boxes, story: Story
) -> None:
    phone = a_phone()
    boxes.end("smsbox")
    sign_up(bench, story, phone)
    assert state(bench) == "planned"
    boxes.start_smsbox()
    bench.at(timedelta(seconds=30))
    wait_for(lambda: state(bench) == "delivered")
    assert len(boxes.on(phone)) == 1


def test_receipts_that_nobody_takes_are_told_again(databases: Databases, keys: Path, boxes: Boxes, story: Story) -> None:
    with notify(databases, keys, boxes) as bench:
        phone = a_phone()
        sign_up(bench, story, phone)
        assert state(bench) == "accepted"
        wait_for(lambda: boxes.on(phone))
        with served(bench.service, boxes.web_port):
            wait_for(lambda: state(bench) == "delivered")


def test_a_wrong_password_is_the_operators_business(boxes: Boxes) -> None:
    stranger = Kannel(boxes.kannel.url, "guessed", boxes.kannel.callbacks)
    ((_, answer),) = stranger.send([Text(uuid4(), a_phone(), "在")])
    assert answer == Refused("403")
    assert family("kannel", "403") is Family.CONTRACT
    stranger.close()


def test_a_kannel_that_does_not_answer_leaves_the_text_unknown() -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        gateway = Kannel(f"http://{LOOPBACK}:{silent.getsockname()[1]}", PASSWORD, "http://nowhere", httpx2.Timeout(0.2))
        text = Text(uuid4(), ANAS_PHONE, "在")
        assert list(gateway.send([text])) == [(text.out_id, None)]
        gateway.close()


def test_only_who_knows_the_token_may_report(bench: Bench) -> None:
    client = bench.client()
    for path in ("receipts?id=1&type=1", "replies?phone=13800138001&words=2"):
        assert client.get(f"/notify/api/carrier/kannel/guess/{path}").status_code == 401
    assert client.get("/notify/api/carrier/kannel/demo/receipts?id=1&type=8").status_code == 422
    assert client.get("/notify/api/carrier/kannel/demo/receipts?id=nothing-of-ours&type=1").status_code == 200
    bench.work()
    assert bench.all(Reply) == []


def test_kannel_writes_no_number_and_no_words_into_its_logs_and_keeps_its_folder_to_itself(boxes: Boxes) -> None:
    phone = a_phone()
    boxes.send(Text(uuid4(), phone, "悄悄话"))
    wait_for(lambda: boxes.on(phone))
    logged = boxes.log.read_text(errors="replace")
    assert phone not in logged
    assert "悄悄话" not in logged
    assert boxes.kannel.folder.stat().st_mode & 0o077 == 0
    assert boxes.kannel.configuration.stat().st_mode & 0o077 == 0
