"""`python -m infra.chaos [--profile smoke|full] [--seed N] [--keep FOLDER]`: hurt a running pair, and say what was lost."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from infra.chaos.run import FULL, SMOKE, play
from shared import log


def main() -> int:
    """Play every plan of the profile; history and logs are kept when something is wrong."""
    parser = argparse.ArgumentParser(prog="chaos", description="Hurts teller and listener, and checks that nothing is lost.")
    parser.add_argument("--profile", choices=("smoke", "full"), default="smoke")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--keep", type=Path, help="a folder for history, logs and data; kept in any case")
    chosen = parser.parse_args()
    log.set_up("console", service="chaos", role="chaos")
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f}  {what}", flush=True)

    clean = True
    for number, plan in enumerate(SMOKE if chosen.profile == "smoke" else FULL):
        folder = (chosen.keep or Path(tempfile.mkdtemp(prefix="chaos."))) / plan.name.replace(" ", "-")
        folder.mkdir(parents=True)
        folder.parent.chmod(0o755)
        say(f"{plan.name}, seed {chosen.seed + number}")
        verdict = play(plan, folder, chosen.seed + number, say)
        say(f"{verdict.accepted} commands accepted, {verdict.unknown} unanswered, {len(verdict.struck)} faults")
        for trouble in verdict.violations:
            say(f"BROKEN: {trouble}")
        clean = clean and verdict.is_clean
        if verdict.is_clean and not chosen.keep:
            shutil.rmtree(folder.parent)
        else:
            say(f"history, logs and data are in {folder}")
    say("every accepted command's fact was applied exactly once, in order" if clean else "promises were broken")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
