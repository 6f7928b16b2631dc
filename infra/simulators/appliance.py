"""The self-service appliance of a health station: measures visitors who do not exist, and sends what it measured through the API.

    python -m infra.simulators.appliance --origin http://127.0.0.1:8080 --keys .run/demo/keys --station 310101019-01 --visits 5

Without `--station` all stations send. Faults can be switched on: requests sent twice, visits sent late, a clock that is wrong,
a critical blood pressure. The same seed always measures the same; ids are new each time, unless a request is repeated on purpose.
"""

import argparse
import json
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from rich.console import Console

from services.stations.devices import authorization, device_key
from services.stations.network import Site, sites
from shared import clock
from shared.crypto import Keyring
from shared.event import new_id

PATH = "/stations/api/visits"
AT_ONCE = 8
"""How many stations send at the same moment."""

Visit = dict[str, Any]


@dataclass(frozen=True)
class Faults:
    """What goes wrong: shares of requests sent twice and visits sent two days late, and how far the appliance's clock is off."""

    duplicates: float = 0.0
    late: float = 0.0
    skew: timedelta = timedelta()


LATE = timedelta(days=2)


@dataclass
class Sent:
    """What was sent and how it was answered, each counted; `refusals` holds the sentences of what was not taken."""

    requests: int = 0
    visits: int = 0
    readings: int = 0
    stored: int = 0
    known: int = 0
    quarantined: int = 0
    refusals: list[str] = field(default_factory=list)

    def add(self, other: "Sent") -> None:
        """Count another's too."""
        for name in ("requests", "visits", "readings", "stored", "known", "quarantined"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.refusals.extend(other.refusals)


class Appliance:
    """The appliance of one station."""

    def __init__(self, origin: str, station: str, key: str, *, seed: int = 2021, faults: Faults | None = None) -> None:
        self.station, self.key, self.faults = station, key, faults or Faults()
        self._url = origin.rstrip("/") + PATH
        self._chance = random.Random(f"{seed}:{station}")

    def visit(self, *, resident: UUID | None = None, critical: bool = False) -> Visit:
        """Somebody steps up and has one to six things measured; with `critical` a blood pressure that needs a doctor."""
        at = clock.now() + self.faults.skew - timedelta(minutes=self._chance.randint(10, 50))
        if self._chance.random() < self.faults.late:
            at -= LATE
        measured = self._measure(critical)
        readings = [_reading(at + timedelta(minutes=number), numbers) for number, numbers in enumerate(measured, start=1)]
        return {
            "visit_id": str(new_id()),
            "at": at.isoformat(),
            "resident_id": str(resident) if resident else None,
            "readings": readings,
        }

    def send(self, visits: Sequence[Visit]) -> Sent:
        """Send visits in one request, twice where the fault says so. Raises `httpx2.HTTPError` when there is no answer."""
        sent = Sent()
        times = 2 if self._chance.random() < self.faults.duplicates else 1
        body = json.dumps({"station": self.station, "visits": list(visits)}).encode()
        with httpx2.Client(trust_env=False, timeout=30) as client:
            for _ in range(times):
                signed = authorization(self.station, self.key, body, int(time.time() + self.faults.skew.total_seconds()))
                answer = client.post(
                    self._url, content=body, headers={"authorization": signed, "content-type": "application/json"}
                )
                sent.add(_count(answer, visits))
        return sent

    def _measure(self, critical: bool) -> list[dict[str, Any]]:
        gauss = self._chance.gauss
        pressure = (
            (184 + self._chance.randint(0, 9), 112)
            if critical
            else (round(_within(gauss(126, 12), 95, 158)), round(_within(gauss(76, 7), 55, 94)))
        )
        choice: list[dict[str, Any]] = [
            {"item": "glucose", "value": round(_within(gauss(5.7, 0.7), 4.2, 9), 1), "meal": "fasting"},
            {"item": "spo2", "value": round(_within(gauss(97.5, 1), 93, 100))},
            {"item": "heart_rate", "value": round(_within(gauss(73, 8), 52, 104))},
            {"item": "bmi", "value": round(_within(gauss(23.6, 2.6), 17, 33), 1)},
            {"item": "temperature", "value": round(_within(gauss(36.5, 0.2), 36, 37.2), 1)},
            {"item": "uric_acid", "value": round(_within(gauss(340, 60), 180, 520))},
            {"item": "grip", "value": round(_within(gauss(29, 7), 9, 55), 1)},
        ]
        others = self._chance.sample(choice, self._chance.randint(0, 5))
        return [{"item": "blood_pressure", "systolic": pressure[0], "diastolic": pressure[1]}, *others]


class Appliances:
    """The appliances of all stations."""

    def __init__(self, origin: str, keys: Path, *, seed: int = 2021, faults: Faults | None = None) -> None:
        keyring = Keyring(keys, "stations")
        self.by_station = {
            site.code: Appliance(origin, site.code, device_key(keyring, site.code, 1), seed=seed, faults=faults)
            for site in sites()
        }
        self._chance = random.Random(seed)

    def send_morning(self) -> Sent:
        """Every station sends what a morning brought, busy ones more than quiet ones; nothing in it is critical."""
        mornings = [(self.by_station[site.code], self._visitors(site)) for site in sites()]

        def send(morning: tuple[Appliance, int]) -> Sent:
            appliance, visitors = morning
            return appliance.send([appliance.visit() for _ in range(visitors)])

        with ThreadPoolExecutor(AT_ONCE) as at_once:
            return total(at_once.map(send, mornings))

    def send_critical(self, station: str, resident: UUID | None = None) -> Sent:
        """One visitor of a station has a critical blood pressure."""
        appliance = self.by_station[station]
        return appliance.send([appliance.visit(resident=resident, critical=True)])

    def _visitors(self, site: Site) -> int:
        return max(1, min(9, round(1.6 * site.draw * self._chance.uniform(0.6, 1.4))))


def total(parts: Iterable[Sent]) -> Sent:
    """All of them together."""
    whole = Sent()
    for part in parts:
        whole.add(part)
    return whole


def _reading(at: datetime, numbers: dict[str, Any]) -> dict[str, Any]:
    return {"reading_id": str(new_id()), "taken_at": at.isoformat(), **numbers}


def _count(answer: httpx2.Response, visits: Sequence[Visit]) -> Sent:
    sent = Sent(requests=1, visits=len(visits), readings=sum(len(visit["readings"]) for visit in visits))
    if answer.status_code != 200:
        problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        sent.refusals.append(f"{answer.status_code}: {answer.json()['detail'] if problem else answer.text[:200]}")
        return sent
    for visit in answer.json()["visits"]:
        sent.stored += visit["result"] == "stored"
        sent.known += visit["result"] == "known"
        sent.quarantined += sum(reading["result"] == "quarantined" for reading in visit["readings"])
        if visit["result"] == "refused":
            sent.refusals.append(visit["why"])
    return sent


def _within(number: float, low: float, high: float) -> float:
    return min(high, max(low, number))


def main() -> None:
    """Read the command line, send, and say what became of it."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.simulators.appliance", description=__doc__.split("\n")[0] if __doc__ else None
    )
    parser.add_argument("--origin", default="http://127.0.0.1:8080", help="where the product is")
    parser.add_argument("--keys", type=Path, default=Path(".run/up/keys"), help="the key folder of the stack")
    parser.add_argument("--station", help="only this one")
    parser.add_argument("--resident", type=UUID, help="the visitor's card (with --station)")
    parser.add_argument("--visits", type=int, default=3, help="visits to send from the station")
    parser.add_argument("--critical", action="store_true", help="the last visitor's blood pressure is critical")
    parser.add_argument("--duplicates", type=float, default=0.0, help="share of requests sent twice")
    parser.add_argument("--late", type=float, default=0.0, help="share of visits sent two days late")
    parser.add_argument("--skew", type=float, default=0.0, help="seconds by which the appliance's clock is ahead")
    parser.add_argument("--clock", type=Path, help="the simulated clock of a demo")
    parser.add_argument("--seed", type=int, default=2021)
    given = parser.parse_args()
    if given.clock:
        clock.simulate(given.clock)
    faults = Faults(duplicates=given.duplicates, late=given.late, skew=timedelta(seconds=given.skew))
    appliances = Appliances(given.origin, given.keys, seed=given.seed, faults=faults)
    if given.station and given.station not in appliances.by_station:
        parser.error(f"there is no station {given.station}")
    if given.station:
        one = appliances.by_station[given.station]
        usual = given.visits - given.critical
        sent = one.send([one.visit(resident=given.resident) for _ in range(usual)]) if usual else Sent()
        if given.critical:
            sent.add(appliances.send_critical(given.station, given.resident))
    else:
        sent = appliances.send_morning()
    console = Console()
    console.print(f"{sent.requests} requests, {sent.visits} visits, {sent.readings} readings")
    console.print(
        f"stored {sent.stored}, known already {sent.known}, readings set aside {sent.quarantined}, refused {len(sent.refusals)}"
    )
    for sentence in dict.fromkeys(sent.refusals):
        console.print(f"  {sentence}")


if __name__ == "__main__":
    main()
