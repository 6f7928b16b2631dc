"""Notify and the simulated carrier as they really talk: two processes, HTTP both ways."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import uvicorn

from infra.local.ports import free_port
from infra.local.stack import REPOSITORY
from infra.simulators.phones import Phones
from services.notify.domain.outcomes import ASK_AFTER
from services.notify.gateways import Accepted, Refused, Text, Unanswered
from services.notify.gateways.simulated import SimulatedCarrier
from services.notify.main import service
from services.notify.tables import Reply
from shared import clock
from shared.service import Service
from shared.testing import Bench
from tests.conftest import Databases
from tests.notify.conftest import ANA, ANAS_PHONE, NOON, Place, Story, the

PATIENCE = 60.0


def wait_for(happened: Callable[[], Any]) -> Any:
    """Look until it has happened."""
    deadline = time.monotonic() + PATIENCE
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


@contextmanager
def served(made: Service, port: int) -> Iterator[None]:
    """The service's web application on a port."""
    server = uvicorn.Server(uvicorn.Config(made.web(made), host="127.0.0.1", port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    yield
    server.should_exit = True
    thread.join(timeout=10)


@contextmanager
def simulated_carrier(port: int, callback_url: str, log: Path) -> Iterator[httpx2.Client]:
    """The simulator in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIAMENKOU_")} | {
        "PYTHONPATH": str(REPOSITORY),
        "PORT": str(port),
        "JIAMENKOU_CALLBACK_URL": callback_url,
        "JIAMENKOU_CARRIER_LOG": str(log),
        "JIAMENKOU_RECEIPT_DELAY": "0.1",
    }
    process = subprocess.Popen([sys.executable, "-m", "infra.simulators.carrier"], env=environment)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5, trust_env=False) as client:
            wait_for(lambda: _answers(client))
            yield client
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/phones").status_code == 200
    except httpx2.TransportError:
        return False


def _an_hour_later(line: Line) -> str:
    """Where the confirmation is after another hour, in which the carrier may be asked again."""
    line.bench.at(timedelta(hours=1))
    return line.state()


class Line:
    """Notify's bench and the carrier it talks to."""

    def __init__(self, bench: Bench, carrier: httpx2.Client) -> None:
        self.bench, self.carrier = bench, carrier

    def arrived(self) -> list[str]:
        """The texts on Ana's phone, hers left out."""
        phones = {phone["number"]: phone["texts"] for phone in self.carrier.get("/phones").json()}
        return [text["text"] for text in phones.get(ANAS_PHONE, []) if not text["mine"]]

    def state(self) -> str:
        """Where the confirmation is, after the jobs due now."""
        self.bench.work()
        return the(self.bench, "place_confirmed").state


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The simulator's own log."""
    return tmp_path / "carrier.jsonl"


@pytest.fixture
def line(databases: Databases, keys: Path, log: Path, request: pytest.FixtureRequest) -> Iterator[Line]:
    """Both processes, connected; a test may name the carrier that cannot be asked."""
    carrier_port, port = free_port(), free_port()
    url = f"http://127.0.0.1:{carrier_port}"
    gateway = SimulatedCarrier(url, 1)
    if getattr(request, "param", "") == "unqueryable":
        gateway = SimulatedCarrier(f"{url}/unqueryable", 1, name="unqueryable", asks=False)
    made = service(
        carriers={gateway.name: gateway}, carrier_url=url, database_url=databases.fresh("notify"), keys=keys, profile="demo"
    )
    with served(made, port), simulated_carrier(carrier_port, f"http://127.0.0.1:{port}", log) as carrier:
        yield Line(Bench(made), carrier)
    gateway.close()
    made.close()


@pytest.fixture
def place(line: Line, story: Story) -> Place:
    """Ana has a place; nothing has been sent yet."""
    place = Place(registration=uuid4(), session=uuid4())
    line.bench.hear(story.resident(), story.session(place.session), story.confirmed(place.registration, place.session))
    return place


def test_a_text_arrives_is_reported_and_answered(line: Line, place: Place) -> None:
    line.bench.work()
    assert line.arrived() == [
        "【老西门街道】您已报名午间半小时“小伤口”：5月12日（周三）12:00，庄家街51弄1号社区食堂。不能来请回复2取消。"
    ]
    wait_for(lambda: line.state() == "delivered")
    page = line.bench.client(browser=True)
    assert "138 0013 8001" in page.get("/notify/handset").text
    answer = page.post("/notify/handset", data={"number": ANAS_PHONE, "quick": "2"})
    assert answer.headers["location"] == f"/notify/handset#phone-{ANAS_PHONE}"
    (reply,) = wait_for(lambda: line.bench.all(Reply))
    line.bench.work()
    reply = line.bench.get(Reply, reply.id)
    assert (reply.resident_id, reply.meaning, reply.registration_id) == (ANA, "decline", place.registration)


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_timeout"])
def test_an_answer_lost_on_the_way_back_leads_to_one_text(line: Line, place: Place, fault: str) -> None:
    line.carrier.post("/faults", json={fault: {"next": 1}, "receipts_lost": {"next": 1}})
    assert line.state() == "unknown"
    line.bench.at(ASK_AFTER[0])
    assert line.state() in ("accepted", "delivered")
    wait_for(lambda: _an_hour_later(line) == "delivered")
    assert len(line.arrived()) == 1


def test_a_connection_that_breaks_before_the_text_is_taken_leads_to_one_text(line: Line, place: Place) -> None:
    line.carrier.post("/faults", json={"reset": {"next": 1}})
    assert line.state() == "unknown"
    for pause in ASK_AFTER:
        line.bench.at(pause)
        line.bench.work()
    wait_for(lambda: line.state() == "delivered")
    assert len(line.arrived()) == 1


def test_a_carrier_that_is_busy_or_down_gets_the_text_later(line: Line, place: Place) -> None:
    line.carrier.post("/faults", json={"busy": {"next": 1}})
    assert line.state() == "planned"
    line.bench.at(timedelta(seconds=30))
    line.carrier.post("/faults", json={"down": {"probability": 1}})
    assert line.state() == "unknown"
    line.carrier.delete("/faults")
    for pause in ASK_AFTER:
        line.bench.at(pause)
        line.bench.work()
    wait_for(lambda: line.state() == "delivered")
    assert len(line.arrived()) == 1


def test_receipts_doubled_late_and_forged_change_nothing(line: Line, place: Place) -> None:
    always = {"probability": 1}
    faults = {"receipts_doubled": {**always, "times": 5}, "receipts_reordered": always, "receipts_forged": always}
    line.carrier.post("/faults", json=faults)
    line.bench.work()
    wait_for(lambda: line.state() == "delivered")
    assert line.bench.query("SELECT count(*) FROM outbox WHERE type = 'notify.message_delivered'") == [(1,)]
    kept = "SELECT arrived, attempt_id IS NOT NULL FROM receipt ORDER BY arrived"
    assert line.bench.query(kept) == [(False, False), (False, False), (True, True)]


def test_a_receipt_that_comes_before_the_carriers_own_answer_is_believed(line: Line, place: Place) -> None:
    line.carrier.post("/faults", json={"receipts_first": {"next": 1}})
    wait_for(lambda: line.state() == "delivered")
    assert len(line.arrived()) == 1


EVERYTHING = {
    "accept_then_500": {"probability": 0.2},
    "accept_then_timeout": {"probability": 0.1},
    "reset": {"probability": 0.1},
    "busy": {"probability": 0.2},
    "slow": {"probability": 0.3, "ms": 300},
    "receipts_lost": {"probability": 0.2},
    "receipts_doubled": {"probability": 0.5, "times": 5},
    "receipts_reordered": {"probability": 0.5},
    "receipts_forged": {"probability": 0.5},
    "receipts_first": {"probability": 0.3},
}


@pytest.mark.parametrize(
    ("line", "at", "fewest"),
    [("simulated", "", 1), ("unqueryable", "/unqueryable", 0)],
    indirect=["line"],
    ids=["asked", "not asked"],
)
def test_with_every_fault_at_once_no_phone_gets_a_text_twice(line: Line, story: Story, at: str, fewest: int) -> None:
    session = uuid4()
    line.bench.hear(story.session(session, NOON + timedelta(days=7)))
    phones = {f"1380013{number:04}": uuid4() for number in range(15)}
    for phone, resident in phones.items():
        line.bench.hear(story.resident(resident, f"+86{phone}"), story.confirmed(uuid4(), session, resident))
    assert line.carrier.post(f"{at}/faults", json=EVERYTHING).status_code == 200
    for _ in range(6):
        line.bench.work()
        line.bench.at(timedelta(minutes=5))
    line.carrier.delete(f"{at}/faults")
    for _ in range(12):
        line.bench.work()
        line.bench.at(timedelta(minutes=30))
    on_phones = {
        phone["number"]: len([text for text in phone["texts"] if not text["mine"]])
        for phone in line.carrier.get("/phones").json()
    }
    ended = dict(line.bench.query("SELECT resident_id, state FROM message WHERE purpose = 'place_confirmed'"))
    assert {phone: on_phones.get(phone, 0) for phone in phones if not fewest <= on_phones.get(phone, 0) <= 1} == {}
    assert [ended[phones[phone]] for phone in phones if not on_phones.get(phone) and ended[phones[phone]] != "unknown"] == []


def test_the_second_carrier_has_faults_of_its_own_and_the_same_phones(line: Line) -> None:
    second = SimulatedCarrier(f"{line.carrier.base_url}/second", name="second")
    line.carrier.post("/faults", json={"down": {"probability": 1}})
    text = Text(uuid4(), ANAS_PHONE, "在")
    ((_, answer),) = second.send([text])
    assert isinstance(answer, Accepted)
    assert line.arrived() == ["【老西门街道】在"]
    assert line.carrier.get("/second/faults").json() == {}
    second.close()


def test_a_carrier_that_cannot_be_asked_says_nothing_certain(line: Line) -> None:
    gateway = SimulatedCarrier(f"{line.carrier.base_url}/unqueryable", name="unqueryable", asks=False)
    with pytest.raises(Unanswered):
        gateway.query(uuid4(), phone=ANAS_PHONE, sent_at=clock.now(), reference="")
    gateway.close()


def test_a_number_that_is_dead_is_reported(line: Line, story: Story) -> None:
    session = uuid4()
    line.bench.hear(story.resident(phone="17000000001"), story.session(session), story.confirmed(uuid4(), session))
    line.bench.work()
    wait_for(lambda: line.state() == "failed")


def test_the_phones_remember_over_a_restart(line: Line, place: Place, log: Path) -> None:
    line.bench.work()
    with simulated_carrier(free_port(), "http://127.0.0.1:9", log) as again:
        (phone,) = again.get("/phones").json()
    assert [text["text"] for text in phone["texts"]] == line.arrived()


def test_the_carrier_refuses_what_it_cannot_take(line: Line) -> None:
    assert (
        line.carrier.post(
            "/messages", json={"out_id": "1", "phone": "12345", "sign_name": "老西门街道", "text": "在"}
        ).status_code
        == 422
    )
    assert line.carrier.post("/faults", json={"flood": {"next": 1}}).status_code == 422
    assert line.carrier.post("/replies", json={"phone": "13900139000", "text": "2"}).status_code == 404


def test_a_carrier_nobody_can_connect_to_has_certainly_taken_nothing() -> None:
    gateway = SimulatedCarrier(f"http://127.0.0.1:{free_port()}")
    text = Text(uuid4(), ANAS_PHONE, "在")
    assert list(gateway.send([text])) == [(text.out_id, Refused("UNREACHABLE"))]
    gateway.close()


def test_the_phone_that_got_a_text_last_comes_first() -> None:
    phones = Phones()
    for number, phone in enumerate(("13900000001", "13900000002", "13900000003", "13900000001")):
        phones.take(str(number), phone, "您好")
    phones.answer("13900000002", "2")
    assert list(phones.all()) == ["13900000001", "13900000003", "13900000002"]
