"""What the story plays on: the product's interfaces as its users have them, the simulated clock, and eyes on the databases."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import httpx2
import psycopg
from rich.console import Console

from infra.local.stack import SERVICES, Stack
from shared import clock
from shared.clock import SHANGHAI

T = TypeVar("T")

DEMO_PASSWORD = "jiamenkou"
QUIET_WITHIN = 120.0


class StoryStopped(Exception):
    """Something the story relies on did not happen; the sentence says what."""


class Stage:
    """One running stack, acted on from outside."""

    def __init__(self, stack: Stack, console: Console) -> None:
        self.stack, self.console = stack, console
        self._clients: dict[str, httpx2.Client] = {}
        self._connections: dict[str, psycopg.Connection[Any]] = {}

    def close(self) -> None:
        """Let go of every connection."""
        for client in self._clients.values():
            client.close()
        for connection in self._connections.values():
            connection.close()

    def title(self, words: str) -> None:
        """Announce a chapter, with its simulated date."""
        at = clock.now().astimezone(SHANGHAI)
        self.console.print()
        self.console.rule(f"[bold]{words}[/]  [dim]{at:%-d %B %Y %H:%M}, simulated[/]", align="left", characters="─")

    def tell(self, words: str) -> None:
        """One line of the story."""
        self.console.print(f"  {words}")

    def move_clock(self, at: datetime) -> None:
        """Let every process believe it is `at`."""
        clock.set_simulated(self.stack.clock, at)

    def staff(self, role: str) -> httpx2.Client:
        """A browserless member of staff, logged in with the demo account of that role."""
        if role not in self._clients:
            client = self._client()
            self._clients[role] = client
            call(client, "POST", "/registration/api/login/staff", {"name": role, "password": DEMO_PASSWORD})
        return self._clients[role]

    def visitor(self) -> httpx2.Client:
        """Somebody who is not logged in yet."""
        return self._clients.setdefault(f"visitor {len(self._clients)}", self._client())

    def texts(self, phone: str) -> list[str]:
        """What the carrier's simulator shows on a phone, oldest first."""
        found = httpx2.get(f"{self.stack.carrier}/phones", timeout=10, trust_env=False).json()
        return [text["text"] for handset in found if handset["number"] == phone for text in handset["texts"] if not text["mine"]]

    def last_text(self, phone: str) -> str:
        """The newest text on a phone."""
        return self.texts(phone)[-1]

    def code_on_phone(self, phone: str) -> str | None:
        """The six digits in the newest text that has any."""
        codes = [code for text in self.texts(phone) for code in re.findall(r"(?<!\d)\d{6}(?!\d)", text)]
        return codes[-1] if codes else None

    def answer_by_text(self, phone: str, text: str) -> None:
        """Type an answer on a phone."""
        answer = httpx2.post(f"{self.stack.carrier}/replies", json={"phone": phone, "text": text}, timeout=10, trust_env=False)
        if answer.status_code != 202:
            raise StoryStopped(f"the carrier's simulator did not take an answer: {answer.text[:200]}")

    def carrier_fails(self, **faults: dict[str, float]) -> None:
        """Let the carrier's simulator go wrong, as its own page says."""
        answer = httpx2.post(f"{self.stack.carrier}/faults", json=faults, timeout=10, trust_env=False)
        if answer.status_code != 200:
            raise StoryStopped(f"the carrier's simulator did not take a fault: {answer.text[:200]}")

    def wait_for(self, look: Callable[[], T], what: str, within: float = QUIET_WITHIN) -> T:
        """What `look` finds, as soon as it finds something; raises `StoryStopped` after a while."""
        deadline = time.monotonic() + within
        while not (found := look()):
            if time.monotonic() > deadline:
                raise StoryStopped(f"{what} did not come within {within:.0f} s. Logs are in {self.stack.logs}.")
            time.sleep(0.05)
        return found

    def rows(self, service: str, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query finds in the database of one service; every figure the story prints comes from here."""
        if service not in self._connections or self._connections[service].broken:
            url = self.stack.databases[service].replace("postgresql+psycopg://", "postgresql://")
            self._connections[service] = psycopg.connect(url, autocommit=True)
        return self._connections[service].execute(sql, parameters).fetchall()

    def number(self, service: str, sql: str, parameters: tuple[Any, ...] = ()) -> int:
        """The one number a query finds."""
        return int(self.rows(service, sql, parameters)[0][0])

    def settle(self, within: float = QUIET_WITHIN) -> None:
        """Wait until every fact has been applied by everybody who hears it and no due job is left; raises `StoryStopped`."""
        deadline = time.monotonic() + within
        quiet = 0
        while quiet < 2:
            restless = [*self._behind(), *self._due()]
            quiet = 0 if restless else quiet + 1
            if time.monotonic() > deadline:
                raise StoryStopped(f"after {within:.0f} s there is still: {'; '.join(restless)}. Logs are in {self.stack.logs}.")
            time.sleep(0.05)

    def _behind(self) -> Iterator[str]:
        for publisher in SERVICES:
            for subscriber, types in self.rows(publisher, "SELECT name, types FROM subscriber"):
                found = self.rows(subscriber, "SELECT seq FROM inbox WHERE source = %s", (f"/{publisher}",))
                missing = self.number(
                    publisher,
                    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE seq > %s AND type = ANY(%s) LIMIT 1000) AS missing",
                    (found[0][0] if found else 0, types),
                )
                if missing:
                    yield f"{missing} facts of {publisher} not yet applied by {subscriber}"

    def _due(self) -> Iterator[str]:
        for service in SERVICES:
            due = self.number(service, "SELECT count(*) FROM job WHERE state = 'waiting' AND due_at <= %s", (clock.now(),))
            if due:
                yield f"{due} due jobs of {service}"

    def _client(self) -> httpx2.Client:
        headers = {"sec-fetch-site": "same-origin", "accept": "application/json"}
        return httpx2.Client(base_url=self.stack.origin, timeout=60, headers=headers, trust_env=False)


def call(client: httpx2.Client, method: str, path: str, body: Any = None) -> Any:
    """Ask the product for something; raises `StoryStopped` with its own words when it refuses."""
    answer = client.request(method, path, json=body)
    if answer.status_code >= 400:
        raise StoryStopped(f"{method} {path} was answered {answer.status_code}: {answer.text[:300]}")
    return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None


@contextmanager
def on_stage(stack: Stack, console: Console) -> Iterator[Stage]:
    """A stage whose clock this process follows too."""
    clock.simulate(stack.clock)
    stage = Stage(stack, console)
    try:
        yield stage
    finally:
        stage.close()
