"""Kannel, the gateway to carriers that speak SMPP: its configuration, and the two programs it is made of.

`python -m infra.local.kannel FOLDER` writes the configuration for a carrier of one's own, from the environment: SMPP_HOST,
SMPP_PORT, SMPP_ACCOUNT (`name:password`), SMPP_SENDER, KANNEL_PORT (three ports from there on), JIAMENKOU_KANNEL_PASSWORD,
JIAMENKOU_CARRIER_TOKEN, JIAMENKOU_PUBLIC_URL. Then `bearerbox FOLDER/kannel.conf` and `smsbox FOLDER/kannel.conf`, as a user of
their own on the machine that notify's workers run on: they listen on loopback only.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local.ports import LOOPBACK, free_port
from infra.local.postgres import write_private
from infra.local.refusal import Refusal
from services.notify.gateways.kannel import USER, callbacks

HOW_TO_INSTALL = (
    "REAL_SMS=kannel needs kannel, which is not installed here. On Debian or Ubuntu: "
    "sudo apt install kannel && sudo systemctl disable --now kannel; without REAL_SMS the simulated carrier is used."
)


def programs(path: str = "") -> tuple[str, str]:
    """Bearerbox and smsbox on this machine; in Debian, root's PATH alone leads there. Raises `Refusal`: how to install them."""
    path = path or os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = [shutil.which(name, path=path) for name in ("bearerbox", "smsbox")]
    if None in found:
        raise Refusal(HOW_TO_INSTALL)
    return str(found[0]), str(found[1])


@dataclass(frozen=True)
class Line:
    """The SMPP line to a carrier."""

    host: str
    port: int
    account: str
    sender: str
    """The number that texts come from: `mo` and receipts are addressed to it."""

    window: int = 1
    """Texts under way to the carrier at once. Those are what a killed bearerbox sends a second time: its answer was not read."""

    throughput: int = 100


@dataclass(frozen=True)
class Secrets:
    """What kannel, notify and the centre know each other by. Texts and receipts on their way hold on to them over a restart."""

    password: str
    token: str
    account: str

    @staticmethod
    def of(folder: Path) -> Secrets:
        """Those of a folder, made at its first use."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / "secrets.json"
        if not kept.exists():
            made = Secrets(secrets.token_urlsafe(24), secrets.token_urlsafe(24), f"jiamenkou:{secrets.token_hex(4)}")
            write_private(kept, json.dumps(asdict(made)))
        return Secrets(**json.loads(kept.read_text()))


@dataclass(frozen=True)
class Kannel:
    """One kannel in a folder; nobody but this machine can reach it."""

    folder: Path
    admin_port: int
    boxes_port: int
    port: int
    password: str
    callbacks: str
    """Where notify takes receipts and replies: …/notify/api/carrier/kannel/<token>"""

    @staticmethod
    def at(folder: Path, origin: str) -> Kannel:
        """One on free ports, reporting to the notify that is served under `origin`."""
        known = Secrets.of(folder)
        return Kannel(
            folder,
            port=free_port(),
            boxes_port=free_port(),
            admin_port=free_port(),
            password=known.password,
            callbacks=callbacks(origin, known.token),
        )

    @property
    def configuration(self) -> Path:
        """The file that both programs read."""
        return self.folder / "kannel.conf"

    def commands(self) -> dict[str, list[str]]:
        """The two programs, in the order in which they are started, and to be started again when they die.

        Bearerbox logs errors. Smsbox logs only what it dies of: its other errors name the address it could not reach, and in that
        are the number and the words of whoever texted.
        """
        bearerbox, smsbox = programs()
        configuration = str(self.configuration)
        return {"bearerbox": [bearerbox, "-v", "3", configuration], "smsbox": [smsbox, "-v", "4", configuration]}

    def for_notify(self) -> dict[str, str]:
        """What notify is told to use it."""
        return {
            "JIAMENKOU_CARRIERS": "kannel",
            "JIAMENKOU_KANNEL_URL": self.url,
            "JIAMENKOU_KANNEL_PASSWORD": self.password,
            "JIAMENKOU_CARRIER_TOKEN": Secrets.of(self.folder).token,
        }

    @property
    def url(self) -> str:
        """Where texts are handed over."""
        return f"http://{LOOPBACK}:{self.port}"

    def write(self, line: Line) -> None:
        """Write the configuration and make the folder's spool and table of open receipts; what is there already stays."""
        (self.folder / "spool").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        with closing(sqlite3.connect(self.folder / "receipts.sqlite")) as database:
            columns = ", ".join(f"{column} {'int' if column in ('mask', 'status') else 'text'}" for column in FIELDS.values())
            database.execute(f"CREATE TABLE IF NOT EXISTS dlr ({columns})")
            database.commit()
        write_private(self.configuration, self._text(line))

    def _text(self, line: Line) -> str:
        name, _, password = line.account.partition(":")
        groups: list[tuple[str, Mapping[str, object]]] = [
            (
                "core",
                {
                    "admin-port": self.admin_port,
                    "admin-interface": LOOPBACK,
                    "admin-password": secrets.token_urlsafe(24),
                    "admin-deny-ip": '"*.*.*.*"',
                    "admin-allow-ip": LOOPBACK,
                    "smsbox-port": self.boxes_port,
                    "smsbox-interface": LOOPBACK,
                    "box-deny-ip": '"*.*.*.*"',
                    "box-allow-ip": LOOPBACK,
                    "store-type": "spool",
                    "store-location": self.folder / "spool",
                    "dlr-storage": "sqlite3",
                    "sms-combine-concatenated-mo": "true",
                    "sms-resend-freq": 5,
                    "sms-resend-retry": -1,
                },
            ),
            ("sqlite3-connection", {"id": "receipts", "database": self.folder / "receipts.sqlite"}),
            ("dlr-db", {"id": "receipts", "table": "dlr"} | {f"field-{field}": column for field, column in FIELDS.items()}),
            (
                "smsc",
                {
                    "smsc": "smpp",
                    "smsc-id": "carrier",
                    "host": line.host,
                    "port": line.port,
                    "receive-port": 0,
                    "transceiver-mode": "true",
                    "smsc-username": name,
                    "smsc-password": password,
                    "system-type": '""',
                    "interface-version": 34,
                    "reconnect-delay": 2,
                    "enquire-link-interval": 30,
                    "max-pending-submits": line.window,
                    "throughput": line.throughput,
                },
            ),
            (
                "smsbox",
                {
                    "bearerbox-host": LOOPBACK,
                    "sendsms-port": self.port,
                    "sendsms-interface": LOOPBACK,
                    "global-sender": line.sender,
                    "mo-recode": "true",
                    "http-request-retry": 1000,
                    "http-queue-delay": 5,
                },
            ),
            (
                "sendsms-user",
                {
                    "username": USER,
                    "password": self.password,
                    "concatenation": "true",
                    "max-messages": 10,
                    "user-deny-ip": '"*.*.*.*"',
                    "user-allow-ip": LOOPBACK,
                },
            ),
            (
                "sms-service",
                {
                    "keyword": "default",
                    "catch-all": "true",
                    "max-messages": 0,
                    "get-url": f'"{self.callbacks}/replies?phone=%p&words=%b&at=%t&mark=%I"',
                },
            ),
        ]
        return "\n".join(
            "\n".join([f"group = {group}", *(f"{key} = {value}" for key, value in settings.items()), ""])
            for group, settings in groups
        )


FIELDS = {
    "smsc": "smsc",
    "timestamp": "ts",
    "source": "source",
    "destination": "destination",
    "service": "service",
    "url": "url",
    "mask": "mask",
    "boxc-id": "boxc",
    "status": "status",
}
"""Kannel's names for the columns of its table of open receipts, and ours."""


def main() -> None:
    """Write the configuration that the environment describes into the folder given."""
    environment = os.environ
    first = int(environment.get("KANNEL_PORT", "13013"))
    origin = environment.get("JIAMENKOU_PUBLIC_URL", "http://127.0.0.1:8080")
    kannel = Kannel(
        Path(sys.argv[1]).absolute(),
        port=first,
        boxes_port=first + 1,
        admin_port=first + 2,
        password=environment["JIAMENKOU_KANNEL_PASSWORD"],
        callbacks=callbacks(origin, environment["JIAMENKOU_CARRIER_TOKEN"]),
    )
    line = Line(environment["SMPP_HOST"], int(environment["SMPP_PORT"]), environment["SMPP_ACCOUNT"], environment["SMPP_SENDER"])
    kannel.write(line)
    for command in kannel.commands().values():
        print(" ".join(command))
    print(f"and for notify: JIAMENKOU_KANNEL_URL={kannel.url}")


if __name__ == "__main__":
    main()
