"""What measurements stand on: databases of their own, and what a process has used so far (from Linux' /proc)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from redis import Redis

from infra.local.refusal import Refusal

TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def databases(admin_url: str, names: list[str]) -> Iterator[dict[str, str]]:
    """A new database for each name, as SQLAlchemy URLs; dropped at the end."""
    admin_url = admin_url.replace("+psycopg", "")
    made = {name: f"bench_{name}_{uuid4().hex[:8]}" for name in names}
    server = admin_url.replace("postgresql:", "postgresql+psycopg:").rpartition("/")[0]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for database in made.values():
            admin.execute(f"CREATE DATABASE {database}")
        try:
            yield {name: f"{server}/{database}" for name, database in made.items()}
        finally:
            for database in made.values():
                admin.execute(f"DROP DATABASE {database} WITH (FORCE)")


@contextmanager
def numbered_database(redis_url: str, number: int) -> Iterator[str]:
    """One of Redis' numbered databases, found empty and left empty."""
    url = f"{redis_url.rpartition('/')[0]}/{number}"
    with Redis.from_url(url) as redis:
        if redis.dbsize():
            raise Refusal(f"Database {number} of this Redis is not empty; the bench needs it for itself.")
        try:
            yield url
        finally:
            redis.flushdb()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all its threads so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICK


def resident_mb(pid: int) -> float:
    """Memory that a process holds now, in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
