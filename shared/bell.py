"""The bell: tells the relay that something was committed, after the commit, without touching Redis or the writer's transaction.

A NOTIFY inside the writing transaction would serialise commits (15,600 → 4,900 commits/s at eight connections). So a thread with
a connection of its own rings at most every few milliseconds. A lost ring costs the relay's slow poll (one second), nothing else.
"""

from __future__ import annotations

import threading
import time

import psycopg

CHANNEL = "outbox"
_PAUSE = 0.005


class Bell:
    """Rings the relay of one database. `ring()` returns at once and never raises."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url.replace("postgresql+psycopg://", "postgresql://")
        self._asked = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def ring(self) -> None:
        """Ask the relay to look."""
        self._asked.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """Ring no more, and give the connection back."""
        self._closed = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while self._wanted():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    while self._wanted():
                        self._asked.clear()
                        connection.execute(f"NOTIFY {CHANNEL}")
                        time.sleep(_PAUSE)
            except psycopg.Error:
                self._asked.clear()
                time.sleep(0.5)

    def _wanted(self) -> bool:
        self._asked.wait()
        return not self._closed
