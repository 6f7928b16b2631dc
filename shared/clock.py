"""The one clock: aware UTC, with an offset that only a demo may set.

A demo keeps its simulated time in a small file, `{"at": "<iso time>", "anchor": <unix seconds>}`: simulated now is `at` plus
the real time passed since `anchor`. Processes of the demo profile call `simulate(path)` once; nothing else can move the clock.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_file: Path | None = None
_seen: tuple[int, timedelta] = (-1, timedelta())
_frozen: datetime | None = None


def now() -> datetime:
    """The current time, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + _offset()


def today() -> datetime:
    """Midnight of the current day in Shanghai, as an aware time of that zone."""
    return now().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


def simulate(path: Path) -> None:
    """Follow the simulated clock kept in `path` from now on (demo profile only)."""
    global _file
    _file = path


def simulated() -> bool:
    """Whether this process follows a simulated clock: its pages say so."""
    return _file is not None


def set_simulated(path: Path, at: datetime) -> None:
    """Move the simulated clock kept in `path` to `at`; every process that follows it moves within a moment."""
    draft = path.with_suffix(".next")
    draft.write_text(json.dumps({"at": at.astimezone(UTC).isoformat(), "anchor": time.time()}))
    draft.replace(path)


def freeze(at: datetime | None) -> None:
    """Hold this process's clock at `at`, or let it run again with None (tests only)."""
    global _frozen
    _frozen = at


def _offset() -> timedelta:
    global _seen
    if _file is None:
        return timedelta()
    try:
        stamp = _file.stat().st_mtime_ns
        if stamp != _seen[0]:
            kept = json.loads(_file.read_text())
            anchor = datetime.fromtimestamp(kept["anchor"], UTC)
            _seen = (stamp, datetime.fromisoformat(kept["at"]) - anchor)
    except FileNotFoundError:
        return timedelta()
    return _seen[1]
