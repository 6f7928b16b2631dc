"""A resident gets a copy of everything that any service keeps about them, and nobody else gets it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

from services.registration.domain.own_records import EXPORT_EVERY, EXPORT_LIFE
from services.registration.tables import Export, ExportPart, Resident
from shared.testing import Bench, World
from tests.registration.people import a_resident, a_session, sign_up

EXPORTS = "/registration/api/residents/me/exports"
NAME, PHONE = "欧阳秀珍", "13912345678"


def wang(bench: Bench) -> Resident:
    return a_resident(bench, name=NAME, phone=PHONE, consents=frozenset({"texts", "health_readings"}))


def test_a_copy_holds_what_every_service_keeps(world: World) -> None:
    bench = world["registration"]
    resident = wang(bench)
    sign_up(bench, a_session(bench), resident)
    world.settle()
    me: Any = bench.client("resident", id=resident.id)
    export = me.post(EXPORTS).json()
    assert sorted(export["missing"]) == ["/notify", "/registration", "/reports", "/stations"]
    world.settle()
    answer = me.get(f"{EXPORTS}/{export['id']}")
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["index.html", "notify.json", "registration.json", "reports.json", "stations.json"]
        told = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
        index = archive.read("index.html").decode()
    assert told["registration.json"]["resident"][0]["name"] == NAME
    assert told["registration.json"]["registration"][0]["state"] == "confirmed"
    assert told["registration.json"]["sessions"][0]["title"] == "午间半小时"
    assert told["notify.json"]["contact"][0]["phone"] == PHONE
    assert told["notify.json"]["texts"][0]["purpose"] == "place_confirmed"
    assert told["stations.json"]["consent"][0]["consent"] is True
    assert len(told["reports.json"]["participations"]) == 1
    assert NAME in index
    assert PHONE in index


def test_a_service_that_does_not_answer_is_named_and_asked_again(world: World) -> None:
    bench = world["registration"]
    resident = wang(bench)
    world.settle()
    world.peers["registration"].away = {"/stations"}
    me: Any = bench.client("resident", id=resident.id)
    export = me.post(EXPORTS).json()
    world.settle()
    assert me.get(EXPORTS).json()[0]["missing"] == ["/stations"]
    early = me.get(f"{EXPORTS}/{export['id']}")
    assert (early.status_code, early.json()["code"], early.json()["missing"]) == (409, "export_incomplete", ["/stations"])
    page = bench.client("resident", id=resident.id, browser=True).get("/registration/my-data")
    assert "健康驿站" in page.text
    world.peers["registration"].away = set()
    world.at(timedelta(minutes=2))
    world.settle()
    assert me.get(EXPORTS).json()[0]["missing"] == []


def gathered(world: World, resident: Resident) -> Any:
    export: Any = world["registration"].client("resident", id=resident.id).post(EXPORTS).json()
    world.settle()
    return export


def test_a_copy_is_kept_encrypted_and_dropped_after_seven_days(world: World) -> None:
    bench = world["registration"]
    resident = wang(bench)
    world.settle()
    export = gathered(world, resident)
    assert NAME not in repr(bench.query("SELECT content FROM export_part"))
    world.at(EXPORT_LIFE)
    me: Any = bench.client("resident", id=resident.id)
    assert me.get(f"{EXPORTS}/{export['id']}").json()["code"] == "unknown_export"
    bench.at(timedelta(seconds=1))
    bench.tick()
    assert (bench.all(Export), bench.all(ExportPart)) == ([], [])


def test_somebody_elses_copy_looks_like_an_unknown_one(world: World) -> None:
    bench = world["registration"]
    resident = wang(bench)
    world.settle()
    export = gathered(world, resident)
    stranger: Any = bench.client("resident", id=a_resident(bench).id)
    foreign, unknown = stranger.get(f"{EXPORTS}/{export['id']}"), stranger.get(f"{EXPORTS}/{uuid4()}")
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    assert bench.client("clerk").get(f"{EXPORTS}/{export['id']}").status_code == 403


def test_a_copy_an_hour_is_enough(bench: Bench) -> None:
    resident = wang(bench)
    me: Any = bench.client("resident", id=resident.id)
    assert me.post(EXPORTS).status_code == 202
    again = me.post(EXPORTS)
    assert (again.status_code, again.json()["code"]) == (429, "export_asked")
    assert (again.json()["retry_after"], again.headers["retry-after"]) == (3600, "3600")
    page = bench.client("resident", id=resident.id, browser=True).post("/registration/my-data")
    assert (page.status_code, "一小时内" in page.text) == (429, True)
    bench.at(EXPORT_EVERY + timedelta(seconds=1))
    assert me.post(EXPORTS).status_code == 202


def test_services_tell_registration_alone_what_they_keep(world: World) -> None:
    from shared.auth import service_token
    from shared.crypto import Keyring

    bench = world["notify"]
    client: Any = bench.client()
    path = f"/internal/people/{uuid4()}"
    assert client.get(path).status_code == 401
    for name, status in (("registration", 200), ("reports", 403)):
        token = service_token(Keyring(bench.service.settings.keys, name), "notify")
        assert client.get(path, headers={"authorization": f"Bearer {token}"}).status_code == status
