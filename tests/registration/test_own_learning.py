"""What courses and doors keep of somebody, also under a record merged into theirs, is in their copy and goes when they go."""

from __future__ import annotations

import pytest

from services.registration.domain.own_records import TIME_TO_THINK
from services.registration.features.exports import contents_of
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.tables import Scan
from shared.testing import Bench, World
from tests.registration.learned import KEPT, a_taught_course
from tests.registration.people import a_resident, a_session, sign_up
from tests.registration.test_carers import staff
from tests.registration.test_erasure import ask
from tests.registration.test_export import gathered
from tests.registration.test_merging import merge

STAYS = {"nomination", "scan"}
"""Rows that stay counted; the record they name is empty."""


def test_the_copy_has_what_is_kept_under_either_record(world: World) -> None:
    bench = world["registration"]
    kept, merged, course = a_resident(bench), a_resident(bench), a_taught_course(bench)
    for who in (kept, merged):
        for table in set(KEPT) - {"nomination"}:
            bench.add(*KEPT[table](course, who.id))
    carer = a_resident(bench)
    wish = GiveAuthority(elder_id=merged.id, carer_id=carer.id, relation="child", ground="written", by=staff())
    bench.run(give_authority, wish)
    sign_up(bench, a_session(bench), merged)
    merge(bench, kept, merged)
    world.settle()
    export = gathered(world, kept)
    with bench.service.begin() as unit:
        told = contents_of(export["id"], kept.id, unit)
    own = told["/registration"]
    assert {row["id"] for row in own["resident"]} == {str(kept.id), str(merged.id)}
    rows = {table: bench.query(f"SELECT count(*) FROM {table}")[0][0] for table in KEPT}
    assert {table: len(own[table]) for table in KEPT} == rows
    assert len(own["merge"]) == 1
    assert {row["resident_id"] for row in told["/stations"]["consent"]} == {str(kept.id), str(merged.id)}
    assert [row["carer_id"] for row in told["/notify"]["carers"]] == [str(carer.id)]


@pytest.mark.parametrize("table", sorted(KEPT))
def test_it_goes_with_the_person_also_from_the_merged_record(bench: Bench, table: str) -> None:
    kept, merged, course = a_resident(bench), a_resident(bench), a_taught_course(bench)
    for who in (kept, merged) if table != "nomination" else (merged,):
        bench.add(*KEPT[table](course, who.id))
    merge(bench, kept, merged)
    ask(bench, kept)
    bench.at(TIME_TO_THINK)
    bench.work()
    left = bench.query(f"SELECT count(*) FROM {table} WHERE resident_id = ANY(%s)", ([kept.id, merged.id],))[0][0]
    assert (left > 0) == (table in STAYS)
    assert all(scan.shown == "" for scan in bench.all(Scan))


def test_notify_forgets_who_acts_for_whom(world: World) -> None:
    bench = world["registration"]
    elder, carer = a_resident(bench), a_resident(bench)
    wish = GiveAuthority(elder_id=elder.id, carer_id=carer.id, relation="child", ground="written", by=staff())
    bench.run(give_authority, wish)
    world.settle()
    assert world["notify"].query("SELECT count(*) FROM carer") == [(1,)]
    ask(bench, carer)
    world.at(TIME_TO_THINK)
    world.settle()
    world.tick()
    world.settle()
    assert world["notify"].query("SELECT count(*) FROM carer") == [(0,)]
