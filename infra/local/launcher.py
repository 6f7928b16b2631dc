"""Starts everything in order, looks after it, and stops it in the opposite order."""

import contextlib
import fcntl
import importlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from infra.local import kannel
from infra.local.ports import LOOPBACK, ClosedPort, answers, free_port, is_busy
from infra.local.postgres import Postgres, create_databases, start_postgres
from infra.local.processes import Process, Supervisor, end_leftovers, stop
from infra.local.refusal import Refusal
from infra.local.stack import SERVICES, Stack
from infra.local.valkey import Valkey, start_valkey
from shared.crypto import create_keys

ALONE = ("web", "relay")
"""The roles that run once; of the others, work is shared out by the queue and by locks on rows."""

PATIENCE = {"web": 3.0, "worker": 3.0, "simulator": 1.0}
"""Seconds each kind of process has to end by itself, in the order in which they are stopped."""

SLOWEST_START = 180.0
"""Seconds until all must answer: half a minute on two cores with other work to do, several times that when they are overrun."""

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens addresses of this machine, whatever proxy the environment names."""


class Launcher:
    """One stack in one folder, for as long as the `with` block lasts."""

    def __init__(
        self,
        home: Path,
        *,
        port: int = 8080,
        scale: Mapping[str, int] | None = None,
        redis: bool = True,
        services: Sequence[str] = SERVICES,
        profile: str = "demo",
        durable: bool = True,
        sms: str = "",
        say: Callable[[str], None] = print,
    ) -> None:
        self.home, self.port, self.redis, self.profile, self.durable = home.absolute(), port, redis, profile, durable
        self._services, self._say, self._sms = services, say, sms
        self._runs = {service: tuple(importlib.import_module(f"services.{service}").RUNS) for service in services}
        self._scale = self._checked(scale or {})
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.supervisor = Supervisor(self.home / "pids", say)
        self._stops = contextlib.ExitStack()

    def __enter__(self) -> Stack:
        try:
            return self._start()
        except BaseException:
            self._stops.close()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stops.close()

    def _start(self) -> Stack:
        if self._sms:
            kannel.programs()
        self._take_folder()
        if is_busy(self.port):
            raise Refusal(f"Port {self.port} is in use by another program; stop that, or choose another: PORT={self.port + 1}")
        if end_leftovers(self.home / "pids"):
            self._say("what an earlier launcher left running was stopped")
        databases = self._start_postgres()
        redis_url = self._start_redis()
        create_keys(self.home / "keys", self._services)
        origin = f"http://{LOOPBACK}:{self.port}"
        self._kannel = kannel.Kannel.at(self.home / "kannel", origin) if self._sms else None
        stack = Stack(
            home=self.home,
            origin=origin,
            services={service: f"http://{LOOPBACK}:{free_port()}" for service in self._services},
            databases=databases,
            redis_url=redis_url,
            redis=self.redis,
            carrier=f"http://{LOOPBACK}:{free_port()}",
            clock=self.home / "clock",
            keys=self.home / "keys",
            profile=self.profile,
            launcher_pid=os.getpid(),
            sms=self._kannel.for_notify() if self._kannel else {},
        )
        stack.logs.mkdir(mode=0o700, exist_ok=True)
        self._migrate(stack)
        self._stops.callback((self.home / "stack.json").unlink, missing_ok=True)
        self._stops.callback(stack.pids.unlink, missing_ok=True)
        stack.save()
        self._start_processes(stack)
        self._await_health(stack)
        return stack

    def _take_folder(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = self._stops.enter_context((self.home / "lock").open("a+"))
        except OSError as error:
            raise Refusal(
                f"Nothing can be written in {self.home} ({error.strerror}); choose another with JIAMENKOU_HOME."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refusal(f"Jiamenkou already runs on {self.home}; `make down` stops it.") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()

    def _start_postgres(self) -> dict[str, str]:
        admin_url = os.environ.get("DATABASE_URL", "")
        if not admin_url:
            begun = time.monotonic()
            self.postgres = start_postgres(self.home / "postgres", durable=self.durable)
            self._stops.callback(self.postgres.stop)
            self.supervisor.watch("postgres", self.postgres.is_alive, self.postgres.start)
            admin_url = self.postgres.admin_url
            self._say(f"PostgreSQL answers on port {self.postgres.port} ({time.monotonic() - begun:.1f} s)")
        return create_databases(admin_url, self._services, self.home / "passwords.json")

    def _start_redis(self) -> str:
        if not self.redis:
            closed = ClosedPort()
            self._stops.callback(closed.release)
            self._say("no Redis, as asked: facts travel by the slow way, and all of them arrive")
            return f"redis://{LOOPBACK}:{closed.number}/0"
        if given := os.environ.get("REDIS_URL"):
            return given
        self.valkey = start_valkey(self.home / "valkey")
        self._stops.callback(self.valkey.stop)
        self.supervisor.watch("valkey", self.valkey.is_alive, self.valkey.start)
        self._say(f"Valkey answers on port {self.valkey.port}")
        return self.valkey.url

    def _migrate(self, stack: Stack) -> None:
        running = []
        for service in self._services:
            log = stack.logs / f"{service}.migrate.log"
            with log.open("wb") as file:
                running.append(
                    (
                        service,
                        log,
                        subprocess.Popen(
                            [sys.executable, "-m", f"services.{service}.main", "migrate"],
                            env=stack.environment(service),
                            stdin=subprocess.DEVNULL,
                            stdout=file,
                            stderr=subprocess.STDOUT,
                        ),
                    )
                )
        for _, _, process in running:
            process.wait()
        for service, log, process in running:
            if process.returncode:
                raise Refusal(f"The tables of {service} could not be made or changed; {log} says why:\n{_tail(log)}")
        self._say("the tables of all services are there")

    def _start_processes(self, stack: Stack) -> None:
        by_kind: dict[str, list[Process]] = {kind: [] for kind in PATIENCE}
        if "notify" in self._services:
            by_kind["simulator"] = self._carrier(stack)
        for service, roles in self._runs.items():
            for role in roles:
                count = self._scale.get(f"{service}.{role}", 1)
                for number in range(1, count + 1):
                    name = f"{service}.{role}" if count == 1 else f"{service}.{role}.{number}"
                    port = {"PORT": _port(stack.services[service])} if role == "web" else {}
                    by_kind["web" if role == "web" else "worker"].append(
                        self._process(stack, name, f"services.{service}.main", role, service=service, **port)
                    )
        by_kind["web"].append(self._process(stack, "gateway", "infra.local.gateway", PORT=str(self.port)))
        for kind in reversed(PATIENCE):
            self._stops.callback(stop, by_kind[kind], patience=PATIENCE[kind])
        for kind in ("simulator", "web", "worker"):
            for process in by_kind[kind]:
                self.supervisor.add(process)
                if self._kannel and process.name == "bearerbox":
                    self._await_port(self._kannel.boxes_port, process)
        self._stops.callback(self.supervisor.finish)
        self.supervisor.start()

    def _carrier(self, stack: Stack) -> list[Process]:
        """The simulated carrier; or kannel, in front of a simulated centre that it speaks SMPP with."""
        if self._kannel is None:
            return [self._process(stack, "carrier", "infra.simulators.carrier", PORT=_port(stack.carrier))]
        port, account = free_port(), kannel.Secrets.of(self._kannel.folder).account
        self._kannel.write(kannel.Line(LOOPBACK, port, account, "10690000"))
        ports = {"PORT": _port(stack.carrier), "SMPP_PORT": str(port), "SMPP_ACCOUNT": account}
        centre = self._process(stack, "carrier", "infra.simulators.smsc", **ports)
        environment = stack.environment()
        boxes = [
            Process(name, command, environment, stack.logs / f"{name}.log") for name, command in self._kannel.commands().items()
        ]
        self._say("texts go through kannel, and over SMPP to a centre on this machine")
        return [centre, *boxes]

    def _await_port(self, port: int, process: Process) -> None:
        """Smsbox dies when there is no bearerbox yet."""
        deadline = time.monotonic() + SLOWEST_START
        while not answers(port):
            if process.ended is not None or time.monotonic() > deadline:
                raise Refusal(f"{process.name} does not start; {process.log} says why:\n{process.last_words()}")
            time.sleep(0.05)

    def _process(self, stack: Stack, name: str, module: str, *arguments: str, service: str = "", **more: str) -> Process:
        environment = {**stack.environment(service), **more}
        return Process(name, [sys.executable, "-m", module, *arguments], environment, stack.logs / f"{name}.log")

    def _await_health(self, stack: Stack) -> None:
        waiting = {f"{service}.web": f"{url}/health" for service, url in stack.services.items()} | {
            "gateway": f"{stack.origin}/gateway/health"
        }
        deadline = time.monotonic() + SLOWEST_START
        shaky: list[str] = []
        while waiting or shaky:
            waiting = {name: url for name, url in waiting.items() if not _answers(url)}
            for process in self.supervisor.processes:
                if process.deaths >= 3:
                    raise Refusal(f"{process.name} ends again and again; {process.log} says why:\n{process.last_words()}")
            shaky = [process.name for process in self.supervisor.processes if process.is_shaky]
            if time.monotonic() > deadline:
                late = ", ".join([*waiting, *shaky])
                raise Refusal(f"{late} did not answer within {SLOWEST_START:.0f} s; see the logs in {stack.logs}.")
            if waiting or shaky:
                time.sleep(0.1)
        self._say(f"{len(self.supervisor.processes)} processes run; their logs are in {_short(stack.logs)}")

    def _checked(self, scale: Mapping[str, int]) -> Mapping[str, int]:
        possible = [f"{service}.{role}" for service, roles in self._runs.items() for role in roles if role not in ALONE]
        for name, count in scale.items():
            if name not in possible or not 0 <= count <= 64:
                raise Refusal(f"--scale {name}={count} is not possible; it takes 0 to 64 of: {', '.join(possible)}.")
        return scale


def parse_scale(text: str) -> dict[str, int]:
    """Read `notify.jobs=3 stations.events=2`, by spaces or commas."""
    parts = [part.partition("=") for part in text.replace(",", " ").split()]
    try:
        return {name: int(count) for name, _, count in parts}
    except ValueError as error:
        raise Refusal(f"--scale is written notify.jobs=3, not {text}.") from error


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _port(url: str) -> str:
    return url.rpartition(":")[2]


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
