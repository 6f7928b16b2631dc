"""What a stack is doing now: its processes, its queues, how far each fact has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import redis
from psycopg.rows import dict_row
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from infra.local.pids import command_line
from infra.local.processes import noted
from infra.local.stack import Stack
from shared import clock

STREAMS = "SELECT (SELECT seq FROM outbox_head) AS head, name, pushed_seq, acked_seq, last_error FROM subscriber ORDER BY name"
RECORDED = "SELECT recorded_at FROM outbox WHERE seq = %s"
CURSORS = "SELECT source, seq, tries, stopped FROM inbox"
PARKED = """
SELECT source, seq, type, subject, reason, tries, parked_at FROM dead_letter WHERE state = 'parked' ORDER BY source, seq
"""
JOBS = """
SELECT kind, count(*) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s) AS due,
       min(due_at) FILTER (WHERE state = 'waiting' AND due_at <= %(now)s) AS oldest,
       count(*) FILTER (WHERE state = 'waiting' AND due_at > %(now)s) AS later,
       count(*) FILTER (WHERE state = 'failed') AS failed
  FROM job GROUP BY kind ORDER BY kind
"""


@dataclass(frozen=True)
class Letter:
    """A fact that a service has set aside, and why."""

    service: str
    source: str
    seq: int
    type: str
    subject: str
    reason: str
    tries: int
    parked_at: datetime


def show(stack: Stack, console: Console) -> bool:
    """Print the tables of the stack; true if every process runs and nothing is parked or stopped."""
    return all(
        [
            _show_processes(stack, console),
            _show_queues(stack, console),
            _show_streams(stack, console),
            _show_jobs(stack, console),
            _show_letters(stack, console),
        ]
    )


def letters(stack: Stack, service: str | None = None) -> list[Letter]:
    """The dead letters of one service, or of all."""
    names = [service] if service else list(stack.databases)
    return [Letter(service=name, **row) for name in names for row in _rows(stack, name, PARKED)]


def _show_processes(stack: Stack, console: Console) -> bool:
    table = _table("processes", "name", "pid", "state")
    missing = 0
    for name, (pid, command) in noted(stack.pids).items():
        runs = command in command_line(pid)
        missing += not runs
        table.add_row(name, str(pid), "[green]runs[/]" if runs else "[red]away[/]")
    console.print(table)
    return not missing


def _show_queues(stack: Stack, console: Console) -> bool:
    """The length of each queue on Redis; without Redis there are none, and nothing is wrong."""
    try:
        with redis.Redis.from_url(stack.redis_url, socket_timeout=2, socket_connect_timeout=1, retry=None) as broker:
            names = {f"bus.{service}" for service in stack.services}
            names |= {
                key.decode() for key in broker.scan_iter("*.*", _type="list") if key.decode().partition(".")[2] in stack.services
            }
            lengths = {name: broker.llen(name) for name in sorted(names)}
    except redis.RedisError:
        console.print("[yellow]Redis does not answer[/]: facts travel by the slow way")
        return True
    table = _table("queues on Redis", "queue", "messages")
    for name, length in lengths.items():
        table.add_row(name, str(length))
    console.print(table)
    return True


def _show_streams(stack: Stack, console: Console) -> bool:
    table = _table(
        "facts, by publisher and subscriber", "publisher", "head", "subscriber", "pushed", "acked", "cursor", "oldest", "trouble"
    )
    cursors = {(row["source"], name): row for name in stack.databases for row in _rows(stack, name, CURSORS)}
    for publisher in stack.databases:
        for row in _rows(stack, publisher, STREAMS):
            cursor = cursors.get((f"/{publisher}", row["name"])) or {"seq": 0, "tries": 0, "stopped": ""}
            waiting = _rows(stack, publisher, RECORDED, [cursor["seq"] + 1])
            trouble = cursor["stopped"] or (f"try {cursor['tries']}" if cursor["tries"] else row["last_error"])
            oldest = _age(waiting[0]["recorded_at"], datetime.now(UTC)) if waiting else ""
            numbers = [str(number) for number in (row["pushed_seq"], row["acked_seq"], cursor["seq"])]
            table.add_row(publisher, str(row["head"]), row["name"], *numbers, oldest, trouble)
    console.print(table)
    return not any(cursor["stopped"] for cursor in cursors.values())


def _show_jobs(stack: Stack, console: Console) -> bool:
    table = _table("jobs", "service", "kind", "due", "oldest", "later", "failed")
    stack.follow_clock()
    now = clock.now()
    failed = 0
    for service in stack.databases:
        for row in _rows(stack, service, JOBS, {"now": now}):
            failed += row["failed"]
            oldest = _age(row["oldest"], now) if row["oldest"] else ""
            table.add_row(service, row["kind"], str(row["due"]), oldest, str(row["later"]), str(row["failed"]))
    console.print(table if table.row_count else "no jobs")
    return not failed


def _show_letters(stack: Stack, console: Console) -> bool:
    parked = letters(stack)
    console.print(letter_table(parked) if parked else "no dead letters")
    return not parked


def letter_table(parked: list[Letter]) -> Table:
    """The letters as a table."""
    table = _table("dead letters", "service", "source", "seq", "type", "subject", "tries", "reason")
    for letter in parked:
        table.add_row(
            letter.service, letter.source, str(letter.seq), letter.type, letter.subject, str(letter.tries), letter.reason
        )
    return table


def _rows(
    stack: Stack, service: str, question: LiteralString, values: Sequence[Any] | Mapping[str, Any] = ()
) -> list[dict[str, Any]]:
    url = stack.databases[service].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, connect_timeout=3, row_factory=dict_row, autocommit=True) as database:
        return database.execute(question, values).fetchall()


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _age(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
