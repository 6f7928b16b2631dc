"""What the way of events is measured against: plain Celery, one task for each event, on the same Valkey and PostgreSQL.

The producer inserts the row, commits, and publishes. The worker applies each task in a transaction of its own: once by the
event's id, with the same projections as reports. Less than the product does: an event whose publishing fails is lost, order is
not kept.

python -m infra.bench.plain_events        the worker: DATABASE_URL is its database, REDIS_URL its broker
"""

import os
from typing import Any

import psycopg
from celery import Celery

from shared.contracts.stations import VisitRecorded

QUEUE = "plain"
app = Celery("plain", broker=os.environ.get("REDIS_URL"), set_as_current=False)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue=QUEUE,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)

PUBLISHER_TABLE = """
    CREATE TABLE plain_event (id uuid PRIMARY KEY, type text NOT NULL, subject text NOT NULL,
                              recorded_at timestamptz NOT NULL DEFAULT now(), body text NOT NULL)
"""
SUBSCRIBER_TABLE = "CREATE TABLE plain_applied (id uuid PRIMARY KEY)"

RECORD = "INSERT INTO plain_event (id, type, subject, body) VALUES (%s, %s, %s, %s)"
_ONCE = "INSERT INTO plain_applied (id) VALUES (%s) ON CONFLICT DO NOTHING"
_VISIT = """
    INSERT INTO visits_by_station_day AS so_far (station_id, day, visits, identified, items) VALUES (%s, %s, 1, %s, %s)
    ON CONFLICT (station_id, day) DO UPDATE SET visits = so_far.visits + excluded.visits,
        identified = so_far.identified + excluded.identified, items = so_far.items + excluded.items
"""
_VISITOR = "INSERT INTO visitor (month, station_id, person_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"

_connections: list[psycopg.Connection[Any]] = []


def _connection() -> psycopg.Connection[Any]:
    if not _connections:
        _connections.append(psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")))
    return _connections[0]


@app.task(name="plain.apply")  # type: ignore[untyped-decorator,unused-ignore]
def apply(id: str, visit: dict[str, Any]) -> None:
    """Apply one event, once."""
    event = VisitRecorded.model_validate(visit)
    with _connection().transaction():
        cursor = _connection().cursor()
        if not cursor.execute(_ONCE, (id,)).rowcount:
            return
        cursor.execute(_VISIT, (event.station_id, event.day, int(event.person_id is not None), event.items))
        if event.person_id is not None:
            cursor.execute(_VISITOR, (event.day.replace(day=1), event.station_id, event.person_id))


if __name__ == "__main__":
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
    app.worker_main(["worker", "--pool=solo", "--concurrency=1", *quiet])
