"""Both counts of everything: equal when nothing is wrong, told apart by key when something is, meaningless while behind."""

from __future__ import annotations

from collections.abc import Callable

from services.reports.features.compare import Comparison, compare
from shared.contracts import registration
from shared.testing import LocalPeers, World
from tests.reports.conftest import City
from tests.reports.story import PROGRAMMES, critical, opened, referral, text, uuid, visit


def compared(city: City, **counts: dict[str, int]) -> Comparison:
    """The comparison, when the services would count this."""
    for name, found in counts.items():
        city.world.services[name].recount = _always(found)
    return compare(city.peers, city.reports.service.begin)


def _always(found: dict[str, int]) -> Callable[..., dict[str, int]]:
    return lambda _: found


STATIONS = {"visits": 3, "identified_visits": 2, "persons": 1, "items": 9, "critical": 1, "referrals": 1, "stations": 1}


def told(city: City, *, settle: bool = True) -> None:
    city.tell(opened(1), visit(1, person=1), visit(2, person=1), visit(3), critical(1), referral(1), settle=settle)


def test_equal_counts_of_level_sources_are_equal(city: City) -> None:
    told(city)
    comparison = compared(city, stations=STATIONS)
    rows = {row.key: row for row in comparison.rows if row.source == "stations"}
    assert all(row.equal for row in rows.values())
    assert rows.keys() == STATIONS.keys()
    assert comparison.level


def test_one_visit_too_many_is_found_by_its_key(city: City) -> None:
    told(city)
    comparison = compared(city, stations=STATIONS | {"visits": 4})
    wrong = [(row.key, row.counted, row.recounted) for row in comparison.rows if row.source == "stations" and not row.equal]
    assert wrong == [("visits", 3, 4)]
    assert not comparison.equal


def test_a_key_only_one_side_knows_is_not_equal(city: City) -> None:
    told(city)
    rows = {row.key: row for row in compared(city, stations=STATIONS | {"news": 1}).rows if row.source == "stations"}
    assert (rows["news"].counted, rows["news"].recounted, rows["news"].equal) == (None, 1, False)


def test_while_something_is_under_way_the_sources_are_not_level(city: City) -> None:
    told(city, settle=False)
    comparison = compared(city, stations=STATIONS)
    assert not comparison.level
    assert [(level.source, level.cursor, level.head) for level in comparison.sources if not level.level] == [("/stations", 0, 6)]


def test_registrations_and_texts_are_counted_by_what_ever_happened(city: City) -> None:
    ids = {
        "registration_id": uuid(7, 1),
        "session_id": uuid(6, 1),
        "programme_id": PROGRAMMES["series"][0],
        "resident_id": uuid(8, 1),
    }
    city.tell(
        registration.RegistrationWaitlisted(**ids, position=1),
        registration.RegistrationConfirmed(**ids, from_waitlist=True),
        registration.RegistrationCancelled(**ids, had_place=True, channel="web"),
        text(1),
    )
    counted = {(row.source, row.key): row.counted for row in compared(city).rows}
    assert [counted["registration", key] for key in ("waitlisted", "confirmed", "cancelled", "checked_in")] == [1, 1, 1, 0]
    assert [counted["notify", key] for key in ("sent", "delivered", "unknown_now")] == [1, 0, 0]


def test_the_services_count_by_the_names_that_reports_knows(world: World) -> None:
    world.settle()
    comparison = compare(LocalPeers("reports", world.services), world["reports"].service.begin)
    assert [(row.source, row.key) for row in comparison.rows if None in (row.counted, row.recounted)] == []
    assert comparison.equal
    assert comparison.level
