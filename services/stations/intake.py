"""Station intake: requests that wait together share one transaction, and each is answered for itself after the commit.

The one path where many appliances write at once. A request is checked and weighed where it arrives; one thread then records all
that is waiting, as one unit (`shared.together`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from itertools import islice

import psycopg
from psycopg.errors import UniqueViolation
from pydantic import ValidationError
from pydantic_core import to_json
from sqlmodel import Session, select
from starlette.concurrency import run_in_threadpool

from services.stations.devices import UnknownDevice, check, claimed_station, device_key
from services.stations.features.record_visits import Answer, record_visits
from services.stations.features.weigh_visits import Batch, Place, Weighed, weigh
from services.stations.tables import Station
from shared import clock
from shared.errors import Forbidden, Invalid, Problem
from shared.jobs import Begin
from shared.service import Service
from shared.together import Together

MOST_VISITS = 500
"""About how many visits share a transaction at most."""

FRESH = 5.0
"""Seconds for which a station's state and keys are believed: a new key begins, and a revoked one ends, within them."""


class Malformed(Problem):
    """The body is no JSON."""

    code = "malformed"
    title = "The body is not JSON"


class Intake:
    """Takes the requests of appliances."""

    def __init__(self, service: Service) -> None:
        self.directory = Directory(service)
        self.committer = Committer(service.begin)

    async def take(self, body: bytes, authorization: str | None) -> bytes:
        """Check, weigh and record one request; returns the JSON answer, once it is committed."""
        code = claimed_station(authorization)
        known = self.directory.find(code)
        place, keys = known if known is not None else await run_in_threadpool(self.directory.look_up, code)
        check(authorization, body, keys)
        batch = _read(body)
        if batch.station != code:
            raise Forbidden("签名的驿站与内容里的驿站不一致：一台设备只能发送本站的数据。")
        try:
            answers = await asyncio.wrap_future(self.committer.put(weigh(batch, place, clock.now())))
        except psycopg.OperationalError as error:
            raise _busy() from error
        return to_json({"visits": answers})


class Directory:
    """The stations that may send, with their keys, as of a moment ago."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: dict[str, tuple[Place, tuple[str, ...]]] = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def find(self, code: str) -> tuple[Place, tuple[str, ...]] | None:
        """The station and its keys, without asking the database; None when that has to be done first."""
        return self._kept.get(code) if time.monotonic() - self._read_at < FRESH else None

    def look_up(self, code: str) -> tuple[Place, tuple[str, ...]]:
        """The same after asking the database; raises `UnknownDevice`."""
        with self._lock:
            if self.find(code) is None:
                with Session(self._service.engine) as session:
                    stations = session.exec(select(Station).where(Station.state == "open")).all()
                self._kept = {
                    station.code: (Place(station.id, station.street, station.opened_on), self._keys(station))
                    for station in stations
                }
                self._read_at = time.monotonic()
        found = self._kept.get(code)
        if found is None:
            raise UnknownDevice("没有这个编号的驿站，或者它已停用：请核对编号，或联系街道管理员。")
        return found

    def _keys(self, station: Station) -> tuple[str, ...]:
        numbers = (station.key_number, station.old_key_number)
        return tuple(device_key(self._service.keys, station.code, number) for number in numbers if number is not None)


class Committer:
    """Records what several requests brought in one unit of work."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._together = Together(self._settle, name="committer", most=MOST_VISITS, weight=len)

    def put(self, visits: list[Weighed]) -> Future[list[Answer]]:
        """Have `visits` recorded; the future is done after the commit."""
        return self._together.put(visits)

    def _settle(self, group: list[list[Weighed]]) -> list[list[Answer]]:
        answers = iter(self._record([weighed for visits in group for weighed in visits]))
        return [list(islice(answers, len(visits))) for visits in group]

    def _record(self, visits: list[Weighed]) -> list[Answer]:
        attempts: tuple[Callable[..., list[Answer]], ...] = (record_visits, partial(record_visits, careful=True))
        for attempt in attempts:
            try:
                with self._begin() as unit:
                    return attempt(visits, unit)
            except UniqueViolation:
                continue
        raise _busy()


def _busy() -> Problem:
    return Problem("系统正忙，这一批没有收下：请过几秒原样重发。", status=503)


def _read(body: bytes) -> Batch:
    try:
        return Batch.model_validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        if wrong[0]["type"] == "json_invalid":
            raise Malformed("内容不是合格的 JSON：请检查后重发。") from None
        places = [{"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in wrong[:20]]
        raise Invalid("内容里有填错的地方，整批没有收下：请按 errors 改正后重发。", errors=places) from None
