"""The whole town in one thread: four services, a carrier in the pocket, and people at the product's own interfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify.main import service as notify
from services.registration.features.live_room import RecordRoom, record_room
from services.reports.features.compare import Comparison, compare
from services.stations.features.open_stations import open_stations
from services.stations.network import sites
from shared.service import Service
from shared.testing import LocalPeers, World
from tests.conftest import Databases
from tests.notify.phones import PocketCarrier
from tests.stations.visits import STATION, pressure, send, visit

STREET = "310101019"
NOON = datetime(2021, 5, 12, 4, 0, tzinfo=UTC)
"""Wednesday 12 May 2021, 12:00 in Shanghai; the town's clock stands at Monday 09:00."""
API = "/registration/api"


class Town:
    """What people do, each at their own screen, phone or appliance; afterwards everything is settled."""

    def __init__(self, world: World, carrier: PocketCarrier) -> None:
        self.world, self.carrier = world, carrier
        self._clients: dict[tuple[str, str], Any] = {}
        world["stations"].run(open_stations, sites())
        world.settle()

    def staff(self, service: str = "registration", role: str = "clerk") -> Any:
        """A member of staff at a page of one service."""
        return self._clients.setdefault((service, role), self.world[service].client(role))

    def post(self, path: str, body: Any = None, *, client: Any = None, expect: int = 201) -> Any:
        """Ask for something at registration's desk, unless `client` is somebody else."""
        answer = (client or self.staff()).post(f"{API}/{path}", json=body)
        assert answer.status_code == expect, answer.text
        self.world.settle()
        return answer.json()

    def programme(self, kind: str = "series", title: str = "午间半小时") -> str:
        """A programme is opened."""
        body = {"kind": kind, "title": title, "organiser": "红十字会", "street": STREET, "place": "庄家街51弄1号社区食堂"}
        return str(self.post("programmes", body | {"topics": [{"code": "wounds", "title": "小伤口"}]})["id"])

    def session(self, programme: str, *, starts: datetime = NOON, capacity: int = 2) -> str:
        """A session is put on the calendar."""
        times = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(minutes=30)).isoformat()}
        return str(self.post("sessions", {"programme_id": programme, "capacity": capacity, **times})["id"])

    def resident(self, phone: str, name: str = "王秀珍") -> str:
        """Somebody is registered, and consents to texts and readings."""
        consents = ["texts", "health_readings"]
        return str(self.post("residents", {"name": name, "phone": phone, "street": STREET, "consents": consents})["id"])

    def sign_up(self, session: str, resident: str) -> dict[str, Any]:
        """A resident signs up alone."""
        client = self.world["registration"].client("resident", id=UUID(resident))
        answer: dict[str, Any] = self.post("registrations", {"session_id": session}, client=client)
        return answer

    def give_back(self, registration: dict[str, Any]) -> None:
        """A place is given back at the desk."""
        self.post(f"registrations/{registration['id']}/cancel", expect=200)

    def check_in(self, registration: dict[str, Any]) -> None:
        """A name is ticked off at the door."""
        path = f"sessions/{registration['session_id']}/scans"
        self.post(path, {"registration_id": registration["id"]}, expect=200)

    def answer_by_text(self, phone: str, words: str) -> None:
        """Somebody types an answer to our last text."""
        reply = {"phone_number": phone, "content": words, "send_time": "2021-05-11 12:00:00", "sequence_id": str(uuid4())}
        client = self.world["notify"].client()
        answer = client.post("/notify/api/carrier/replies", json=[reply], headers={"x-carrier-token": "demo"})
        assert answer.status_code == 200
        self.world.settle()

    def measure(self, systolic: int, diastolic: int, resident: str | None = None) -> dict[str, Any]:
        """The station of the street sends one visitor's blood pressure."""
        bench = self.world["stations"]
        answer = send(bench.client(), bench, visit(pressure(systolic, diastolic), resident_id=resident), station=STATION)
        assert answer.status_code == 200, answer.text
        self.world.settle()
        told: dict[str, Any] = answer.json()["visits"][0]
        return told

    def watch(self, session: str, viewers: int) -> None:
        """Viewers are counted in the live room."""
        seen = frozenset(uuid4() for _ in range(viewers))
        self.world["registration"].run(record_room, RecordRoom(session_id=UUID(session), viewers=seen, peak=viewers))

    def pass_time(self, until: datetime) -> None:
        """The clock goes on, and what is due is done."""
        self.world.at(until)
        self.world.settle()

    def texts(self, phone: str) -> list[str]:
        """What arrived on a phone."""
        return self.carrier.phones.on(phone)

    def feed(self, role: str) -> str:
        """The console as somebody with this role sees it."""
        page = self.world["reports"].client(role, browser=True).get("/reports/console")
        assert page.status_code == 200
        return str(page.text)

    def recount(self) -> Comparison:
        """Everything counted again from the source tables, beside what was folded from events."""
        return compare(LocalPeers("reports", self.world.services), self.world["reports"].service.begin)


@pytest.fixture(params=["over the bus", "by pulling alone"])
def town(
    request: pytest.FixtureRequest, databases: Databases, keys: Path, new_service: Callable[[str], Service]
) -> Iterator[Town]:
    """The town; once as usual, once with no bus from beginning to end."""
    carrier = PocketCarrier()
    nowhere = "http://127.0.0.1:9"
    texts = notify(
        carriers={carrier.name: carrier}, carrier_url=nowhere, database_url=databases.fresh("notify"), keys=keys, profile="demo"
    )
    world = World([new_service("registration"), texts, new_service("stations"), new_service("reports")])
    world.bus.down = request.param == "by pulling alone"
    yield Town(world, carrier)
    texts.close()
