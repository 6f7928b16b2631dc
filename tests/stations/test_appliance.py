"""The simulated appliance sends what a real one would, and what a faulty one would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import uvicorn

from infra.local.ports import free_port
from infra.simulators.appliance import Appliances, Faults
from services.stations.tables import Visit
from shared import clock
from shared.testing import Bench
from tests.stations.visits import STATION


@pytest.fixture
def origin(bench: Bench) -> Iterator[str]:
    """Stations' web application on a port of its own."""
    port = free_port()
    config = uvicorn.Config(bench.service.web(bench.service), host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


def appliances(bench: Bench, origin: str, faults: Faults | None = None) -> Appliances:
    return Appliances(origin, bench.service.settings.keys, faults=faults)


def test_every_station_sends_its_morning(bench: Bench, origin: str) -> None:
    sent = appliances(bench, origin).send_morning()
    assert (sent.requests, sent.refusals, sent.known, sent.quarantined) == (219, [], 0, 0)
    assert sent.stored == sent.visits == len(bench.all(Visit))
    assert bench.query("SELECT count(DISTINCT station_id) FROM visit") == [(219,)]
    assert bench.query("SELECT count(*) FROM reading") == [(sent.readings,)]
    assert bench.query("SELECT count(*) FROM referral") == [(0,)]


def test_a_critical_visitor_is_referred(bench: Bench, origin: str) -> None:
    sent = appliances(bench, origin).send_critical(STATION)
    assert sent.stored == 1
    assert bench.query("SELECT item FROM referral") == [("blood_pressure",)]


def test_requests_sent_twice_are_known(bench: Bench, origin: str) -> None:
    one = appliances(bench, origin, Faults(duplicates=1.0)).by_station[STATION]
    sent = one.send([one.visit(), one.visit()])
    assert (sent.requests, sent.stored, sent.known) == (2, 2, 2)


def test_visits_of_days_ago_are_taken_for_their_day(bench: Bench, origin: str) -> None:
    one = appliances(bench, origin, Faults(late=1.0)).by_station[STATION]
    assert one.send([one.visit()]).stored == 1
    assert [row.day for row in bench.all(Visit)] == [clock.today().date() - timedelta(days=2)]


def test_a_clock_an_hour_ahead_is_told_so(bench: Bench, origin: str) -> None:
    one = appliances(bench, origin, Faults(skew=timedelta(hours=1))).by_station[STATION]
    sent = one.send([one.visit()])
    assert sent.stored == 0
    assert "请校准设备时钟" in sent.refusals[0]
