"""The faults: each begins, lasts a moment, and is over when its function returns; the stage starts again what was killed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from infra.chaos.stage import Stage
from infra.chaos.toy import NAMES

Fault = Callable[[Stage, random.Random], None]


def kill_worker(stage: Stage, chance: random.Random) -> None:
    """F3: the applying worker is killed, a few times at odd moments."""
    for _ in range(3):
        stage.kill(f"{chance.choice(NAMES)}.events")
        time.sleep(chance.uniform(0.3, 1.5))


def kill_relay(stage: Stage, chance: random.Random) -> None:
    """F2: the relay is killed, perhaps after sending and before noting it."""
    stage.kill(f"{chance.choice(NAMES)}.relay")
    time.sleep(chance.uniform(0.3, 1.5))


def overlap_relays(stage: Stage, chance: random.Random) -> None:
    """F2: the relay stands still while it holds its lock, and goes on."""
    stage.freeze(f"{chance.choice(NAMES)}.relay", chance.uniform(1, 4))


def freeze_worker(stage: Stage, chance: random.Random) -> None:
    """F3: the worker stands still in whatever it does, perhaps holding its turn, and goes on."""
    stage.freeze(f"{chance.choice(NAMES)}.events", chance.uniform(1, 4))


def kill_web(stage: Stage, chance: random.Random) -> None:
    """F1: the web process is killed in the middle of commands."""
    stage.kill(f"{chance.choice(NAMES)}.web")
    time.sleep(chance.uniform(0.3, 1.5))


def restart_redis_empty(stage: Stage, chance: random.Random) -> None:
    """F4: Valkey is killed, is away for a while, and comes back empty."""
    assert stage.valkey
    stage.valkey.kill()
    time.sleep(chance.uniform(1, 4))
    for kept in (stage.folder / "valkey").glob("appendonlydir/*"):
        kept.unlink()
    stage.valkey.start()


def wipe_redis(stage: Stage, chance: random.Random) -> None:
    """F5: FLUSHALL, several times."""
    for _ in range(4):
        _redis(stage, "FLUSHALL")
        time.sleep(chance.uniform(0.1, 0.8))


def drop_keys(stage: Stage, chance: random.Random) -> None:
    """F5: what kombu notes about bindings and unacknowledged messages is deleted."""
    for _ in range(3):
        _redis(stage, "DEL", *[f"_kombu.binding.bus.{name}" for name in NAMES], *[f"{name}.unacked" for name in NAMES])
        time.sleep(chance.uniform(0.1, 0.8))


def fill_redis(stage: Stage, chance: random.Random) -> None:
    """F6: Valkey refuses every write."""
    _redis(stage, "CONFIG", "SET", "maxmemory", "1")
    time.sleep(chance.uniform(2, 5))
    _redis(stage, "CONFIG", "SET", "maxmemory", "256mb")


def freeze_redis(stage: Stage, chance: random.Random) -> None:
    """F7: Valkey stands still, with all its connections open."""
    assert stage.valkey
    assert stage.valkey.pid
    stage.halt(stage.valkey.pid, chance.uniform(3, 8))


def restart_database(stage: Stage, _: random.Random) -> None:
    """F9: PostgreSQL ends as in a crash, and recovers from its log."""
    stage.postgres.restart_immediate()


def end_connections(stage: Stage, chance: random.Random) -> None:
    """F9: every connection to the databases is ended, several times."""
    for _ in range(4):
        with psycopg.connect(stage.postgres.admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", (list(NAMES),))
        time.sleep(chance.uniform(0.1, 0.8))


def send_nonsense(stage: Stage, chance: random.Random) -> None:
    """F17: messages repeated, cut short, altered and made up appear in the queues; at what is no JSON, Celery ends."""
    for name in NAMES:
        queue = f"bus.{name}"
        for raw in _redis(stage, "LRANGE", queue, "0", "5") or []:
            _redis(stage, "LPUSH", queue, raw)
            _redis(stage, "LPUSH", queue, raw[: len(raw) // 2])
            _redis(stage, "LPUSH", queue, raw.replace(b'"', b"'", 5))
        _redis(stage, "LPUSH", queue, "nonsense")
        _redis(stage, "LPUSH", queue, json.dumps({"body": "e30=", "headers": {}, "properties": {}}))
    time.sleep(chance.uniform(0.3, 1))


FAULTS: dict[str, Fault] = {
    "worker killed": kill_worker,
    "worker frozen": freeze_worker,
    "relay killed": kill_relay,
    "relay frozen": overlap_relays,
    "web killed": kill_web,
    "redis restarted empty": restart_redis_empty,
    "redis wiped": wipe_redis,
    "redis keys dropped": drop_keys,
    "redis full": fill_redis,
    "redis frozen": freeze_redis,
    "database restarted": restart_database,
    "connections ended": end_connections,
    "nonsense sent": send_nonsense,
}


def _redis(stage: Stage, *command: str | bytes) -> list[bytes] | None:
    """One command to Valkey; None when it does not answer just now."""
    assert stage.valkey
    try:
        with Redis.from_url(stage.valkey.url, socket_timeout=5) as redis:
            found = redis.execute_command(*command)
            return found if isinstance(found, list) else None
    except RedisError:
        return None
