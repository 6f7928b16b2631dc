"""A simulated carrier calling back: receipts and replies in batches, repeated until taken, with the faults such calls have."""

from __future__ import annotations

import heapq
import itertools
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
LARGEST = 500
"""Items in one call, at most."""

PATIENCE = 5.0
_ORDER = itertools.count()


@dataclass(order=True)
class _Call:
    due: float
    order: int = field(default_factory=lambda: next(_ORDER), init=False)
    path: str = field(compare=False)
    item: dict[str, object] = field(compare=False)
    token: str = field(compare=False)
    tries: int = field(default=0, compare=False)
    over: threading.Event = field(default_factory=threading.Event, compare=False)


class Callbacks:
    """One thread that calls back at `base_url` with `token`; a receipt is due `delay` seconds after its text."""

    def __init__(self, base_url: str, token: str, delay: float, faults: Faults) -> None:
        self._url, self._token, self._delay, self._faults = base_url.rstrip("/"), token, delay, faults
        self._calls: list[_Call] = []
        self._taken_at: dict[str, float] = {}
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)

    def start(self) -> None:
        """Begin calling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop calling; what is still due is lost."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(timeout=3)

    def is_under_way(self, text: Text) -> bool:
        """Whether it is too early to say how this text ended."""
        return time.monotonic() < self._taken_at.get(text.out_id, 0.0) + self._delay

    def report(self, text: Text) -> threading.Event | None:
        """Send a receipt for a text, later, or with the fault `receipts_first` now; then the event says when it was taken."""
        first = self._faults.strikes("receipts_first")
        self._taken_at[text.out_id] = time.monotonic() - (self._delay if first else 0.0)
        if self._faults.strikes("receipts_lost"):
            return None
        item = receipt(text)
        delay = 0.0 if first else self._delay
        if self._faults.strikes("receipts_reordered"):
            delay *= random.uniform(1, 4)
        call = self._ask(RECEIPTS, item, delay)
        if self._faults.strikes("receipts_doubled"):
            for number in range(self._faults.times("receipts_doubled")):
                self._ask(RECEIPTS, item, delay + self._delay * (1 + number))
        if self._faults.strikes("receipts_forged"):
            self._forge(item)
        return call.over if first else None

    def forward(self, text: Text) -> None:
        """Pass on what was typed on a phone, at once."""
        self._ask(REPLIES, reply(text), 0.0)

    def _forge(self, item: dict[str, object]) -> None:
        """Lies that look right: with a wrong token, for a text nobody sent, and for another number than the text's."""
        failed = item | {"success": False, "err_code": "MK:0001", "biz_id": uuid4().hex}
        self._ask(RECEIPTS, failed, 0.0, token="forged")
        self._ask(RECEIPTS, failed | {"out_id": str(uuid4())}, 0.0)
        self._ask(RECEIPTS, failed | {"phone_number": "13999999999"}, 0.0)

    def _ask(self, path: str, item: dict[str, object], delay: float, token: str = "") -> _Call:
        call = _Call(time.monotonic() + delay, path, item, token or self._token)
        self._plan(call)
        return call

    def _plan(self, *calls: _Call) -> None:
        with self._changed:
            for call in calls:
                heapq.heappush(self._calls, call)
            self._changed.notify()

    def _run(self) -> None:
        with httpx2.Client(timeout=PATIENCE, trust_env=False) as client:
            while due := self._due():
                for path, token in dict.fromkeys((call.path, call.token) for call in due):
                    self._call(client, path, token, [call for call in due if (call.path, call.token) == (path, token)])

    def _due(self) -> list[_Call]:
        """The next calls that are due, as soon as there are any; none when it is over."""
        with self._changed:
            while not self._over:
                now = time.monotonic()
                due: list[_Call] = []
                while self._calls and self._calls[0].due <= now and len(due) < LARGEST:
                    due.append(heapq.heappop(self._calls))
                if due:
                    return due
                self._changed.wait(self._calls[0].due - now if self._calls else None)
            return []

    def _call(self, client: httpx2.Client, path: str, token: str, batch: list[_Call]) -> None:
        try:
            answer = client.post(self._url + path, json=[call.item for call in batch], headers={"x-carrier-token": token})
            taken = answer.status_code == 200
        except httpx2.HTTPError:
            taken = False
        for call in batch:
            call.tries += 1
            if taken or call.tries >= TRIES or call.token != self._token:
                call.over.set()
            else:
                call.due = time.monotonic() + min(60.0, 0.5 * 2**call.tries)
        self._plan(*(call for call in batch if not call.over.is_set()))


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
