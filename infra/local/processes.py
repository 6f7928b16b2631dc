"""The product's processes: started with a log each, started again when they die, stopped in order."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.pids import end
from infra.local.refusal import Refusal

LONGEST_LOG = 20_000_000
CALM = 30.0
"""Seconds a process must have run for its next death to count as a first one."""

SETTLED = 3.0
"""Seconds a process that died must have run since to be trusted again."""


@dataclass
class Process:
    """One process of the product; its output goes to `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    deaths: int = 0
    _popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _started: float = 0.0

    def start(self) -> None:
        """Start it, in a process group of its own, so that Ctrl-C reaches only the launcher."""
        mode = "wb" if self.log.exists() and self.log.stat().st_size > LONGEST_LOG else "ab"
        with self.log.open(mode) as log:
            self._popen = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    @property
    def ended(self) -> int | None:
        """How it ended: its exit code, or minus the signal; None while it runs or was never started."""
        return self._popen.poll() if self._popen else None

    @property
    def age(self) -> float:
        """Seconds since its last start."""
        return time.monotonic() - self._started

    @property
    def is_shaky(self) -> bool:
        """Whether it has ended, or did and was started again only just now."""
        return self.ended is not None or (self.deaths > 0 and self.age < SETTLED)

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it started."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def last_words(self) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        return ""


def stop(processes: Sequence[Process], *, patience: float) -> None:
    """Ask them all to end, wait for `patience` seconds in all, and kill those that are still there."""
    for process in processes:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + patience
    while any(process.pid for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in processes:
        process.signal(signal.SIGKILL)
    while any(process.pid for process in processes):
        time.sleep(0.02)


class Supervisor(threading.Thread):
    """Looks after the processes: one that dies is started again, after a pause that grows with every death."""

    def __init__(self, pids: Path, say: Callable[[str], None]) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.processes: list[Process] = []
        self._pids, self._say = pids, say
        self._over = threading.Event()
        self._watched: list[tuple[str, Callable[[], bool], Callable[[], None]]] = []
        self._guard = threading.RLock()
        self._at_rest: set[str] = set()

    def add(self, process: Process) -> None:
        """Start a process and look after it."""
        with self._guard:
            process.start()
            self.processes.append(process)
            self._note()

    def watch(self, name: str, is_alive: Callable[[], bool], start: Callable[[], None]) -> None:
        """Look after a server that knows itself whether it runs."""
        self._watched.append((name, is_alive, start))

    def rest(self, name: str) -> None:
        """Leave what has this name alone from now on, dead or alive; `wake` ends it."""
        self._at_rest.add(name)

    def wake(self, name: str) -> None:
        """Look after what has this name again: it is started if it does not run."""
        self._at_rest.discard(name)

    def run(self) -> None:
        """Look around a few times a second until told to finish."""
        while not self._over.wait(0.3):
            with self._guard:
                if not self._over.is_set():
                    self._look_around()

    def finish(self) -> None:
        """Start nothing again from now on."""
        self._over.set()
        with self._guard:
            pass

    def _look_around(self) -> None:
        for name, is_alive, start in self._watched:
            if name not in self._at_rest and not is_alive():
                self._say(f"{name} has ended; it is started again")
                try:
                    start()
                except Refusal as refusal:
                    self._say(str(refusal))
                    self._over.wait(2)
        for process in self.processes:
            if process.ended is None or process.name in self._at_rest:
                continue
            pause = min(30.0, 0.25 * 2**process.deaths) if process.age < CALM else 0.0
            if process.age < pause:
                continue
            process.deaths = process.deaths + 1 if process.age < CALM else 1
            self._say(f"{process.name} has ended ({_cause(process.ended)}); it is started again")
            process.start()
            self._note()

    def _note(self) -> None:
        lines = [f"{process.pid} {process.name} {' '.join(process.command[1:])}" for process in self.processes if process.pid]
        draft = self._pids.with_name(self._pids.name + ".new")
        draft.write_text("\n".join(lines))
        draft.replace(self._pids)


def noted(pids: Path) -> dict[str, tuple[int, str]]:
    """What the last launcher wrote down: process id and command line of each name."""
    lines = pids.read_text().splitlines() if pids.exists() else []
    parts = [line.split(" ", 2) for line in lines]
    return {name: (int(pid), command) for pid, name, command in parts}


def end_leftovers(pids: Path) -> int:
    """Stop what a killed launcher left running; gives how many there were noted."""
    left = noted(pids)
    for pid, command in left.values():
        end(pid, expected=command, patience=3)
    pids.unlink(missing_ok=True)
    return len(left)


def _cause(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
