"""How fast residents who all want one of twenty places are answered, against the same insert without our service.

Each resident asks once, over HTTP, with a log-in and an idempotency key; twenty get a place and all others a number in the line.
Afterwards the books are read: nobody too many has a place, and the line is in the order in which the commits were told.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from infra.bench.ground import databases
from infra.bench.ingest import running, send
from infra.local.postgres import start_postgres
from services.registration.features.open_programme import OpenProgramme, open_programme
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.tables import Resident
from shared import clock
from shared.auth import COOKIE, Principal, sign_session
from shared.crypto import Keyring, create_keys
from shared.event import new_id
from shared.migrate import upgrade
from shared.service import Service, load

PLACES = 20
CLIENTS = 64
STREET = "310101019"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured: rounds, and the residents of each."""

    rounds: int
    residents: int


FULL = Size(rounds=5, residents=2_000)
QUICK = Size(rounds=1, residents=200)


class WrongBooks(Exception):
    """Somebody too many has a place, somebody was lost, or the line is not in the order of the commits."""


def run(admin_url: str, *, size: Size, say: Say = lambda _: None) -> list[dict[str, Any]]:
    """Let residents rush both, turn about; returns rows of figures."""
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as home, databases(admin_url, ["registration", "plain"]) as urls:
        keys = Path(home) / "keys"
        create_keys(keys, ["registration"])
        upgrade("registration", urls["registration"])
        service = load("registration", database_url=urls["registration"], keys=keys)
        cookies = _residents(service, keys, size.residents)
        _make_plain(urls["plain"])
        own = {"DATABASE_URL": urls["registration"], "JIAMENKOU_KEYS": str(keys), "JIAMENKOU_PROFILE": "production"}
        ours = [sys.executable, "-m", "services.registration.main", "web"]
        bare = [sys.executable, "-m", "uvicorn", "--log-level", "warning", "--no-access-log", "infra.bench.plain_burst:app"]
        with running(ours, own, "/health") as our, running(bare, {"DATABASE_URL": urls["plain"]}, "/docs") as plain:
            for number in range(size.rounds + 1):
                say(f"round {number} of {size.rounds}" if number else "warming up")
                session_id = _a_session(service)
                told = send(our, CLIENTS, [_ours(session_id, cookie) for cookie in cookies.values()])
                _check(urls["registration"], session_id, size.residents)
                slot = _a_slot(urls["plain"])
                bare_told = send(plain, CLIENTS, [_plain(slot, resident) for resident in cookies])
                if number:
                    rates["ours"].append(size.residents / told["seconds"])
                    rates["plain"].append(size.residents / bare_told["seconds"])
                    waits.append(told["p99_ms"])
        service.engine.dispose()
    ours_rate, plain_rate = statistics.median(rates["ours"]), statistics.median(rates["plain"])
    rush = f"{size.residents:,} residents over {CLIENTS} connections want {PLACES} places"
    conditions = f"{rush}; one process each; medians of {size.rounds} rounds"
    return [
        _row("sign-ups accepted, ours", ours_rate, "a second", ours_rate / plain_rate, "≥0.4", conditions),
        _row("sign-ups accepted, plain row lock and insert", plain_rate, "a second", None, "", conditions),
        _row("slowest hundredth of our answers", statistics.median(waits), "ms", None, "", conditions),
        _row("places given too many", 0, "places", None, "0", conditions),
    ]


def _row(name: str, value: float, unit: str, ratio: float | None, goal: str, conditions: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "ratio": ratio, "goal": goal, "conditions": conditions}


def _residents(service: Service, keys: Path, count: int) -> dict[UUID, str]:
    people = [Resident(name="x", phone="", street=STREET, registered_at=clock.now()) for _ in range(count)]
    ring = Keyring(keys, "registration")
    with service.begin() as unit:
        unit.add(*people)
    return {
        each.id: sign_session(ring, Principal(id=each.id, kind="resident", name="", roles=frozenset({"resident"})))
        for each in people
    }


def _a_session(service: Service) -> UUID:
    starts = clock.now() + timedelta(days=7)
    with service.begin() as unit:
        programme = open_programme(
            OpenProgramme(kind="series", title="午间半小时", organiser="红十字会", street=STREET, place="社区食堂"), unit
        )
        unit.session.flush()
        times = {"starts_at": starts, "ends_at": starts + timedelta(minutes=30)}
        return schedule_session(ScheduleSession(programme_id=programme.id, capacity=PLACES, **times), unit).id


def _make_plain(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE slot (id uuid PRIMARY KEY, capacity int, taken int, queued int, CHECK (taken <= capacity))"
        )
        connection.execute(
            "CREATE TABLE sign_up (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session_id uuid NOT NULL, resident_id uuid"
            " NOT NULL, queue int, at timestamptz DEFAULT now(), UNIQUE (session_id, resident_id), UNIQUE (session_id, queue))"
        )


def _a_slot(url: str) -> UUID:
    slot = new_id()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("INSERT INTO slot VALUES (%s, %s, 0, 0)", (slot, PLACES))
    return slot


def _ours(session_id: UUID, cookie: str) -> bytes:
    head = f"Cookie: {COOKIE}={cookie}\r\nIdempotency-Key: {new_id()}\r\nSec-Fetch-Site: same-origin\r\n"
    return _request("/registration/api/registrations", head, f'{{"session_id":"{session_id}"}}')


def _plain(slot: UUID, resident: UUID) -> bytes:
    return _request("/registrations", "", f'{{"session_id":"{slot}","resident_id":"{resident}"}}')


def _request(path: str, head: str, body: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _check(url: str, session_id: UUID, residents: int) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        counts: dict[str, int] = dict(
            connection.execute("SELECT state, count(*) FROM registration WHERE session_id = %s GROUP BY state", (session_id,))
        )
        in_line = "SELECT id::text FROM registration WHERE session_id = %s AND queue IS NOT NULL ORDER BY queue"
        told = "SELECT subject FROM outbox WHERE type = 'registration.waitlisted' AND subject = ANY(%s) ORDER BY seq"
        line = [row[0] for row in connection.execute(in_line, (session_id,))]
        order = [row[0] for row in connection.execute(told, (line,))]
    if counts != {"confirmed": PLACES, "waitlisted": residents - PLACES} or line != order:
        raise WrongBooks(f"{counts}, line in order: {line == order}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        postgres = start_postgres(Path(home) / "postgres", durable=True)
        try:
            for line in run(postgres.admin_url, size=QUICK if "--quick" in sys.argv else FULL, say=print):
                ratio = f"{line['ratio']:.2f}×" if line["ratio"] is not None else ""
                print(f"{line['name']:52} {line['value']:12,.1f} {line['unit']:12} {ratio:>8} {line['goal']}")
            print(line["conditions"])
        finally:
            postgres.stop()
