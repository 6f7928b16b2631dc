"""The log: numbered without gaps in the order of commits, whatever is rolled back, and never changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from sqlmodel import Session

from infra.chaos.toy import Counted, Folded, Unheard, count, rows
from shared import outbox
from shared.event import Envelope
from shared.service import Service

NewToy = Callable[..., Service]


@pytest.fixture
def toy(new_toy: NewToy) -> Service:
    return new_toy("teller")


def numbers(service: Service) -> list[int]:
    return [seq for (seq,) in rows(service.engine, "SELECT seq FROM outbox ORDER BY seq")]


def told(service: Service) -> list[int]:
    return [json.loads(body)["data"]["n"] for (body,) in rows(service.engine, "SELECT body FROM outbox ORDER BY seq")]


def read(service: Service, after: int, *types: str, limit: int = outbox.PARCEL) -> outbox.Parcel:
    with service.begin() as unit:
        return outbox.read(unit.cursor(), service.source, after, types or ("teller.counted", "teller.folded"), limit)


def take_numbers_and_give_up(service: Service, n: int) -> None:
    with service.begin() as unit:
        unit.emit(Counted(n=n, thing="thing"))
        unit.record()
        raise RuntimeError("after the numbers were taken")


def test_a_unit_that_raises_tells_nothing_and_leaves_no_gap(toy: Service) -> None:
    count(toy, 1)
    with pytest.raises(RuntimeError):
        take_numbers_and_give_up(toy, 2)
    count(toy, 3)
    assert numbers(toy) == [1, 2]
    assert told(toy) == [1, 3]


def test_a_refused_change_is_not_told(toy: Service) -> None:
    count(toy, 1)
    with pytest.raises(psycopg.errors.UniqueViolation):
        count(toy, 1)
    assert told(toy) == [1]


def test_writers_at_the_same_time_leave_no_gap_and_lose_nothing(toy: Service) -> None:
    def write(writer: int) -> None:
        for n in range(writer * 100, writer * 100 + 40):
            if n % 3:
                count(toy, n, thing=f"of {writer}")
            else:
                with suppress(RuntimeError):
                    take_numbers_and_give_up(toy, n)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = {n for writer in range(6) for n in range(writer * 100, writer * 100 + 40) if n % 3}
    assert set(told(toy)) == kept
    assert numbers(toy) == list(range(1, len(kept) + 1))
    for writer in range(6):
        own = [n for n in told(toy) if n // 100 == writer]
        assert own == sorted(own)


def test_numbers_follow_the_order_of_commits_not_of_speaking(toy: Service) -> None:
    with toy.begin() as early:
        early.emit(Counted(n=1, thing="spoke first"))
        count(toy, 2)
    assert told(toy) == [2, 1]


def test_a_reader_never_passes_a_number_whose_commit_is_still_to_come(toy: Service) -> None:
    with toy.begin() as slow:
        slow.emit(Counted(n=1, thing="thing"))
        slow.record()
        assert read(toy, 0).upto == 0
    assert [fact.sequence for fact in read(toy, 0).unpack()] == [1]


@pytest.mark.parametrize("many", [1, 999, 1_000, 2_500])
def test_few_or_many_facts_are_appended_the_same_way(toy: Service, many: int) -> None:
    count(toy, -1)
    with toy.begin() as unit:
        for n in range(many):
            unit.emit(Folded(n=n, thing=f"thing {n % 7}\t\\N 数"))
    assert told(toy) == [-1, *range(many)]
    facts = read(toy, 1, limit=5_000).unpack()
    assert [fact.sequence for fact in facts] == list(range(2, many + 2))
    assert {fact.subject for fact in facts} == {f"thing {n % 7}\t\\N 数" for n in range(many)}
    assert len({fact.id for fact in facts}) == many


def test_what_is_written_is_an_envelope_of_cloudevents(toy: Service) -> None:
    count(toy, 5)
    [(body,)] = rows(toy.engine, "SELECT body FROM outbox")
    raw = json.loads(body)
    assert raw["specversion"] == "1.0"
    assert (raw["source"], raw["type"], raw["subject"]) == ("/teller", "teller.counted", "thing")
    assert raw["data"] == {"n": 5, "thing": "thing"}
    [envelope] = read(toy, 0).unpack()
    assert Envelope.of(envelope.as_json()) == envelope


@pytest.mark.parametrize("statement", ["UPDATE outbox SET body = '{}'", "DELETE FROM outbox", "TRUNCATE outbox"])
def test_the_log_cannot_be_changed(toy: Service, statement: str) -> None:
    count(toy, 1)
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"), toy.begin() as unit:
        unit.cursor().execute(statement)
    assert told(toy) == [1]


def test_erasing_a_person_blanks_what_was_sealed_about_them_and_nothing_else(toy: Service) -> None:
    with toy.begin() as unit:
        for thing in ("mine", "yours"):
            unit.emit(Unheard(thing=thing))
            unit.emit(_Sealed(thing=thing, phone=unit.keys.seal("listener", "13800000000")))
    with toy.begin() as unit:
        assert outbox.erase_sealed(unit.cursor(), "mine") == 1
    bodies = [json.loads(body) for (body,) in rows(toy.engine, "SELECT body FROM outbox ORDER BY seq")]
    assert [body["data"].get("phone", "-")[:16] for body in bodies] == ["-", "", "-", "sealed.listener."]
    with toy.begin() as unit:
        assert outbox.erase_sealed(unit.cursor(), "mine") == 0


def test_erasing_ends_with_the_erasing(toy: Service) -> None:
    count(toy, 1)
    with toy.begin() as unit:
        outbox.erase_sealed(unit.cursor(), "thing")
        with pytest.raises(psycopg.errors.RaiseException):
            unit.cursor().execute("UPDATE outbox SET body = '{}'")
        unit.session.rollback()


def test_a_unit_whose_statement_failed_does_not_pretend_to_commit(toy: Service) -> None:
    count(toy, 1)
    with Session(toy.engine) as session:
        unit = toy.open(session)
        unit.cursor().execute("INSERT INTO counted VALUES (2)")
        with suppress(psycopg.errors.UniqueViolation):
            unit.cursor().execute("INSERT INTO counted VALUES (1)")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            unit.commit()
    assert rows(toy.engine, "SELECT n FROM counted") == [(1,)]


@pytest.mark.parametrize("change", ["type = 'x'", "subject = 'x'", "id = gen_random_uuid()", "recorded_at = now()", "seq = 9"])
def test_even_while_erasing_only_the_body_can_change(toy: Service, change: str) -> None:
    count(toy, 1)
    with toy.begin() as unit:
        unit.cursor().execute("SET LOCAL jiamenkou.erasing = 'on'")
        with pytest.raises(psycopg.errors.RaiseException):
            unit.cursor().execute(f"UPDATE outbox SET {change}")
        unit.session.rollback()


def test_a_parcel_holds_the_wanted_types_and_reaches_to_the_head(toy: Service) -> None:
    count(toy, 1, kind=Counted)
    count(toy, 2, kind=Folded)
    with toy.begin() as unit:
        unit.emit(Unheard(thing="thing"))
    ids = dict(rows(toy.engine, "SELECT seq, id FROM outbox"))
    parcel = read(toy, 0, "teller.folded")
    assert [(fact.sequence, fact.id) for fact in parcel.unpack()] == [(2, ids[2])]
    assert (parcel.after, parcel.after_id, parcel.upto, parcel.upto_id) == (0, None, 3, ids[3])
    assert parcel.types == ("teller.folded",)
    parcel = read(toy, 1, "nobody.wants")
    assert parcel.is_empty
    assert (parcel.after_id, parcel.upto_id) == (ids[1], ids[3])


def test_a_full_parcel_ends_with_its_last_fact(toy: Service) -> None:
    for n in range(4):
        count(toy, n, kind=Counted if n % 2 else Folded)
    parcel = read(toy, 0, "teller.folded", limit=2)
    assert [fact.sequence for fact in parcel.unpack()] == [1, 3]
    assert parcel.upto == 3
    assert read(toy, 3, "teller.folded", limit=2).upto == 4


def test_a_parcel_travels_as_json(toy: Service) -> None:
    count(toy, 1, 2)
    parcel = read(toy, 1)
    assert outbox.Parcel.of(json.loads(json.dumps(parcel.as_json()))) == parcel


@pytest.mark.parametrize(
    "cover",
    [
        pytest.param({"after": 1}, id="reaches below its cover"),
        pytest.param({"upto": 1}, id="reaches above its cover"),
        pytest.param({"source": "/other"}, id="comes from elsewhere"),
        pytest.param({"events": "[{}]"}, id="no envelope"),
        pytest.param({"events": "[1]"}, id="no object"),
        pytest.param({"events": "[{"}, id="no JSON"),
        pytest.param({"events": "5"}, id="no list"),
    ],
)
def test_a_parcel_whose_content_is_not_what_its_cover_says_is_refused(toy: Service, cover: dict[str, Any]) -> None:
    count(toy, 1, 2)
    altered = outbox.Parcel.of(read(toy, 0).as_json() | cover)
    with pytest.raises(ValueError, match=r"^(not an envelope|event|Expecting)"):
        altered.unpack()


def test_facts_in_the_wrong_order_are_refused(toy: Service) -> None:
    count(toy, 1, 2)
    raw = read(toy, 0).as_json()
    raw["events"] = json.dumps(json.loads(raw["events"])[::-1])
    with pytest.raises(ValueError, match="does not belong here"):
        outbox.Parcel.of(raw).unpack()


class _Sealed(Unheard, type="teller.sealed", subject="thing"):
    """An event with a value for the listener alone."""

    phone: str
