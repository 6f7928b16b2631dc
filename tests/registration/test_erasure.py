"""A person who asks is forgotten everywhere, and nothing that comes late brings them back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.registration.domain.own_records import TIME_TO_THINK
from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.erasures import (
    AskErasure,
    HoldErasure,
    ReleaseErasure,
    WithdrawErasure,
    ask_erasure,
    hold_erasure,
    release_erasure,
    withdraw_erasure,
)
from services.registration.features.request_login_code import RequestLoginCode, request_login_code
from services.registration.projections.about import NAMES_SOMEBODY
from services.registration.tables import Erasure, ErasurePart, Registration, Resident, Table
from shared.auth import Principal
from shared.contracts.notify import TextsErased
from shared.contracts.registration import ErasureRequested, PersonErased
from shared.contracts.reports import FiguresErased
from shared.contracts.stations import ReadingsErased, ReferralOpened
from shared.crypto import Keyring, Unreadable
from shared.testing import Bench, World
from tests.conftest import SERVICES
from tests.registration.people import STREET, a_resident, a_session, sign_up, state_of

NAME, PHONE = "欧阳秀珍", "13912345678"
SECRETS = (NAME, PHONE)
SEALED = re.compile(r"sealed\.(\w+)\.[A-Za-z0-9_-]+")


def ask(bench: Bench, resident: Resident) -> Erasure:
    return bench.run(ask_erasure, AskErasure(resident_id=resident.id, asked_by="resident"))


def everything_is_confirmed(bench: Bench, erasure: Erasure) -> None:
    bench.hear(TextsErased(erasure_id=erasure.id, texts=0))
    bench.hear(ReadingsErased(erasure_id=erasure.id))
    bench.hear(FiguresErased(erasure_id=erasure.id))


def cells(bench: Bench) -> Iterator[tuple[str, str, str]]:
    """Every value in the service's database that has text in it, with its table and column."""
    tables = bench.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        with bench.service.engine.connect() as connection:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings():
                yield from ((table, column, str(value)) for column, value in row.items() if isinstance(value, str | dict | list))


def traces(bench: Bench) -> list[tuple[str, str]]:
    """The cells in which the person can still be found: in clear, encrypted, sealed, or as a keyed hash of the number."""
    keys = bench.service.keys
    fields = {f"{table}.{column}" for table, column, _ in cells(bench)} | {"phone", "message.facts", "reply.words"}
    numbers = (PHONE, f"+86{PHONE}", f"86{PHONE}")
    hashes = {keys.fingerprint(number, field) for field in fields for number in numbers}
    found = []
    for table, column, text in cells(bench):
        readable = [text, *(_decrypted(keys, text, field) for field in fields if _looks_encrypted(text))]
        readable += [_unsealed(bench, match) for match in SEALED.finditer(text)]
        if any(secret in said for said in readable for secret in SECRETS) or any(mark in text for mark in hashes):
            found.append((table, column))
    return sorted(set(found))


def _looks_encrypted(text: str) -> bool:
    return len(text) >= 38 and re.fullmatch(r"[A-Za-z0-9_-]+", text) is not None


def _decrypted(keys: Keyring, text: str, field: str) -> str:
    try:
        return keys.decrypt(text, field)
    except Unreadable:
        return ""


def _unsealed(bench: Bench, match: re.Match[str]) -> str:
    return Keyring(bench.service.settings.keys, match[1]).unseal(match[0])


def test_the_search_for_traces_finds_what_is_there(bench: Bench) -> None:
    a_resident(bench, name=NAME, phone=PHONE)
    columns = {column for table, column in traces(bench) if table == "resident"}
    assert {"name", "phone", "phone_mark"} <= columns
    assert ("outbox", "body") in traces(bench)


def test_nothing_happens_before_the_time_to_think_is_over(bench: Bench) -> None:
    resident = a_resident(bench, name=NAME, phone=PHONE)
    erasure = ask(bench, resident)
    bench.at(TIME_TO_THINK - timedelta(seconds=1))
    bench.work()
    assert (bench.said, bench.get(Erasure, erasure.id).started_at) == ([], None)
    bench.at(timedelta(seconds=1))
    bench.work()
    assert [type(event) for event in bench.said] == [ErasureRequested]
    assert traces(bench) == []


def test_it_is_over_only_when_every_service_has_confirmed(bench: Bench) -> None:
    erasure = ask(bench, a_resident(bench))
    bench.at(TIME_TO_THINK)
    bench.work()
    bench.hear(TextsErased(erasure_id=erasure.id, texts=3))
    bench.hear(FiguresErased(erasure_id=erasure.id))
    assert bench.said == []
    open_parts = [part.source for part in bench.all(ErasurePart) if part.confirmed_at is None]
    assert open_parts == ["/stations"]
    bench.hear(ReadingsErased(erasure_id=erasure.id))
    assert bench.said == [PersonErased(erasure_id=erasure.id, asked_by="resident")]
    assert bench.get(Erasure, erasure.id).finished_at is not None


def test_whoever_changes_their_mind_keeps_everything(bench: Bench) -> None:
    resident = a_resident(bench, name=NAME)
    erasure = ask(bench, resident)
    bench.run(withdraw_erasure, WithdrawErasure(erasure_id=erasure.id, resident_id=resident.id))
    bench.at(TIME_TO_THINK * 2)
    bench.work()
    assert bench.service.keys.decrypt(bench.get(Resident, resident.id).name, "resident.name") == NAME
    ask(bench, resident)


def test_a_hold_keeps_the_records_until_it_is_released(bench: Bench) -> None:
    erasure = ask(bench, a_resident(bench))
    bench.run(hold_erasure, HoldErasure(erasure_id=erasure.id, staff_id=uuid4(), reason="信访事项尚未办结"))
    assert "信访" not in repr(bench.query("SELECT held_for FROM erasure"))
    bench.at(TIME_TO_THINK * 2)
    bench.work()
    assert bench.get(Erasure, erasure.id).started_at is None
    bench.run(release_erasure, ReleaseErasure(erasure_id=erasure.id))
    bench.work()
    assert bench.get(Erasure, erasure.id).started_at is not None


def test_places_go_to_the_next_and_what_is_past_stays_counted(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    leaving = a_resident(bench)
    place, waiting = sign_up(bench, session, leaving), sign_up(bench, session)
    bench.query(
        "UPDATE session SET starts_at = starts_at + interval '30 days', ends_at = ends_at + interval '30 days', "
        "closes_at = closes_at + interval '30 days', cancel_until = cancel_until + interval '30 days' RETURNING id"
    )
    ask(bench, leaving)
    bench.at(TIME_TO_THINK)
    bench.work()
    assert state_of(bench, place) == "cancelled"
    assert state_of(bench, waiting) in ("confirmed", "offered")
    assert len(bench.all(Registration)) == 2


def test_a_wish_is_written_down_once_and_decided_once(bench: Bench) -> None:
    resident = a_resident(bench)
    erasure = ask(bench, resident)
    with pytest.raises(problems.ErasureAsked):
        ask(bench, resident)
    with pytest.raises(problems.UnknownErasure):
        bench.run(withdraw_erasure, WithdrawErasure(erasure_id=erasure.id, resident_id=uuid4()))
    with pytest.raises(problems.NotHeld):
        bench.run(release_erasure, ReleaseErasure(erasure_id=erasure.id))
    with pytest.raises(problems.UnknownResident):
        bench.run(ask_erasure, AskErasure(resident_id=uuid4(), asked_by="staff"))
    bench.at(TIME_TO_THINK)
    bench.work()
    for feature, wish in (
        (withdraw_erasure, WithdrawErasure(erasure_id=erasure.id)),
        (hold_erasure, HoldErasure(erasure_id=erasure.id, staff_id=uuid4(), reason="晚了")),
    ):
        with pytest.raises(problems.ErasureDecided):
            bench.run(feature, wish)


def test_a_confirmation_of_something_unknown_changes_nothing(bench: Bench) -> None:
    bench.hear(TextsErased(erasure_id=uuid4(), texts=0))
    assert bench.said == []


def test_a_person_who_was_forgotten_can_come_back_as_somebody_new(bench: Bench) -> None:
    old = a_resident(bench, phone=PHONE)
    ask(bench, old)
    bench.at(TIME_TO_THINK)
    bench.work()
    assert a_resident(bench, phone=PHONE).id != old.id


def test_every_table_that_names_somebody_is_emptied_or_kept_on_purpose() -> None:
    emptied = {
        "login_code",
        "log_in",
        "consent",
        "authority",
        "access_note",
        "export",
        "merge",
        "resident_marks",
        "calendar_feed",
    }
    learned = {"excuse", "make_up", "cycle", "hour_entry", "test_taken", "practical", "survey_letter", "follow_up"}
    kept = {"resident", "registration", "erasure", "nomination", "scan"}
    naming = {
        table.name for table in Table.metadata.sorted_tables if any(column.name in NAMES_SOMEBODY for column in table.columns)
    }
    assert naming - emptied - learned - kept == set()


def test_afterwards_no_database_and_no_log_knows_the_person(world: World, databases: Any) -> None:
    bench = world["registration"]
    resident = a_resident(bench, name=NAME, phone=PHONE, consents=frozenset({"texts", "health_readings"}))
    neighbour = a_resident(bench, consents=frozenset({"texts"}))
    session = a_session(bench)
    sign_up(bench, session, resident)
    sign_up(bench, session, neighbour)
    bench.run(request_login_code, RequestLoginCode(phone=PHONE, address="10.0.0.1"))
    clerk = Principal(id=uuid4(), kind="staff", name="小周", roles=frozenset({"clerk"}))
    bench.run(lambda who, unit: note(unit, who=who, resident_id=resident.id, action="read", why=f"{NAME}来电"), clerk)
    world.settle()
    for name in ("registration", "notify"):
        assert traces(world[name]) != [], name
    ask(bench, resident)
    world.at(TIME_TO_THINK)
    world.settle()
    world.tick()
    world.settle()
    assert {name: traces(world[name]) for name in SERVICES} == {name: [] for name in SERVICES}
    assert [part.confirmed_at is not None for part in bench.all(ErasurePart)] == [True] * 4
    (erasure,) = bench.all(Erasure)
    assert erasure.finished_at is not None
    assert world["notify"].query("SELECT count(*) FROM contact") == [(1,)]
    assert world["reports"].query("SELECT count(*), count(DISTINCT resident_id) FROM participation") == [(2, 2)]


def test_late_facts_about_somebody_forgotten_bring_nothing_back(new_bench: Any) -> None:
    bench: Bench = new_bench("notify")
    resident = uuid4()
    bench.hear(ErasureRequested(erasure_id=uuid4(), resident_id=resident), source="/registration")
    referral = ReferralOpened(
        referral_id=uuid4(), visit_id=uuid4(), station_id=uuid4(), street=STREET, resident_id=resident, due_on="2021-05-12"
    )
    bench.hear(referral, source="/stations")
    assert bench.query("SELECT count(*) FROM message") == [(0,)]


def test_residents_ask_and_take_it_back_on_their_page(bench: Bench) -> None:
    resident = a_resident(bench)
    browser: Any = bench.client("resident", id=resident.id, browser=True)
    assert browser.post("/registration/my-data/erasure").status_code == 303
    page = browser.get("/registration/my-data")
    assert "改主意" in page.text
    erasure = bench.all(Erasure)[0]
    stranger: Any = bench.client("resident", id=a_resident(bench).id, browser=True)
    assert stranger.post("/registration/my-data/erasure", data={"erasure_id": str(erasure.id)}).status_code == 404
    assert browser.post("/registration/my-data/erasure", data={"erasure_id": str(erasure.id)}).status_code == 303
    assert "申请删除" in browser.get("/registration/my-data").text


def test_staff_write_it_down_hold_it_and_release_it(bench: Bench) -> None:
    a_resident(bench, phone=PHONE)
    browser: Any = bench.client("clerk", browser=True)
    wrong = browser.post("/registration/erasures", data={"phone": "13800000099"})
    assert (wrong.status_code, "没有找到这个手机号" in wrong.text) == (422, True)
    assert browser.post("/registration/erasures", data={"phone": PHONE}).status_code == 303
    (erasure,) = bench.all(Erasure)
    path = f"/registration/erasures/{erasure.id}"
    assert browser.post(path, data={"what": "hold", "reason": ""}).status_code == 422
    assert browser.post(path, data={"what": "hold", "reason": "诉讼保全"}).status_code == 303
    assert "诉讼保全" in browser.get("/registration/erasures").text
    assert browser.post(path, data={"what": "release"}).status_code == 303
    assert browser.post(path, data={"what": "withdrawn"}).status_code == 303
    assert bench.get(Erasure, erasure.id).withdrawn_at is not None
    assert browser.get("/registration/privacy").status_code == 200


def test_the_same_in_the_interface(bench: Bench) -> None:
    resident = a_resident(bench)
    me, clerk = bench.client("resident", id=resident.id), bench.client("clerk")
    api = "/registration/api"
    assert me.get(f"{api}/residents/me/erasure").json() is None
    asked = me.post(f"{api}/residents/me/erasure")
    assert asked.status_code == 202
    id = asked.json()["id"]
    held = clerk.post(f"{api}/erasures/{id}/hold", json={"reason": "诉讼保全"})
    assert held.json()["held_for"] == "诉讼保全"
    assert me.get(f"{api}/residents/me/erasure").json()["held_for"] == "诉讼保全"
    assert clerk.post(f"{api}/erasures/{id}/release").status_code == 200
    assert clerk.post(f"{api}/erasures/{uuid4()}/hold", json={"reason": "x"}).json()["code"] == "unknown_erasure"
    assert me.delete(f"{api}/residents/me/erasure/{id}").status_code == 200
    assert clerk.post(f"{api}/erasures", json={"resident_id": str(resident.id)}).status_code == 202
