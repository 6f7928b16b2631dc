"""The doorbell and parcel service: Celery on Redis, where anything may be lost without harm.

The settings follow what kombu's Redis transport was measured to do wrong: plain queues addressed through the default exchange (bindings
vanish with a flush, and publishing then drops silently), no ETA or countdown (redelivered at every visibility timeout), no result backend,
JSON only, late acks, a worker that survives a refused write, and sockets that time out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from celery import Celery
from kombu import Exchange, Producer, Queue
from kombu.exceptions import OperationalError as BrokerDown
from redis import Redis
from redis.exceptions import RedisError

from shared.inbox import Inbox, Outcome
from shared.jobs import Desk
from shared.log import log
from shared.outbox import Parcel

APPLY = "bus.apply"
WORK = "jobs.work"

BACKLOG = 20
"""Most parcels (of up to 500 events) left in a queue; past that the relay waits, and the subscriber can pull."""


class BusDown(Exception):
    """Redis cannot be reached, or refuses writes. Nothing is lost: the log has it."""


class Bus(Protocol):
    """What the relay needs of a transport."""

    def send(self, subscriber: str, parcel: Parcel) -> bool:
        """Push a parcel towards a subscriber; False when its queue is full. Raises `BusDown`; the parcel may then have arrived or not."""
        ...

    def ring(self, lane: str) -> None:
        """Wake the job workers of a lane. Raises `BusDown`."""
        ...

    def check(self) -> None:
        """Raises `BusDown` when nothing can be sent at present."""
        ...


class CeleryBus:
    """The real transport: one connection, one push per parcel, no bindings."""

    def __init__(self, service: str, redis_url: str) -> None:
        self._service = service
        self._app = celery_app(service, redis_url, queues=[])
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=1, retry=None) if redis_url else None
        self._producer: Producer | None = None
        self._rest_until = 0.0

    def send(self, subscriber: str, parcel: Parcel) -> bool:
        """Push a parcel; see `Bus.send`."""
        return self._publish(APPLY, f"bus.{subscriber}", [parcel.as_json()], BACKLOG)

    def ring(self, lane: str) -> None:
        """Wake job workers; at most a handful of rings wait in the queue."""
        self._publish(WORK, f"{lane}.{self._service}", [lane], 8)

    def check(self) -> None:
        """Ask Redis for a sign of life."""
        self._guard(lambda redis: redis.ping())

    def _publish(self, task: str, queue: str, args: list[Any], most: int) -> bool:
        return self._guard(lambda redis: redis.llen(queue) < most and self._send_task(task, queue, args))

    def _send_task(self, task: str, queue: str, args: list[Any]) -> bool:
        if self._producer is None:
            self._producer = Producer(self._app.connection_for_write().channel(), auto_declare=False)
        plain = Queue(queue, Exchange(""), routing_key=queue)
        self._app.send_task(task, args, queue=plain, producer=self._producer, declare=[], retry=False, argsrepr="-", kwargsrepr="-")
        return True

    def _guard(self, use: Callable[[Redis], Any]) -> bool:
        """Use the connection; after a failure it rests for a second, so that a dead Redis costs nothing."""
        if self._redis is None or time.monotonic() < self._rest_until:
            raise BusDown("no Redis")
        try:
            return bool(use(self._redis))
        except (RedisError, BrokerDown, OSError) as error:
            self._producer = None
            self._rest_until = time.monotonic() + 1
            raise BusDown(f"{type(error).__name__}") from None


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

    @app.task(name=APPLY)
    def apply(raw: dict[str, Any]) -> None:
        try:
            parcel = Parcel.of(raw)
        except (KeyError, TypeError, ValueError):
            log.error("parcel_unreadable")
            return
        try:
            if inbox.apply(parcel) is Outcome.GAP:
                catch_up(parcel.source)
        except Exception as error:
            log.warning("apply_postponed", source=parcel.source, reason=type(error).__name__)

    return app


def jobs_worker(service: str, redis_url: str, desk: Desk, lanes: list[str]) -> Celery:
    """The application whose worker does the due jobs of `lanes`."""
    app = celery_app(service, redis_url, queues=[f"{lane}.{service}" for lane in lanes])

    @app.task(name=WORK)
    def work(lane: str) -> None:
        desk.work([lane])

    return app
