"""What appliances send is taken once, answered for itself, and tells nobody a value."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.stations.features.record_visits import record_visits
from services.stations.features.renew_key import RenewKey, renew_key
from services.stations.features.set_consent import SetConsent, set_consent
from services.stations.intake import Committer
from services.stations.tables import Person, Reading, Referral, Station, Visit
from shared import clock
from shared.contracts.stations import CriticalReadingSeen, ReferralOpened, VisitRecorded
from shared.event import new_id
from shared.testing import Bench
from shared.unit import Unit
from tests.stations.visits import (
    OTHER,
    PLACE,
    SITE,
    STATION,
    at,
    ids,
    post,
    pressure,
    reading,
    record,
    send,
    sign,
    visit,
    weighed,
)


def test_a_visit_is_stored_and_told(bench: Bench) -> None:
    answer = send(bench.client(), bench, visit(pressure(118, 76), reading("glucose", value=6.1, meal="fasting")))
    assert answer.status_code == 200
    [told] = answer.json()["visits"]
    assert told["result"] == "stored"
    assert [line["class"] for line in told["readings"]] == ["normal", "attention"]
    [stored] = bench.all(Visit)
    assert (stored.station_id, stored.items, stored.person_id, stored.imported) == (SITE.id, 2, None, False)
    assert {(row.item, row.value, row.second, row.unit, row.grade) for row in bench.all(Reading)} == {
        ("blood_pressure", 118.0, 76.0, "mm[Hg]", "normal"),
        ("glucose", 6.1, None, "mmol/L", "attention"),
    }


def test_a_visit_belongs_to_its_day_in_shanghai(bench: Bench) -> None:
    record(bench, visit(at=at(2021, 5, 9, 23, 59).isoformat()), visit(at=at(2021, 5, 10, 0, 0).isoformat()))
    assert sorted(row.day.day for row in bench.all(Visit)) == [9, 10]


def test_a_visit_sent_twice_counts_once(bench: Bench) -> None:
    client, one = bench.client(), visit(pressure(118, 76), reading("spo2", value=97))
    send(client, bench, one)
    answer = send(client, bench, one).json()["visits"][0]
    assert (answer["result"], [line["result"] for line in answer["readings"]]) == ("known", ["known", "known"])
    assert len(bench.all(Visit)) == 1
    assert bench.query("SELECT count(*) FROM outbox WHERE type = 'stations.visit_recorded'") == [(1,)]


def test_the_same_reading_in_another_visit_is_known(bench: Bench) -> None:
    twice = pressure(118, 76)
    client = bench.client()
    send(client, bench, visit(twice))
    answer = send(client, bench, visit(twice, reading("spo2", value=97))).json()["visits"][0]
    assert [line["result"] for line in answer["readings"]] == ["known", "stored"]
    assert sorted(row.items for row in bench.all(Visit)) == [1, 1]


def test_the_same_reading_twice_in_one_visit_counts_once(bench: Bench) -> None:
    twice = pressure(118, 76)
    [answer] = record(bench, visit(twice, twice))
    assert [line["result"] for line in answer["readings"]] == ["stored", "known"]
    assert bench.said == [
        VisitRecorded(visit_id=answer["visit_id"], station_id=SITE.id, day=clock.today().date(), person_id=None, items=1)
    ]


def test_a_visit_once_taken_gets_no_new_readings(bench: Bench) -> None:
    first = visit(pressure(118, 76))
    record(bench, first)
    [answer] = record(bench, first | {"readings": [*first["readings"], reading("spo2", value=97)]})
    assert [(line["result"], line["code"]) for line in answer["readings"]] == [("known", "known"), ("refused", "not_in_visit")]
    assert len(bench.all(Reading)) == 1


def test_a_visit_id_of_another_station_is_refused(bench: Bench) -> None:
    client, one = bench.client(), visit()
    send(client, bench, one)
    [answer] = send(client, bench, one, station=OTHER.code).json()["visits"]
    assert (answer["result"], answer["code"]) == ("refused", "id_in_use")


def test_a_reading_out_of_range_is_kept_aside_with_its_reason(bench: Bench) -> None:
    [answer] = record(bench, visit(pressure(420, 80), reading("spo2", value=97)))
    assert [(line["result"], line.get("code")) for line in answer["readings"]] == [
        ("quarantined", "out_of_range"),
        ("stored", None),
    ]
    aside = next(row for row in bench.all(Reading) if row.doubt)
    assert (aside.value, aside.second, aside.grade, aside.doubt) == (420, 80, None, "out_of_range")
    assert [event.items for event in bench.said if isinstance(event, VisitRecorded)] == [1]


def test_an_item_nobody_knows_is_kept_aside(bench: Bench) -> None:
    [answer] = record(bench, visit(reading("aura", value=7)))
    assert answer["readings"][0]["code"] == "unknown_item"
    assert [(row.item, row.value, row.doubt) for row in bench.all(Reading)] == [("aura", 7, "unknown_item")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"taken_at": "2021-05-10T09:05:01+08:00"}, "in_the_future"),
        ({"systolic": None}, "numbers_missing"),
        ({"value": 120}, "numbers_missing"),
    ],
)
def test_a_visit_with_a_reading_that_cannot_be_is_refused_whole(bench: Bench, change: dict[str, Any], code: str) -> None:
    [answer] = record(bench, visit(pressure(118, 76) | change, reading("spo2", value=97)))
    assert (answer["result"], answer["code"]) == ("refused", code)
    assert [line["code"] for line in answer["readings"]] == [code, "visit_refused"]
    assert not bench.all(Visit)
    assert not bench.all(Reading)


def test_five_minutes_ahead_are_forgiven(bench: Bench) -> None:
    [answer] = record(bench, visit(pressure(118, 76, taken_at="2021-05-10T09:05:00+08:00")))
    assert answer["result"] == "stored"


def test_a_visit_before_the_station_opened_is_refused(bench: Bench) -> None:
    [answer] = record(bench, visit(at=at(2019, 12, 15, 12).isoformat()))
    assert answer["code"] == "before_opening"


def test_one_bad_visit_does_not_fail_the_others(bench: Bench) -> None:
    answers = record(bench, visit(), visit(at=at(2031, 1, 1).isoformat()), visit())
    assert [answer["result"] for answer in answers] == ["stored", "refused", "stored"]
    assert len(bench.all(Visit)) == 2


def test_a_critical_reading_opens_one_referral(bench: Bench) -> None:
    high = pressure(182, 96)
    [answer] = record(bench, visit(high, reading("glucose", value=17.0, meal="random")))
    [referral] = bench.all(Referral)
    assert (str(referral.reading_id), referral.item, referral.rule) == (
        high["reading_id"],
        "blood_pressure",
        "hypertension-2019/grade-3",
    )
    assert (referral.due_on - clock.today().date()).days == 14
    assert [event.type for event in bench.said] == [
        VisitRecorded.type,
        CriticalReadingSeen.type,
        CriticalReadingSeen.type,
        ReferralOpened.type,
    ]
    assert bench.said[-1] == ReferralOpened(
        referral_id=referral.id,
        visit_id=answer["visit_id"],
        station_id=SITE.id,
        street=SITE.street,
        resident_id=None,
        due_on=referral.due_on,
    )


def test_a_critical_reading_sent_twice_opens_one_referral(bench: Bench) -> None:
    one = visit(pressure(182, 96))
    record(bench, one)
    record(bench, one)
    assert bench.said == []
    assert len(bench.all(Referral)) == 1


def test_who_consents_is_known_by_a_pseudonym_and_who_does_not_is_nobody(bench: Bench) -> None:
    yes, no = new_id(), new_id()
    bench.run(set_consent, SetConsent(resident_id=yes, given=True))
    bench.run(set_consent, SetConsent(resident_id=no, given=False))
    critical = pressure(182, 96)
    record(
        bench,
        visit(critical, resident_id=str(yes)),
        visit(resident_id=str(no)),
        visit(pressure(190, 99), resident_id=str(uuid4())),
    )
    pseudonym = bench.get(Person, yes).person_id
    assert pseudonym != yes
    assert [row.person_id for row in sorted(bench.all(Visit), key=lambda row: row.person_id is None)] == [pseudonym, None, None]
    assert [event.person_id for event in bench.said if isinstance(event, VisitRecorded)] == [pseudonym, None, None]
    assert [event.resident_id for event in bench.said if isinstance(event, ReferralOpened)] == [yes, None]


def test_no_value_leaves_the_tables(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    send(bench.client(), bench, visit(pressure(187.25, 93.75), reading("glucose", value=17.625), reading("spo2", value=777.125)))
    bodies = " ".join(body for (body,) in bench.query("SELECT body FROM outbox"))
    written = capsys.readouterr()
    for number in ("187.25", "93.75", "17.625", "777.125"):
        assert number not in bodies
        assert number not in written.out + written.err


def test_requests_that_wait_together_share_one_transaction(bench: Bench) -> None:
    batches = [weighed(visit()) for _ in range(20)]
    door = Door(bench)
    committer = Committer(door.begin)
    first = committer.put(weighed(visit()))
    door.reached.wait(10)
    futures = [committer.put(batch) for batch in batches]
    door.open.set()
    for future in (first, *futures):
        assert [answer["result"] for answer in future.result(20)] == ["stored"]
    assert door.units == 2
    assert len(bench.query("SELECT DISTINCT xmin FROM visit")) == 2
    assert len(bench.all(Visit)) == 21


def test_a_request_that_cannot_be_recorded_fails_alone(bench: Bench) -> None:
    nowhere = type(PLACE)(new_id(), PLACE.street, PLACE.opened_on)
    good, bad, late = weighed(visit()), weighed(visit(), place=nowhere), weighed(visit())
    door = Door(bench)
    committer = Committer(door.begin)
    first = committer.put(weighed(visit()))
    door.reached.wait(10)
    futures = [committer.put(batch) for batch in (good, bad, late)]
    door.open.set()
    assert futures[1].exception(20) is not None
    assert [future.result(20)[0]["result"] for future in (first, futures[0], futures[2])] == ["stored"] * 3
    assert len(bench.all(Visit)) == 3


def test_many_appliances_at_once_are_each_answered_for_themselves(bench: Bench) -> None:
    client = bench.client()
    same = visit()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(client, bench, same if number % 2 else visit()).json(), range(24)))
    results = [answer["visits"][0]["result"] for answer in answers]
    assert sorted(results) == ["known"] * 11 + ["stored"] * 13
    assert len(ids(bench, "visit")) == 13


BODY = json.dumps({"station": STATION, "visits": [visit()]}).encode()


@pytest.mark.parametrize(
    ("signed", "detail"),
    [
        ({"body": BODY + b" "}, "签名不符"),
        ({"number": 2}, "签名不符"),
        ({"station": OTHER.code}, "签名不符"),
        ({"age": timedelta(seconds=302)}, "签名的时间"),
        ({"age": timedelta(seconds=-302)}, "签名的时间"),
        ({"station": "999999999-01"}, "没有这个编号的驿站"),
    ],
)
def test_only_a_stations_own_appliance_may_send(bench: Bench, signed: dict[str, Any], detail: str) -> None:
    header = sign(bench, **{"body": BODY, **signed}).replace(OTHER.code, STATION)
    answer = post(bench.client(), BODY, header)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(detail)
    assert not bench.all(Visit)


@pytest.mark.parametrize("header", ["", "Bearer x", f"Device {STATION} 1 2 3", f"Device {STATION} -5 ab", "Device " + "9" * 5000])
def test_a_header_that_is_no_signature_is_refused(bench: Bench, header: str) -> None:
    assert post(bench.client(), BODY, header).json()["code"] == "unknown_device"


def test_an_appliance_sends_for_its_own_station_only(bench: Bench) -> None:
    answer = send(bench.client(), bench, visit(), station=OTHER.code, signed_by=STATION)
    assert answer.status_code == 403


def test_a_station_that_is_shut_sends_nothing(bench: Bench) -> None:
    bench.query("UPDATE station SET state = 'closed' WHERE code = %s RETURNING id", (STATION,))
    assert send(bench.client(), bench, visit()).status_code == 401


def test_a_renewed_key_leaves_the_old_one_good_until_it_is_revoked(bench: Bench) -> None:
    def answer(number: int) -> int:
        body = json.dumps({"station": STATION, "visits": [visit()]}).encode()
        return int(post(bench.client(elsewhere=True), body, sign(bench, body, number=number)).status_code)

    assert bench.run(renew_key, RenewKey(station=STATION)) == 2
    assert (answer(1), answer(2)) == (200, 200)
    assert bench.run(renew_key, RenewKey(station=STATION, revoke=True)) == 3
    assert (answer(1), answer(2), answer(3)) == (401, 401, 200)
    assert {row.old_key_number for row in bench.all(Station)} == {None}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b'{"station": "310101019-01", "visits": []}', 422, "invalid"),
        (b'{"station": "310101019-01", "visits": [{"visit_id": "x", "at": "yesterday", "readings": [{}]}]}', 422, "invalid"),
        (json.dumps({"station": STATION, "visits": [visit(at="2021-05-10T09:00:00")]}).encode(), 422, "invalid"),
        (b" " * (1024 * 1024 + 1), 413, "too_large"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_gets_a_problem(bench: Bench, body: bytes, status: int, code: str) -> None:
    answer = post(bench.client(), body, sign(bench, body))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_batch_of_nearly_a_mebibyte_is_taken(bench: Bench) -> None:
    body = json.dumps({"station": STATION, "visits": [visit()]}).encode().ljust(1024 * 1024)
    assert post(bench.client(), body, sign(bench, body)).status_code == 200


def test_a_wrong_value_is_not_repeated_in_the_problem(bench: Bench) -> None:
    answer = send(bench.client(), bench, visit(reading("glucose", value="17,3 secret")))
    assert answer.status_code == 422
    assert "secret" not in answer.text
    assert answer.json()["errors"][0]["field"] == "visits.0.readings.0.value"


def test_readings_known_from_before_are_looked_for_when_asked_to_be_careful(bench: Bench) -> None:
    twice = pressure(118, 76)
    record(bench, visit(twice))

    def carefully(command: Any, unit: Unit) -> Any:
        return record_visits(command, unit, careful=True)

    [answer] = bench.run(carefully, weighed(visit(twice)))
    assert answer["readings"][0]["result"] == "known"


class Door:
    """Opens units of a bench's service; the first one waits inside until `open` is set."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.units = 0
        self.reached = threading.Event()
        self.open = threading.Event()

    def begin(self) -> AbstractContextManager[Unit]:
        return self._begin()

    @contextmanager
    def _begin(self) -> Iterator[Unit]:
        self.units += 1
        with self._bench.service.begin() as unit:
            self.reached.set()
            assert self.open.wait(20)
            yield unit
