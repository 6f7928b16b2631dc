"""How fast stations take readings in, against the ordinary way and against the database's own bulk load, in one run.

(a) Requests of one visit with twenty readings from 64 clients: our API, and FastAPI with async SQLAlchemy writing the same.
(b) Requests of 500 readings (25 visits) from 4 clients, and psycopg COPY of the same rows into a table with the same indexes.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import psycopg

from infra.bench.ground import cpu_seconds, databases
from infra.bench.load import pack
from infra.local.ports import LOOPBACK, free_port
from infra.local.postgres import start_postgres
from services.stations.devices import authorization, device_key
from services.stations.features.open_stations import open_stations
from services.stations.network import sites
from shared.clock import SHANGHAI
from shared.crypto import Keyring, create_keys
from shared.migrate import upgrade
from shared.service import load

CLIENTS = 64
READINGS = 20
BULK_CLIENTS = 4
BULK_VISITS = 25

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured: rounds, and in each so many requests of either kind."""

    rounds: int
    ours: int
    plain: int
    bulk: int


FULL = Size(rounds=5, ours=6_000, plain=2_000, bulk=160)
QUICK = Size(rounds=1, ours=400, plain=200, bulk=20)

ITEMS = (
    ("bmi", 22.4),
    ("spo2", 98),
    ("heart_rate", 71),
    ("temperature", 36.4),
    ("height", 165.5),
    ("weight", 61.2),
    ("grip", 31.5),
)
REPOSITORY = Path(__file__).parents[2]


def run(postgres_admin_url: str, *, size: Size = FULL, say: Say = lambda _: None) -> list[dict[str, Any]]:
    """Measure everything on a server; returns rows with `name`, `value`, `unit`, `ratio`, `goal` and `conditions`."""
    with tempfile.TemporaryDirectory() as folder, databases(postgres_admin_url, ["stations", "plain"]) as urls:
        keys = Path(folder)
        create_keys(keys, ["registration", "notify", "stations", "reports"])
        _prepare(urls["stations"], urls["plain"], keys)
        rounds = []
        for number in range(1, size.rounds + 1):
            say(f"ingest: round {number} of {size.rounds}")
            rounds.append(_round(urls["stations"], urls["plain"], Keyring(keys, "stations"), random.Random(number), size))
    return _rows(rounds)


def _round(ours_url: str, plain_url: str, keyring: Keyring, chance: random.Random, size: Size) -> dict[str, float]:
    sign = _Signer(keyring)
    _empty(ours_url, plain_url)

    def requests(count: int, visits: int = 1) -> list[bytes]:
        return [sign.request(visits, chance) for _ in range(count)]

    plain = [sys.executable, "-m", "uvicorn", "infra.bench.plain_intake:app", "--log-level=warning", "--no-access-log"]
    with running(plain, {"DATABASE_URL": plain_url}, "/docs") as server:
        rival = _drive(server, CLIENTS, requests(size.plain))
    ours = {"DATABASE_URL": ours_url, "JIAMENKOU_KEYS": str(keyring.folder), "REDIS_URL": ""}
    with running([sys.executable, "-m", "services.stations.main", "web"], ours, "/health") as server:
        single = _drive(server, CLIENTS, requests(size.ours))
        bulk = _drive(server, BULK_CLIENTS, requests(size.bulk, BULK_VISITS))
    return {
        "plain": rival["a_second"],
        "plain_p99": rival["p99_ms"],
        "plain_cpu": rival["cpu_us"],
        "ours": single["a_second"],
        "ours_p99": single["p99_ms"],
        "ours_cpu": single["cpu_us"],
        "bulk": bulk["a_second"] * BULK_VISITS * READINGS,
        **_copy_again(ours_url, size.bulk * BULK_VISITS * READINGS),
    }


def _rows(rounds: list[dict[str, float]]) -> list[dict[str, Any]]:
    middle = {name: statistics.median(measured[name] for measured in rounds) for name in rounds[0]}
    conditions = (
        f"median of {len(rounds)}; client, server and PostgreSQL on the same {os.cpu_count()} cores, one process each; "
        f"{CLIENTS} clients with {READINGS} readings a request, {BULK_CLIENTS} clients with {BULK_VISITS * READINGS}"
    )

    def row(name: str, value: float, unit: str, against: str = "", goal: str = "") -> dict[str, Any]:
        ratio = value / middle[against] if against else None
        return {"name": name, "value": value, "unit": unit, "ratio": ratio, "goal": goal, "conditions": conditions}

    return [
        row("FastAPI + async SQLAlchemy, 20 readings a request", middle["plain"], "requests/s"),
        row("FastAPI + async SQLAlchemy, slowest in a hundred", middle["plain_p99"], "ms"),
        row("FastAPI + async SQLAlchemy, CPU of the server", middle["plain_cpu"], "µs/request"),
        row("stations API, 20 readings a request", middle["ours"], "requests/s", "plain", "≥2.5"),
        row("stations API, slowest in a hundred", middle["ours_p99"], "ms", "plain_p99"),
        row("stations API, CPU of the server", middle["ours_cpu"], "µs/request", "plain_cpu"),
        row("psycopg COPY of the same rows", middle["copy"], "readings/s"),
        row("psycopg COPY of the same rows, ready as text", middle["copy_text"], "readings/s"),
        row("stations API, 500 readings a request", middle["bulk"], "readings/s", "copy", "≥0.3"),
        row("stations API, 500 readings, against ready text", middle["bulk"], "readings/s", "copy_text"),
    ]


class _Signer:
    """Makes requests that the stations' appliances could send."""

    def __init__(self, keys: Keyring) -> None:
        self._sites = sites()
        self._keys = {site.code: device_key(keys, site.code, 1) for site in self._sites}
        self._sent = int(time.time())
        self._at = datetime.now(SHANGHAI) - timedelta(hours=1)

    def request(self, visits: int, chance: random.Random) -> bytes:
        site = chance.choice(self._sites)
        body = json.dumps(
            {"station": site.code, "visits": [self._visit(chance) for _ in range(visits)]}, separators=(",", ":")
        ).encode()
        signed = authorization(site.code, self._keys[site.code], body, self._sent)
        head = ("POST /stations/api/visits HTTP/1.1", "Host: bench", "Content-Type: application/json", f"Authorization: {signed}")
        return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def _visit(self, chance: random.Random) -> dict[str, Any]:
        return {
            "visit_id": str(uuid4()),
            "at": self._at.isoformat(timespec="seconds"),
            "readings": [self._reading(chance, n) for n in range(READINGS)],
        }

    def _reading(self, chance: random.Random, number: int) -> dict[str, Any]:
        taken = {"reading_id": str(uuid4()), "taken_at": (self._at + timedelta(seconds=number)).isoformat(timespec="seconds")}
        if number % 10 == 0:
            return taken | {"item": "blood_pressure", "systolic": chance.randint(105, 150), "diastolic": chance.randint(60, 90)}
        if number % 10 == 1:
            return taken | {"item": "glucose", "value": round(chance.uniform(4.2, 7.5), 1), "meal": "fasting"}
        item, value = ITEMS[number % len(ITEMS)]
        return taken | {"item": item, "value": value}


def _copy_again(url: str, most: int) -> dict[str, float]:
    """COPY rows that intake stored into an empty twin of its table: from Python values, and as text that is already there."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("DROP TABLE IF EXISTS twin")
        connection.execute("CREATE TABLE twin (LIKE reading INCLUDING ALL)")
        rows = connection.execute("SELECT * FROM reading LIMIT %s", (most,)).fetchall()
        with connection.cursor().copy("COPY (SELECT * FROM reading LIMIT %s) TO STDOUT", (most,)) as out:
            text = b"".join(bytes(part) for part in out)
        connection.commit()
        started = time.perf_counter()
        with connection.cursor().copy("COPY twin FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        from_values = time.perf_counter() - started
        connection.execute("TRUNCATE twin")
        connection.commit()
        started = time.perf_counter()
        with connection.cursor().copy("COPY twin FROM STDIN") as copy:
            copy.write(text)
        connection.commit()
        return {"copy": len(rows) / from_values, "copy_text": len(rows) / (time.perf_counter() - started)}


def _prepare(ours_url: str, plain_url: str, keys: Path) -> None:
    for url in (ours_url, plain_url):
        upgrade("stations", url)
        service = load("stations", database_url=url, keys=keys)
        with service.begin() as unit:
            open_stations(sites(), unit)
        service.engine.dispose()
    with psycopg.connect(plain_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            """CREATE TABLE plain_outbox (
                   seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, id uuid NOT NULL, type text NOT NULL,
                   subject text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(), body text NOT NULL)"""
        )


def _empty(ours_url: str, plain_url: str) -> None:
    """Every round begins with the same tables."""
    with psycopg.connect(ours_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("TRUNCATE reading, referral, visit")
    with psycopg.connect(plain_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("TRUNCATE reading, referral, visit, plain_outbox")


@dataclass(frozen=True)
class _Server:
    port: int
    pid: int


@contextmanager
def running(command: list[str], environment: dict[str, str], ready: str) -> Iterator[_Server]:
    """A server process of its own on a free port, from when it answers at `ready`."""
    port = free_port()
    own = {**os.environ, **environment, "PORT": str(port), "UVICORN_PORT": str(port), "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(command, env=own, cwd=REPOSITORY, stdin=subprocess.DEVNULL)
    try:
        _wait(f"http://{LOOPBACK}:{port}{ready}", process)
        yield _Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server for {url} ended with {process.returncode}")
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def _drive(server: _Server, connections: int, requests: list[bytes]) -> dict[str, float]:
    """Send the first tenth to warm up, then measure the rest."""
    warm = max(connections, len(requests) // 10)
    send(server, connections, requests[:warm])
    before = cpu_seconds(server.pid)
    result = send(server, connections, requests[warm:])
    count = len(requests) - warm
    return result | {"a_second": count / result["seconds"], "cpu_us": (cpu_seconds(server.pid) - before) / count * 1e6}


def send(server: _Server, connections: int, requests: list[bytes]) -> dict[str, float]:
    """Send the requests from another process, as fast as they are answered; returns what `load.drive` does."""
    command = [sys.executable, "-m", "infra.bench.load", str(server.port), str(connections)]
    own = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, input=pack(requests), stdout=subprocess.PIPE, check=True, timeout=300, cwd=REPOSITORY, env=own)
    result: dict[str, float] = json.loads(done.stdout)
    if result["wrong"]:
        raise RuntimeError(f"{result['wrong']:g} requests were refused")
    return result


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        postgres = start_postgres(Path(home))
        try:
            for line in run(postgres.admin_url, size=QUICK if "--quick" in sys.argv else FULL, say=print):
                ratio = f"{line['ratio']:.2f}×" if line["ratio"] is not None else ""
                print(f"{line['name']:52} {line['value']:12,.0f} {line['unit']:12} {ratio:>8} {line['goal']}")
            print(line["conditions"])
        finally:
            postgres.stop()
