"""`python -m infra.bench [--quick] [--only ingest|burst|end_to_end|texts]`: measure, and write infra/bench/RESULTS.md.

Uses the servers named by DATABASE_URL (an administrator's) and REDIS_URL, or starts a PostgreSQL that waits for the disk and a
Valkey of its own. A quick run shows that everything works; its figures mean little and are written nowhere.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.bench import burst, end_to_end, ingest, texts
from infra.local.postgres import start_postgres
from infra.local.refusal import Refusal
from infra.local.valkey import start_valkey
from shared.clock import SHANGHAI

REPOSITORY = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = {
    "ingest": "Taking readings in",
    "burst": "Two thousand residents rush twenty places",
    "end_to_end": "From the commit in one service to the committed effect in another",
    "texts": "Texts to the carrier, and log-in codes beside them",
}
READING = """\
Read the ratios, not the figures. Both sides of a ratio ran on one machine, taking turns, so that it carries to another machine,
which an absolute figure does not; differences under 15 % mean nothing. A ratio is ours divided by the rival's in the rows above
it: more is better for rates, less for times, processor time and memory. Goals are ratios where they have no unit.
"""

Row = dict[str, Any]


def main() -> int:
    """Measure, show, write; 1 when the servers do not fit."""
    parser = argparse.ArgumentParser(prog="bench", description="Measures the claims against ordinary ways to do the same.")
    parser.add_argument("--quick", action="store_true", help="small counts, to see that it works; writes no results")
    parser.add_argument("--only", choices=PARTS, help="one part alone; its results take the place of its last ones")
    chosen = parser.parse_args()
    console = Console(highlight=False)
    try:
        with _servers() as (postgres_url, redis_url):
            conditions = _conditions(postgres_url, redis_url)
            parts = {
                name: _measure(name, postgres_url, redis_url, quick=chosen.quick, console=console)
                for name in PARTS
                if chosen.only in (None, name)
            }
    except Refusal as refusal:
        console.print(f"[red]{escape(str(refusal))}[/red]")
        return 1
    for name, rows in parts.items():
        console.print(_table(PARTS[name], rows), rows[0]["conditions"], "")
    if not chosen.quick:
        RESULTS.write_text(_with_part(RESULTS.read_text(), conditions, parts) if chosen.only else _page(conditions, parts))
        console.print(f"Written to {RESULTS.relative_to(REPOSITORY)}.")
    return 0


def _measure(name: str, postgres_url: str, redis_url: str, *, quick: bool, console: Console) -> list[Row]:
    with console.status(PARTS[name]) as status:

        def say(what: str) -> None:
            status.update(f"{PARTS[name]}: {what}")
            if not console.is_terminal:
                print(f"{PARTS[name]}: {what}", flush=True)

        if name == "ingest":
            return ingest.run(postgres_url, size=ingest.QUICK if quick else ingest.FULL, say=say)
        if name == "burst":
            return burst.run(postgres_url, size=burst.QUICK if quick else burst.FULL, say=say)
        if name == "texts":
            return texts.run(postgres_url, redis_url, size=texts.QUICK if quick else texts.FULL, say=say)
        return end_to_end.run(postgres_url, redis_url, size=end_to_end.QUICK if quick else end_to_end.FULL, say=say)


@contextmanager
def _servers() -> Iterator[tuple[str, str]]:
    """The administrator's URL of a PostgreSQL, and the URL of a Redis."""
    with tempfile.TemporaryDirectory(prefix="jiamenkou-bench-") as home:
        Path(home).chmod(0o755)
        ends: list[Callable[[], None]] = []
        try:
            if not (postgres_url := os.environ.get("DATABASE_URL", "")):
                postgres = start_postgres(Path(home) / "postgres", durable=True)
                ends.append(postgres.stop)
                postgres_url = postgres.admin_url
            if not (redis_url := os.environ.get("REDIS_URL", "")):
                valkey = start_valkey(Path(home) / "valkey")
                ends.append(valkey.stop)
                redis_url = valkey.url
            yield postgres_url, redis_url
        finally:
            for end in reversed(ends):
                end()


def _conditions(postgres_url: str, redis_url: str) -> dict[str, str]:
    """Everything that a figure depends on and that can be asked."""
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        found = {
            name: str(connection.execute("SELECT current_setting(%s)", (name,)).fetchone()[0])  # type: ignore[index]
            for name in ("server_version", "fsync", "synchronous_commit")
        }
    with Redis.from_url(redis_url) as redis:
        server = redis.info("server")
    valkey = server.get("valkey_version")
    processor = _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    return {
        "Date": f"{datetime.now(SHANGHAI):%Y-%m-%d %H:%M} (Shanghai)",
        "Commit": _commit(),
        "Processor": f"{processor}, {os.cpu_count()} cores",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}",
        "Load at the start": f"{os.getloadavg()[0]:.1f}",
        "PostgreSQL": f"{found['server_version']}, fsync {found['fsync']}, synchronous_commit {found['synchronous_commit']}",
        "Broker": f"Valkey {valkey}" if valkey else f"Redis {server['redis_version']}",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("celery", "kombu", "psycopg", "pydantic", "SQLAlchemy", "fastapi")},
    }


def _commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "shared", "services", "infra")
    return f"{git('rev-parse', '--short', 'HEAD') or 'unknown'}{', with changes' if changed else ''}"


def _first(file: str, name: str) -> str:
    path = Path(file)
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _table(title: str, rows: list[Row]) -> Table:
    table = Table("what", "figure", "unit", "ratio", "goal", title=title, title_justify="left")
    for column in (1, 3):
        table.columns[column].justify = "right"
    for row in rows:
        table.add_row(*(escape(cell) for cell in _cells(row)))
    return table


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    ratio = f"{_number(row['ratio'])}×" if row["ratio"] is not None else ""
    return row["name"], _number(row["value"]), row["unit"], ratio, row["goal"]


def _number(value: float) -> str:
    """Three figures that mean something."""
    size = abs(value)
    if size == 0:
        return "0"
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 4 if size < 0.1 else 3}f}"


def _page(conditions: dict[str, str], parts: dict[str, list[Row]]) -> str:
    lines = ["# What was measured", "", "Made by `make bench`.", "", READING]
    lines += [f"- {name}: {value}" for name, value in conditions.items()]
    return "\n".join([*lines, *(_section(conditions, name, rows) for name, rows in parts.items())])


def _section(conditions: dict[str, str], name: str, rows: list[Row]) -> str:
    when = f"Measured {conditions['Date']} at commit {conditions['Commit']}, load at the start {conditions['Load at the start']}."
    lines = ["", f"## {PARTS[name]}", "", f"{when} {rows[0]['conditions'][:1].upper()}{rows[0]['conditions'][1:]}.", ""]
    lines += ["| what | figure | unit | ratio | goal |", "|---|---:|---|---:|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(row))} |" for row in rows), ""])


def _with_part(page: str, conditions: dict[str, str], parts: dict[str, list[Row]]) -> str:
    """The page with one part measured anew."""
    ((name, rows),) = parts.items()
    before, heading, rest = page.partition(f"\n## {PARTS[name]}\n")
    after = rest.partition("\n## ")
    others = f"\n## {after[2]}" if after[1] else ""
    return f"{before if heading else page}{_section(conditions, name, rows)}{others}"


if __name__ == "__main__":
    sys.exit(main())
