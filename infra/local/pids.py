"""Processes known by their id only, left over from an earlier start."""

import os
import signal
import subprocess
import time
from pathlib import Path


def command_line(pid: int) -> str:
    """The command line of a running process; empty when there is none, or it is not ours to see."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    return subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()


def end(pid: int, *, expected: str, patience: float) -> None:
    """Stop a process by TERM, then KILL, but only if its command line holds `expected`: ids are used again."""
    for attempt in (signal.SIGTERM, signal.SIGKILL):
        if expected not in command_line(pid):
            return
        os.kill(pid, attempt)
        deadline = time.monotonic() + patience
        while expected in command_line(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
