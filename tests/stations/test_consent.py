"""Readings lead to a resident only while that resident consents."""

from __future__ import annotations

from services.stations.tables import Person, Visit
from shared.contracts.registration import ConsentChanged, ResidentRegistered
from shared.contracts.stations import VisitRecorded
from shared.event import new_id
from shared.testing import Bench
from tests.stations.visits import record, visit

RESIDENT = new_id()


def registered(*consents: str) -> ResidentRegistered:
    return ResidentRegistered(resident_id=RESIDENT, street="310101019", phone="", consents=consents)


def changed(*, given: bool, purpose: str = "health_readings") -> ConsentChanged:
    return ConsentChanged(resident_id=RESIDENT, purpose=purpose, given=given, channel="web")


def visitor(bench: Bench) -> object:
    record(bench, visit(resident_id=str(RESIDENT)))
    [event] = bench.said
    assert isinstance(event, VisitRecorded)
    return event.person_id


def test_consent_from_registration_is_kept(bench: Bench) -> None:
    bench.hear(registered("texts", "health_readings"))
    assert visitor(bench) == bench.get(Person, RESIDENT).person_id


def test_without_consent_a_visitor_stays_anonymous(bench: Bench) -> None:
    bench.hear(registered("texts"))
    assert visitor(bench) is None
    bench.hear(changed(given=True))
    assert visitor(bench) is not None


def test_other_purposes_are_not_ours(bench: Bench) -> None:
    bench.hear(registered())
    bench.hear(changed(given=True, purpose="texts"))
    assert visitor(bench) is None


def test_a_person_keeps_one_pseudonym_while_consent_lasts(bench: Bench) -> None:
    bench.hear(registered("health_readings"))
    first = visitor(bench)
    bench.hear(changed(given=True))
    assert visitor(bench) == first


def test_withdrawn_consent_leaves_the_visits_and_breaks_the_link(bench: Bench) -> None:
    bench.hear(registered("health_readings"))
    before = visitor(bench)
    bench.hear(changed(given=False))
    assert visitor(bench) is None
    bench.hear(changed(given=True))
    after = visitor(bench)
    assert after not in (None, before)
    assert before not in [person.person_id for person in bench.all(Person)]
    assert {row.person_id for row in bench.all(Visit)} == {before, None, after}
