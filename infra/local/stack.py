"""A running stack as others see it: the story, the status, the tests."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.local.ports import LOOPBACK
from infra.local.postgres import write_private
from shared import clock

REPOSITORY = Path(__file__).parents[2]
SERVICES = ("registration", "notify", "stations", "reports")


@dataclass(frozen=True)
class Stack:
    """Where everything is. `services` are internal addresses, `databases` SQLAlchemy URLs with each service's own role."""

    home: Path
    origin: str
    services: dict[str, str]
    databases: dict[str, str]
    redis_url: str
    redis: bool
    carrier: str
    clock: Path
    keys: Path
    profile: str
    launcher_pid: int
    sms: dict[str, str] = field(default_factory=dict)
    """What notify is told of its carriers, when they are not the simulated one."""

    @property
    def logs(self) -> Path:
        """The folder of the processes' logs."""
        return self.home / "log"

    @property
    def pids(self) -> Path:
        """The file that lists the running processes."""
        return self.home / "pids"

    def follow_clock(self) -> None:
        """See the time as the stack's own processes do: in a demo it is simulated."""
        if self.profile == "demo":
            clock.simulate(self.clock)

    def environment(self, service: str = "") -> dict[str, str]:
        """What a process is told; only a service is told its database."""
        inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "PORT")}
        own = (
            {"DATABASE_URL": self.databases[service], "REDIS_URL": self.redis_url, "JIAMENKOU_KEYS": str(self.keys)}
            if service
            else {}
        )
        return {
            **inherited,
            **own,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": ",".join(filter(None, [LOOPBACK, os.environ.get("NO_PROXY")])),
            "JIAMENKOU_PEERS": json.dumps(self.services),
            "JIAMENKOU_PROFILE": self.profile,
            "JIAMENKOU_CLOCK": str(self.clock),
            "JIAMENKOU_PUBLIC_URL": self.origin,
            "JIAMENKOU_CARRIER_URL": self.carrier,
            **(self.sms if service == "notify" else {}),
        }

    def save(self) -> None:
        """Write it down for other commands; it holds passwords, so only its owner may read it."""
        write_private(self.home / "stack.json", json.dumps(asdict(self), default=str, indent=1))

    @staticmethod
    def load(home: Path) -> "Stack | None":
        """What the launcher of `home` wrote down last, if any did."""
        try:
            kept: dict[str, Any] = json.loads((home / "stack.json").read_text())
        except FileNotFoundError:
            return None
        kept.update({name: Path(kept[name]) for name in ("home", "clock", "keys")})
        return Stack(**kept)


def holder(home: Path) -> int | None:
    """The process id of the launcher that has `home` now."""
    try:
        with (home / "lock").open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return int(lock.read() or 0)
    except FileNotFoundError:
        pass
    return None
