"""One run: a load of commands, faults on a seeded timetable, then calm; and the checker's verdict."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from infra.chaos.faults import FAULTS, Fault
from infra.chaos.stage import Stage

COMMANDS_A_SECOND = 20
CALM = 90.0
"""Seconds in which everything must have come level after the last fault."""


@dataclass(frozen=True)
class Plan:
    """How long there is load, which faults strike in it, and whether Redis is there at all."""

    name: str
    seconds: float
    faults: tuple[str, ...]
    redis: bool = True


SMOKE = (
    Plan("smoke", 20, ("worker killed", "relay killed", "redis wiped", "database restarted", "web killed")),
    Plan("smoke without redis", 8, ("relay killed",), redis=False),
)

FULL = (
    Plan("full", 240, tuple(FAULTS)),
    Plan("full without redis", 60, ("relay killed", "web killed", "database restarted", "connections ended"), redis=False),
)


@dataclass
class Load:
    """Commands to the teller, one after the other in each of several threads, and what was answered."""

    stage: Stage
    history: Path
    accepted: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, client: httpx2.Client) -> None:
        """Send commands until told to stop. No answer, or a 5xx, leaves a command unknown; no connection, undone."""
        with self.history.open("a", buffering=1) as history:
            while not self._over.wait(2 / COMMANDS_A_SECOND):
                with self._lock:
                    self._next += 1
                    n = self._next
                phase = self._send(client, n)
                history.write(json.dumps({"t": round(time.time(), 3), "op": "count", "n": n, "phase": phase}) + "\n")

    def _send(self, client: httpx2.Client, n: int) -> str:
        try:
            status = client.post(f"{self.stage.url('teller')}/teller/count", json={"n": n, "thing": f"thing {n % 5}"}).status_code
        except httpx2.ConnectError:
            return "fail"
        except httpx2.HTTPError:
            status = 0
        if status == 201:
            self.accepted.add(n)
            return "ok"
        self.unknown.add(n)
        return "info"

    def stop(self) -> None:
        """No more commands."""
        self._over.set()


@dataclass(frozen=True)
class Verdict:
    """What a run came to."""

    plan: str
    seed: int
    accepted: int
    unknown: int
    struck: list[str]
    level_after: float | None
    violations: list[str]

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return not self.violations and self.level_after is not None and self.accepted > 0


def play(plan: Plan, folder: Path, seed: int, say: Callable[[str], None]) -> Verdict:
    """Carry out a plan in `folder`, where history and logs stay."""
    chance = random.Random(seed)
    history = folder / "history.jsonl"
    with Stage(folder, redis=plan.redis) as stage:
        if not stage.wait_until(stage.is_up, 60):
            raise RuntimeError(f"the services do not start: see {folder}")
        load = Load(stage, history)
        clients = [httpx2.Client(timeout=5) for _ in range(2)]
        threads = [threading.Thread(target=load.run, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        struck = _strike(plan, stage, chance, history, say)
        load.stop()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
        began = time.monotonic()
        level = stage.wait_until(stage.is_level, CALM)
        level_after = round(time.monotonic() - began, 1) if level else None
        say(f"level again after {level_after} s" if level else f"not level after {CALM:.0f} s")
        found = stage.violations(load.accepted, load.unknown)
    return Verdict(plan.name, seed, len(load.accepted), len(load.unknown), struck, level_after, found)


def _strike(plan: Plan, stage: Stage, chance: random.Random, history: Path, say: Callable[[str], None]) -> list[str]:
    """Every fault of the plan at least once, in a seeded order, while there is time; each ends before the next begins."""
    struck: list[str] = []
    ends = time.monotonic() + plan.seconds
    waiting: list[str] = []
    with history.open("a", buffering=1) as notes:
        while time.monotonic() < ends or len(struck) < len(plan.faults):
            if not waiting:
                waiting = chance.sample(plan.faults, len(plan.faults))
            fault: Fault = FAULTS[name := waiting.pop()]
            time.sleep(chance.uniform(0.3, 1.5))
            say(name)
            notes.write(json.dumps({"t": round(time.time(), 3), "op": "fault", "fault": name}) + "\n")
            fault(stage, chance)
            struck.append(name)
    return struck
