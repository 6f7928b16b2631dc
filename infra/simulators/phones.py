"""The phones of a simulated carrier: what arrived on each, kept in a log of its own that nobody else writes."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from shared import clock

FAILING = {"17000000001": "MK:0001", "17000000002": "UNDELIV", "17000000003": "KEYWORD"}
"""Numbers on which no text arrives, and the code the carrier reports for each."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text the carrier took, or (`mine`) one the phone's owner typed. `reference` is the carrier's own number for it."""

    out_id: str
    reference: str
    phone: str
    text: str
    at: datetime
    mine: bool = False


class Phones:
    """Every text by phone. Handed over twice under one `out_id` it is one text. With a `log` file, they survive a restart."""

    def __init__(self, log: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._texts: list[Text] = []
        self._taken: dict[str, Text] = {}
        self._known: set[str] = set()
        self._log = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            for line in log.read_text("utf-8").splitlines() if log.exists() else ():
                self._keep(_read(line))
            self._log = log.open("a", encoding="utf-8", buffering=1)

    def take(self, out_id: str, phone: str, text: str) -> tuple[Text, bool]:
        """Take a text from a customer; says whether it is a new one."""
        with self._lock:
            if out_id in self._taken:
                return self._taken[out_id], False
            return self._write(Text(out_id, uuid4().hex, phone, text, clock.now())), True

    def answer(self, phone: str, text: str) -> Text:
        """The owner of a phone texts back. KeyError when the phone never got a text: there is nothing to answer."""
        with self._lock:
            if phone not in self._known:
                raise KeyError(phone)
            return self._write(Text("", uuid4().hex, phone, text, clock.now(), mine=True))

    def find(self, out_id: str) -> Text | None:
        """The text taken under this customer's number."""
        with self._lock:
            return self._taken.get(out_id)

    def every(self) -> list[Text]:
        """Every text taken from a customer, whatever became of it, oldest first."""
        with self._lock:
            return list(self._taken.values())

    def on(self, phone: str) -> list[str]:
        """The words of the texts that arrived on a phone, oldest first."""
        return [text.text for text in self.all().get(phone, []) if not text.mine]

    def all(self) -> dict[str, list[Text]]:
        """The texts of each phone, oldest first; the phone that got one last comes first."""
        with self._lock:
            found: dict[str, list[Text]] = {}
            got: dict[str, int] = {}
            for number, text in enumerate(self._texts):
                if text.mine or status(text.phone)[0] == "delivered":
                    found.setdefault(text.phone, []).append(text)
                    if not text.mine:
                        got[text.phone] = number
            return {phone: found[phone] for phone in sorted(found, key=lambda phone: -got.get(phone, -1))}

    def _write(self, text: Text) -> Text:
        if self._log is not None:
            self._log.write(json.dumps(asdict(text), default=datetime.isoformat, ensure_ascii=False) + "\n")
        self._keep(text)
        return text

    def _keep(self, text: Text) -> None:
        self._texts.append(text)
        self._known.add(text.phone)
        if text.out_id:
            self._taken[text.out_id] = text


def status(phone: str) -> tuple[Literal["delivered", "failed"], str]:
    """How a text to this phone ends, with the carrier's code."""
    code = FAILING.get(phone)
    return ("failed", code) if code else ("delivered", "DELIVERED")


def _read(line: str) -> Text:
    kept = json.loads(line)
    return Text(**kept | {"at": datetime.fromisoformat(kept["at"])})
