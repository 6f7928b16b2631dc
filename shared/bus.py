"""The doorbell and parcel service: Celery on Redis, where anything may be lost without harm.

The settings follow what kombu's Redis transport was measured to do wrong: plain queues addressed through the default exchange
(bindings vanish with a flush, and publishing then drops silently), no ETA or countdown (redelivered at every visibility timeout),
no result backend, JSON only, late acks, a worker that survives a refused write, and sockets that time out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from celery import Celery
from kombu import Exchange, Producer, Queue
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError

from shared.faults import DATABASE_AWAY, plain
from shared.inbox import Inbox, Outcome
from shared.jobs import Desk
from shared.log import log
from shared.outbox import Parcel

APPLY = "bus.apply"
WORK = "jobs.work"

BACKLOG = 20
"""Most parcels (of up to 500 events) left in a queue; past that the relay waits, and the subscriber can pull."""

RINGS = 8
"""Most rings left in a lane's queue: one is enough to wake a worker, a few wake several."""

JOBS_A_RING = 100
"""Most jobs done for one ring, so that a worker told to stop can; the relay rings again while jobs are due."""


class BusDown(Exception):
    """Redis cannot be reached, or refuses writes. Nothing is lost: the log has it."""


class Bus(Protocol):
    """What the relay needs of a transport."""

    def has_room(self, subscriber: str) -> bool:
        """Whether the subscriber's queue takes another parcel. Raises `BusDown`."""
        ...

    def send(self, subscriber: str, parcel: Parcel) -> None:
        """Push a parcel towards a subscriber. Raises `BusDown`; the parcel may then have arrived or not."""
        ...

    def ring(self, lane: str) -> None:
        """Wake the job workers of a lane. Raises `BusDown`."""
        ...

    def check(self) -> None:
        """Raises `BusDown` when nothing can be sent at present."""
        ...


class CeleryBus:
    """The real transport: one connection, one push per parcel, no bindings. For one thread."""

    def __init__(self, service: str, redis_url: str) -> None:
        self._service = service
        self._app = celery_app(service, redis_url, queues=[])
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=1, retry=None) if redis_url else None
        self._connection: Any = None
        self._producer: Any = None
        self._rest_until = 0.0

    def has_room(self, subscriber: str) -> bool:
        """Whether fewer than `BACKLOG` parcels wait there."""
        return self._length(f"bus.{subscriber}") < BACKLOG

    def send(self, subscriber: str, parcel: Parcel) -> None:
        """Push a parcel; see `Bus.send`."""
        self._publish(APPLY, f"bus.{subscriber}", [parcel.as_json()])

    def ring(self, lane: str) -> None:
        """Wake job workers; at most a handful of rings wait in the queue."""
        if self._length(f"{lane}.{self._service}") < RINGS:
            self._publish(WORK, f"{lane}.{self._service}", [lane])

    def check(self) -> None:
        """Ask Redis for a sign of life."""
        with self._guarded() as redis:
            redis.ping()

    def _length(self, queue: str) -> int:
        with self._guarded() as redis:
            return int(redis.llen(queue))

    def _publish(self, task: str, queue: str, args: list[Any]) -> None:
        with self._guarded():
            if self._producer is None:
                self._connection = self._app.connection_for_write()
                self._producer = Producer(self._connection.channel(), auto_declare=False)
            plain, nobody = Queue(queue, Exchange(""), routing_key=queue), {"argsrepr": "-", "kwargsrepr": "-"}
            self._app.send_task(task, args, queue=plain, producer=self._producer, declare=[], retry=False, **nobody)

    @contextmanager
    def _guarded(self) -> Iterator[Redis]:
        """The connection is used in the block; after a failure it rests for a second, so that a dead Redis costs nothing."""
        if self._redis is None or time.monotonic() < self._rest_until:
            raise BusDown("no Redis")
        try:
            yield self._redis
        except (RedisError, KombuError, OSError) as error:
            self._rest_until = time.monotonic() + 1
            self.close()
            raise BusDown(type(error).__name__) from None

    def close(self) -> None:
        """Hang up; the next use connects again."""
        connection, self._connection, self._producer = self._connection, None, None
        with suppress(RedisError, KombuError, OSError):
            if connection is not None:
                connection.release()
            if self._redis is not None:
                self._redis.close()


def celery_app(service: str, redis_url: str, *, queues: list[str]) -> Celery:
    """The Celery application of one service, consuming `queues`."""
    app = Celery(service, set_as_current=False)
    app.conf.update(
        broker_url=redis_url or "redis://127.0.0.1:1/0",
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        task_create_missing_queues=False,
        task_publish_retry=False,
        task_queues=[Queue(name, Exchange(""), routing_key=name) for name in queues],
        task_default_queue=queues[0] if queues else f"bus.{service}",
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_soft_shutdown_timeout=15,
        worker_enable_soft_shutdown_on_idle=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_pool_acquire_timeout=5,
        broker_transport_options={
            "visibility_timeout": 60,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "unacked_key": f"{service}.unacked",
            "unacked_index_key": f"{service}.unacked_index",
            "unacked_mutex_key": f"{service}.unacked_mutex",
            "client_name": service,
        },
        timezone="UTC",
        enable_utc=True,
    )
    return app


def events_worker(service: str, redis_url: str, inbox: Inbox, catch_up: Callable[[str], None]) -> Celery:
    """The application whose worker applies parcels. A parcel is a hint: whatever happens to it, the log has the facts."""
    app = celery_app(service, redis_url, queues=[f"bus.{service}"])

    def apply(raw: dict[str, Any]) -> None:
        try:
            parcel = Parcel.of(raw)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.error("parcel_unreadable")
            return
        try:
            if inbox.apply(parcel) is Outcome.GAP:
                catch_up(parcel.source)
        except Exception as error:
            log.warning("apply_postponed", source=parcel.source, reason=plain(error))

    app.task(name=APPLY, shared=False)(apply)
    return app


def jobs_worker(service: str, redis_url: str, desk: Desk, lanes: list[str]) -> Celery:
    """The application whose worker does the due jobs of `lanes`."""
    app = celery_app(service, redis_url, queues=[f"{lane}.{service}" for lane in lanes])

    def work(lane: str) -> None:
        try:
            desk.work([lane], at_most=JOBS_A_RING)
        except DATABASE_AWAY as error:
            log.warning("database_away", lane=lane, reason=plain(error))

    app.task(name=WORK, shared=False)(work)
    return app
