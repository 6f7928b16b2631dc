"""What can be made to go wrong at a simulator, by default the carrier: always, by chance, or the next few times."""

from __future__ import annotations

import random
import threading

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

NAMES = (
    "down",
    "busy",
    "reset",
    "slow",
    "accept_then_timeout",
    "accept_then_500",
    "receipts_lost",
    "receipts_doubled",
    "receipts_reordered",
    "receipts_forged",
    "receipts_first",
)


class Fault(BaseModel):
    """How often: the `next` so many times, else with a `probability`.

    `ms` says how slow, where that is the fault (anything up to `most_ms`, if that is more); `times` how often over.
    """

    model_config = ConfigDict(extra="forbid")

    next: int = Field(default=0, ge=0)
    probability: float = Field(default=0.0, ge=0, le=1)
    ms: int = Field(default=1000, ge=0, le=60_000)
    most_ms: int = Field(default=0, ge=0, le=60_000)
    times: int = Field(default=1, ge=1, le=20)


WISHES = TypeAdapter(dict[str, Fault])


class Faults:
    """The faults in force, by name."""

    def __init__(self, names: tuple[str, ...] = NAMES) -> None:
        self.names = names
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}

    def set(self, wishes: dict[str, Fault]) -> None:
        """Put faults in force, replacing those of the same names. ValueError for a name that is none."""
        unknown = sorted(wishes.keys() - set(self.names))
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}; there are: {', '.join(self.names)}")
        with self._lock:
            self._faults |= wishes

    def heal(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._faults.clear()

    def strikes(self, name: str) -> bool:
        """Whether this fault strikes now; a counted one is used up by it."""
        with self._lock:
            fault = self._faults.get(name)
            if fault is None:
                return False
            if fault.next:
                self._faults[name] = fault.model_copy(update={"next": fault.next - 1})
                return True
            return random.random() < fault.probability

    def ms(self, name: str) -> int:
        """How many milliseconds a fault of slowness takes this time."""
        with self._lock:
            fault = self._faults.get(name)
        return 0 if fault is None else random.randint(fault.ms, max(fault.ms, fault.most_ms))

    def times(self, name: str) -> int:
        """How often over a fault of repetition repeats."""
        with self._lock:
            return self._faults[name].times if name in self._faults else 0

    def all(self) -> dict[str, Fault]:
        """Those in force."""
        with self._lock:
            return dict(self._faults)
