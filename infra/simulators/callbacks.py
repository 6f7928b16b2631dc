"""A simulated carrier calling back: receipts and replies in batches, repeated until taken, with the faults such calls have."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import httpx2

from infra.simulators.faults import Faults
from infra.simulators.phones import Text, status
from shared.clock import SHANGHAI

RECEIPTS, REPLIES = "/notify/api/carrier/receipts", "/notify/api/carrier/replies"
TRIES = 10
PAUSE = 0.05


@dataclass
class _Call:
    due: float
    path: str
    item: dict[str, object]
    token: str
    tries: int = 0
    order: float = field(default_factory=time.monotonic)


class Callbacks:
    """One thread that calls back at `base_url` with `token`; a receipt is due `delay` seconds after its text."""

    def __init__(self, base_url: str, token: str, delay: float, faults: Faults) -> None:
        self._url, self._token, self._delay, self._faults = base_url.rstrip("/"), token, delay, faults
        self._calls: list[_Call] = []
        self._taken_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)

    def start(self) -> None:
        """Begin calling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop calling; what is still due is lost."""
        self._over.set()
        self._thread.join(timeout=3)

    def is_under_way(self, text: Text) -> bool:
        """Whether it is too early to say how this text ended."""
        return time.monotonic() < self._taken_at.get(text.out_id, 0.0) + self._delay

    def report(self, text: Text) -> None:
        """Send a receipt for a text, later."""
        self._taken_at[text.out_id] = time.monotonic()
        if self._faults.strikes("receipts_lost"):
            return
        item = receipt(text)
        delay = self._delay * random.uniform(1, 4) if self._faults.strikes("receipts_reordered") else self._delay
        self._ask(RECEIPTS, item, delay)
        if self._faults.strikes("receipts_doubled"):
            self._ask(RECEIPTS, item, delay * 2)
        if self._faults.strikes("receipts_forged"):
            self._ask(RECEIPTS, item | {"success": False, "err_code": "MK:0001"}, 0.0, token="forged")

    def forward(self, text: Text) -> None:
        """Pass on what was typed on a phone, at once."""
        self._ask(REPLIES, reply(text), 0.0)

    def _ask(self, path: str, item: dict[str, object], delay: float, token: str = "") -> None:
        with self._lock:
            self._calls.append(_Call(time.monotonic() + delay, path, item, token or self._token))

    def _run(self) -> None:
        with httpx2.Client(timeout=5, trust_env=False) as client:
            while not self._over.wait(PAUSE):
                for path, token in {(call.path, call.token) for call in self._due()}:
                    self._call(client, path, token)

    def _due(self) -> list[_Call]:
        with self._lock:
            return sorted((call for call in self._calls if call.due <= time.monotonic()), key=lambda call: call.order)

    def _call(self, client: httpx2.Client, path: str, token: str) -> None:
        batch = [call for call in self._due() if (call.path, call.token) == (path, token)]
        try:
            answer = client.post(self._url + path, json=[call.item for call in batch], headers={"x-carrier-token": token})
            taken = answer.status_code == 200
        except httpx2.HTTPError:
            taken = False
        with self._lock:
            for call in batch:
                call.tries += 1
                call.due = time.monotonic() + min(60.0, 0.5 * 2**call.tries)
                if taken or call.tries >= TRIES or call.token != self._token:
                    self._calls.remove(call)


def receipt(text: Text) -> dict[str, object]:
    """A receipt in the shape the large mainland carriers use: local times without zone, sizes as strings."""
    ended, code = status(text.phone)
    at = _local(text.at)
    return {
        "phone_number": text.phone,
        "send_time": at,
        "report_time": at,
        "success": ended == "delivered",
        "err_code": code,
        "err_msg": "",
        "sms_size": "1" if len(text.text) <= 70 else str(-(-len(text.text) // 67)),
        "biz_id": text.reference,
        "out_id": text.out_id,
    }


def reply(text: Text) -> dict[str, object]:
    """A reply in the same manner; it names no text of ours, as real ones do not."""
    return {
        "phone_number": text.phone,
        "content": text.text,
        "send_time": _local(text.at),
        "dest_code": "106900",
        "sequence_id": uuid4().int % 10**12,
    }


def _local(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
