"""Residents are found by what people remember of them, though the database can read none of it."""

from __future__ import annotations

import pytest

from services.registration.domain.finding import Search, understand
from services.registration.features.change_resident import ChangeResident, change_resident
from services.registration.features.finding import make_the_rest_findable, readings_of
from services.registration.projections.people import find_people, people
from services.registration.tables import ResidentMarks
from shared.testing import Bench
from tests.registration.people import ANYWHERE, a_resident
from tests.registration.test_carers import staff

WANG, OUYANG, ZENG, AYI = "王秀珍", "欧阳春兰", "曾国强", "阿依古丽·买买提"


def found(bench: Bench, typed: str) -> list[str]:
    """The names that a search finds, in its order."""
    with bench.service.begin() as unit:
        ids = [person.id for person in find_people(typed, unit, ANYWHERE).people]
    names = {id: bench.service.keys.decrypt(name, "resident.name") for id, name in bench.query("SELECT id, name FROM resident")}
    return [names[id] for id in ids]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("王", [WANG]),
        ("王秀", [WANG]),
        ("秀珍", [WANG]),
        ("wangxiu", [WANG]),
        ("Wang Xiu Zhen", [WANG]),
        ("ｗｘｚ", [WANG]),
        ("欧阳", [OUYANG]),
        ("春兰", [OUYANG]),
        ("oycl", [OUYANG]),
        ("zeng", [ZENG]),
        ("ceng", [ZENG]),
        ("买买提", [AYI]),
        ("阿依古丽•买", [AYI]),
        ("8001", [WANG]),
        ("138 0013 8001", [WANG]),
        ("+8613800138001", [WANG]),
        ("11010519491231002x", [WANG]),
        ("李", []),
        ("13900139000", []),
        ("12", []),
        ("😀", []),
        ("·", []),
        ("%", []),
    ],
)
def test_a_resident_is_found_by(bench: Bench, typed: str, names: list[str]) -> None:
    a_resident(bench, name=WANG, phone="13800138001", id_number="11010519491231002X")
    for name in (OUYANG, ZENG, AYI):
        a_resident(bench, name=name)
    assert found(bench, typed) == names


def test_what_is_found_is_sorted_by_pinyin_as_surnames_are_read(bench: Bench) -> None:
    for name in ("单雄信", "赵云", "王五", "解珍", "阿依古丽", "安娜"):
        a_resident(bench, name=name, phone="", landline="63281234")
    assert found(bench, "1234") == ["阿依古丽", "安娜", "单雄信", "王五", "解珍", "赵云"]
    assert readings_of("解珍") == ("xie zhen", "jie zhen")


def test_a_name_that_changed_is_found_by_the_new_one_only(bench: Bench) -> None:
    resident = a_resident(bench, name=WANG)
    bench.run(change_resident, ChangeResident(resident_id=resident.id, name="李国强", by=staff()))
    assert (found(bench, "王"), found(bench, "lgq")) == ([], ["李国强"])


def test_residents_without_marks_get_theirs_from_the_schedule(bench: Bench) -> None:
    a_resident(bench, name=WANG)
    with bench.service.begin() as unit:
        unit.cursor().execute("DELETE FROM resident_marks")
    assert found(bench, "王") == []
    with bench.service.begin() as unit:
        make_the_rest_findable(unit)
    assert found(bench, "王") == [WANG]
    marks = bench.all(ResidentMarks)
    bench.tick()
    assert bench.all(ResidentMarks) == marks


def test_the_database_holds_no_word_of_a_name(bench: Bench) -> None:
    a_resident(bench, name=WANG, phone="13800138001", landline="63281234", id_number="11010519491231002X")
    kept = repr(bench.query("SELECT r.*, m.* FROM resident r JOIN resident_marks m ON m.resident_id = r.id"))
    assert not [word for word in ("王", "wang", "wxz", "8001", "6328", "1231002", "+86") if word in kept]


def test_without_a_search_the_newest_come_first(bench: Bench) -> None:
    older, newer = a_resident(bench), a_resident(bench)
    with bench.service.begin() as unit:
        assert [person.id for person in people(unit, ANYWHERE)] == [newer.id, older.id]
        assert [person.id for person in people(unit, ANYWHERE, before=newer.id)] == [older.id]


def test_searches_are_understood() -> None:
    assert understand("王") == Search("name", "王")
    assert understand("WXZ") == Search("latin", "wxz")
    assert understand("8001") == Search("tail", "8001")
    assert understand("") is None
