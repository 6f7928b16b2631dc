"""Texts through the product's own processes to the simulated carrier: how many a minute, in time, and log-in codes beside them.

Texts become due evenly over a run, and the carrier answers each after 100 to 1,000 ms. A text is in time when the carrier has
taken it within ten seconds of being due. All along, somebody asks for a log-in code every two seconds.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import httpx2
import psycopg
from sqlmodel import SQLModel

from infra.bench.end_to_end import running
from infra.bench.ground import cpu_seconds, databases, numbered_database
from infra.local.ports import free_port
from infra.local.processes import Process
from services.notify.features.compose import FACTS, PHONE, Compose, compose
from services.notify.tables import Contact, Message, Registration, Session
from shared import clock
from shared.clock import SHANGHAI
from shared.crypto import create_keys
from shared.event import new_id
from shared.migrate import upgrade
from shared.service import Service, load

REPOSITORY = Path(__file__).parents[2]
REDIS = 13
IN_TIME = timedelta(seconds=10)
MORNING = datetime(2026, 5, 11, 10, 0, tzinfo=SHANGHAI)
PER_SESSION = 20
CODE_EVERY = 2.0
PHONES = (f"1{number}" for number in count(3_000_000_000))
PATIENCE = 30.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """The rate held for `minutes`, and the rates tried after it, for one `shorter` each, until one does not hold."""

    rate: int
    minutes: float
    more: tuple[int, ...]
    shorter: float


FULL = Size(rate=3_000, minutes=4, more=(6_000, 12_000, 18_000, 24_000, 30_000, 36_000, 42_000, 48_000), shorter=1)
QUICK = Size(rate=3_000, minutes=0.2, more=(), shorter=0.2)


def run(postgres_admin_url: str, redis_url: str, *, size: Size, say: Say) -> list[dict[str, Any]]:
    """Measure; rows as the other parts give them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = stack.enter_context(databases(postgres_admin_url, ["notify"]))
        line = Line(folder, urls["notify"], stack.enter_context(numbered_database(redis_url, REDIS)))
        stack.callback(line.close)
        stack.enter_context(running(line.processes))
        line.await_answers()
        say(f"{size.rate:,} a minute for {size.minutes:g} minutes")
        sustained = line.measure(size.rate, size.minutes)
        best = sustained
        for rate in size.more:
            say(f"{rate:,} a minute")
            tried = line.measure(rate, size.shorter)
            say(f"{rate:,} a minute: {tried.in_time:.1%} in time")
            if tried.in_time < 0.95:
                break
            best = tried
        return _rows(sustained, best, line.twice(), size)


@dataclass(frozen=True)
class Found:
    """What one run showed."""

    rate: int
    in_time: float
    p50: float
    p95: float
    delivered: float
    code_p50: float
    code_worst: float
    cpu_ms: float


class Line:
    """Notify's processes with a carrier."""

    def __init__(self, folder: Path, url: str, redis_url: str) -> None:
        create_keys(folder / "keys", ["registration", "notify", "stations", "reports"])
        upgrade("notify", url)
        clock.set_simulated(folder / "clock", MORNING)
        clock.simulate(folder / "clock")
        web, carrier = free_port(), free_port()
        self.carrier = f"http://127.0.0.1:{carrier}"
        self.notify: Service = load("notify", database_url=url, keys=folder / "keys", profile="demo")
        own = {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PORT": str(web),
            "JIAMENKOU_KEYS": str(folder / "keys"),
            "JIAMENKOU_PEERS": "{}",
            "JIAMENKOU_PROFILE": "demo",
            "JIAMENKOU_CLOCK": str(folder / "clock"),
            "JIAMENKOU_CARRIER_URL": self.carrier,
        }
        self.processes = [_process(folder, "services.notify.main", role, own) for role in ("web", "relay", "jobs", "codes")]
        callback = {"PORT": str(carrier), "JIAMENKOU_CALLBACK_URL": f"http://127.0.0.1:{web}"}
        self.processes.append(_process(folder, "infra.simulators.carrier", "", callback))
        self._eyes = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def close(self) -> None:
        """Hang up."""
        self._eyes.close()
        self.notify.close()

    def await_answers(self) -> None:
        """Wait for the carrier, have it take its time with every text, and let a first text through."""
        deadline = time.monotonic() + PATIENCE
        slow = {"slow": {"probability": 1.0, "ms": 100, "most_ms": 1000}}
        while True:
            try:
                httpx2.post(f"{self.carrier}/faults", json=slow, trust_env=False).raise_for_status()
                break
            except httpx2.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.measure(300, 0.1)

    def measure(self, rate: int, minutes: float) -> Found:
        """Have `rate` texts become due a minute, for so long, and wait until all have been told of."""
        many, span = round(rate * minutes), timedelta(minutes=minutes)
        begun = self._plan(many, span)
        used = self._cpu()
        codes, over = list[UUID](), begun + span
        while clock.now() < over:
            codes.append(self._ask_for_code())
            time.sleep(CODE_EVERY)
        deadline = time.monotonic() + PATIENCE
        while self._is_busy() and time.monotonic() < deadline:
            time.sleep(0.5)
        return self._found(rate, many, begun, codes, self._cpu() - used)

    def _plan(self, many: int, span: timedelta) -> datetime:
        """Residents with a place in sessions of twenty, and a reminder each, due somewhere in the span; returns its begin."""
        keys, begun = self.notify.keys, clock.now() + timedelta(seconds=3 + many / 5_000)
        title, place, starts_at = "午间半小时", "庄家街51弄1号社区食堂", begun + timedelta(hours=2)
        facts = json.dumps({"title": title, "topic": "", "starts_at": starts_at.isoformat(), "place": place})
        sessions = [
            Session(id=new_id(), title=title, topic_title="", starts_at=starts_at, place=place)
            for _ in range(-(-many // PER_SESSION))
        ]
        with self._eyes.transaction():
            self._copy(sessions)
            for first in range(0, many, 1_000):
                people = [(number, new_id(), new_id(), next(PHONES)) for number in range(first, min(many, first + 1_000))]
                self._copy(
                    Contact(
                        resident_id=resident,
                        phone=keys.encrypt(phone, PHONE),
                        phone_fingerprint=keys.fingerprint(phone, PHONE),
                        texts=True,
                    )
                    for _, resident, _, phone in people
                )
                self._copy(
                    Registration(id=seat, session_id=sessions[number // PER_SESSION].id, resident_id=resident, state="confirmed")
                    for number, resident, seat, _ in people
                )
                self._copy(
                    Message(
                        dedupe_key=str(seat),
                        purpose="reminder_hours",
                        category="service",
                        resident_id=resident,
                        registration_id=seat,
                        session_id=sessions[number // PER_SESSION].id,
                        facts=keys.encrypt(facts, FACTS),
                        planned_at=begun,
                        due_at=begun + span * number / many,
                        not_after=starts_at,
                    )
                    for number, resident, seat, _ in people
                )
        self._eyes.execute("ANALYZE")
        return begun

    def _copy(self, rows: Iterable[SQLModel]) -> None:
        """Put rows of one table in."""
        rows = list(rows)
        kept = [row.model_dump(exclude={"lane"}) for row in rows]
        with (
            self._eyes.cursor() as cursor,
            cursor.copy(f"COPY {rows[0].__tablename__} ({', '.join(kept[0])}) FROM STDIN") as copy,
        ):
            for values in kept:
                copy.write_row(list(values.values()))

    def _ask_for_code(self) -> UUID:
        keys, number, expires_at = self.notify.keys, next(PHONES), clock.now() + timedelta(minutes=5)
        command = Compose(
            purpose="login_code",
            category="code",
            subject=new_id(),
            facts={"code": "204060", "expires_at": expires_at.isoformat()},
            not_after=expires_at,
            phone=keys.encrypt(number, PHONE),
            phone_fingerprint=keys.fingerprint(number, PHONE),
        )
        with self.notify.begin() as unit:
            return compose(command, unit).id

    def _is_busy(self) -> bool:
        open_ = self._eyes.execute("SELECT 1 FROM message WHERE state IN ('planned', 'sending', 'accepted') LIMIT 1")
        return open_.fetchone() is not None

    def _found(self, rate: int, many: int, begun: datetime, codes: list[UUID], cpu: float) -> Found:
        taken = self._eyes.execute(
            """SELECT extract(epoch FROM accepted_at - due_at), delivered_at IS NOT NULL FROM message
               WHERE lane = 'texts' AND due_at >= %s""",
            (begun,),
        ).fetchall()
        asked = self._eyes.execute(
            """SELECT extract(epoch FROM started_at - planned_at) FROM message JOIN attempt ON message_id = message.id
               WHERE message.id = ANY(%s)""",
            (codes,),
        ).fetchall()
        waits = sorted(float(wait) if wait is not None else float("inf") for wait, _ in taken)
        codes_took = sorted(float(took) * 1_000 for (took,) in asked)
        return Found(
            rate=rate,
            in_time=sum(wait <= IN_TIME.total_seconds() for wait in waits) / many,
            p50=median(waits),
            p95=waits[many * 95 // 100],
            delivered=sum(arrived for _, arrived in taken) / many,
            code_p50=median(codes_took),
            code_worst=codes_took[-1],
            cpu_ms=cpu / many * 1_000,
        )

    def twice(self) -> int:
        """Texts that are on a phone more often than once: everybody was sent one."""
        phones = httpx2.get(f"{self.carrier}/phones", trust_env=False, timeout=60).json()
        return sum(len(phone["texts"]) - 1 for phone in phones)

    def _cpu(self) -> float:
        return sum(cpu_seconds(process.pid or 0) for process in self.processes)


def _rows(sustained: Found, best: Found, twice: int, size: Size) -> list[dict[str, Any]]:
    conditions = (
        f"{size.rate:,} texts a minute for {size.minutes:g} minutes, then more, {size.shorter:g} minutes each; each to another "
        "resident, answered by the simulated carrier after 100 to 1,000 ms, its receipt half a second later; one web, relay, "
        f"jobs and codes process, carrier, PostgreSQL and Valkey on {os.cpu_count()} cores; a log-in code every {CODE_EVERY:g} s"
    )

    def row(name: str, value: float, unit: str, goal: str = "") -> dict[str, Any]:
        return {"name": name, "value": value, "unit": unit, "ratio": None, "goal": goal, "conditions": conditions}

    def of(found: Found, goal: str) -> list[dict[str, Any]]:
        at = f"{found.rate:,} a minute: "
        return [
            row(f"{at}taken by the carrier within 10 s", found.in_time * 100, "%", goal),
            row(f"{at}from due to taken, p50", found.p50, "s"),
            row(f"{at}from due to taken, p95", found.p95, "s"),
            row(f"{at}receipts applied within {PATIENCE:g} s of the end", found.delivered * 100, "%"),
            row(f"{at}processor time of all processes but the servers", found.cpu_ms, "ms/text"),
            row(f"{at}log-in code from asked to handed over, p50", found.code_p50, "ms"),
            row(f"{at}log-in code from asked to handed over, worst", found.code_worst, "ms"),
        ]

    return [
        *of(sustained, "≥95"),
        row("highest rate tried that held 95 %", best.rate, "texts/min", "≥30,000"),
        *(of(best, "≥95") if best is not sustained else []),
        row("texts on a phone twice", twice, "", "0"),
    ]


def _process(folder: Path, module: str, role: str, own: dict[str, str]) -> Process:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **own}
    command = [sys.executable, "-m", module, *([role] if role else [])]
    return Process(f"{module} {role}".strip(), command, environment, folder / f"{module}.{role}.log")
