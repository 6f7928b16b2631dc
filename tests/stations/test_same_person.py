"""Two records of one person are one visitor from the merge on, and two again when it is taken back."""

from __future__ import annotations

from uuid import UUID, uuid4

from services.stations.recount import recount
from services.stations.tables import Person, SamePerson, Visit
from shared.contracts.registration import ConsentChanged, ErasureRequested, MergeUndone, ResidentRegistered, ResidentsMerged
from shared.contracts.stations import VisitRecorded
from shared.event import new_id
from shared.testing import Bench
from tests.stations.visits import record, visit

KEPT, MERGED, FIRST = new_id(), new_id(), new_id()


def registered(bench: Bench, *residents: UUID, consents: tuple[str, ...] = ("health_readings",)) -> None:
    bench.hear(*(ResidentRegistered(resident_id=id, street="310101019", phone="", consents=consents) for id in residents))


def merged(bench: Bench, kept: UUID = KEPT, merged: UUID = MERGED) -> None:
    bench.hear(ResidentsMerged(merge_id=uuid4(), kept=kept, merged=merged))


def undone(bench: Bench, kept: UUID = KEPT, merged: UUID = MERGED) -> None:
    bench.hear(MergeUndone(merge_id=uuid4(), kept=kept, merged=merged))


def visitor(bench: Bench, resident_id: UUID) -> UUID | None:
    record(bench, visit(resident_id=str(resident_id)))
    [event] = bench.said
    assert isinstance(event, VisitRecorded)
    return event.person_id


def persons(bench: Bench) -> int:
    with bench.service.begin() as unit:
        return recount(unit.cursor())["persons"]


def test_from_the_merge_on_both_cards_are_one_visitor(bench: Bench) -> None:
    registered(bench, KEPT, MERGED)
    merged(bench)
    assert visitor(bench, MERGED) == visitor(bench, KEPT) == bench.get(Person, KEPT).person_id
    assert persons(bench) == 1


def test_what_was_counted_before_stays_as_it_was_told(bench: Bench) -> None:
    registered(bench, KEPT, MERGED)
    before = {visitor(bench, KEPT), visitor(bench, MERGED)}
    merged(bench)
    assert {row.person_id for row in bench.all(Visit)} == before
    assert persons(bench) == 2


def test_a_merge_taken_back_makes_two_visitors_again(bench: Bench) -> None:
    registered(bench, KEPT, MERGED)
    own = visitor(bench, MERGED)
    merged(bench)
    undone(bench)
    assert visitor(bench, MERGED) == own
    assert visitor(bench, KEPT) != own
    assert bench.all(SamePerson) == []


def test_records_merged_one_after_the_other_lead_to_the_last(bench: Bench) -> None:
    registered(bench, FIRST, KEPT, MERGED)
    merged(bench)
    merged(bench, kept=FIRST, merged=KEPT)
    assert visitor(bench, MERGED) == bench.get(Person, FIRST).person_id
    undone(bench, kept=FIRST, merged=KEPT)
    assert visitor(bench, MERGED) == bench.get(Person, KEPT).person_id


def test_the_kept_records_consent_is_the_one_that_counts(bench: Bench) -> None:
    registered(bench, MERGED)
    registered(bench, KEPT, consents=())
    merged(bench)
    assert visitor(bench, MERGED) is None
    bench.hear(ConsentChanged(resident_id=KEPT, purpose="health_readings", given=True, channel="staff"))
    assert visitor(bench, MERGED) == bench.get(Person, KEPT).person_id


def test_consent_withdrawn_cuts_what_was_measured_under_either_record(bench: Bench) -> None:
    registered(bench, KEPT, MERGED)
    before = {visitor(bench, KEPT), visitor(bench, MERGED)}
    merged(bench)
    bench.hear(ConsentChanged(resident_id=KEPT, purpose="health_readings", given=False, channel="web"))
    assert visitor(bench, MERGED) is None
    assert before & {person.person_id for person in bench.all(Person)} == set()


def test_forgetting_the_person_forgets_the_link(bench: Bench) -> None:
    registered(bench, KEPT, MERGED)
    merged(bench)
    bench.hear(ErasureRequested(erasure_id=uuid4(), resident_id=KEPT, merged=(MERGED,)), source="/registration")
    assert (bench.all(SamePerson), bench.all(Person)) == ([], [])
