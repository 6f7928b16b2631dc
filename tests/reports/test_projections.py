"""Folding: what was heard adds up, whatever the order of batches, and once only."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reports.features.rebuild import rebuild
from services.reports.projections import HEARD, empty
from services.reports.tables import PROJECTIONS
from shared.contracts import notify, registration
from shared.event import Event
from shared.testing import Bench
from tests.reports.conftest import City
from tests.reports.story import (
    PROGRAMMES,
    arrived,
    at,
    attendance,
    changed,
    critical,
    held,
    history,
    in_parcels,
    may,
    opened,
    programme,
    referral,
    scheduled,
    streamed,
    text,
    uuid,
    visit,
)

NOON = at(date(2021, 5, 12), 12)


def ids(n: int, resident: int) -> dict[str, Any]:
    return {
        "registration_id": uuid(7, n),
        "session_id": uuid(6, 1),
        "programme_id": PROGRAMMES["series"][0],
        "resident_id": uuid(8, resident),
    }


def kept(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the projections."""
    return {table: sorted(bench.query(f"SELECT * FROM {table}"), key=repr) for table in PROJECTIONS}


def test_visits_add_up_per_station_and_day(bench: Bench) -> None:
    bench.hear(visit(1, items=2), visit(2, person=5, items=3), visit(3, person=5, items=4), visit(4, station=2, person=6))
    bench.hear(visit(5, person=7, items=1))
    assert bench.query("SELECT station_id, visits, identified, items FROM visits_by_station_day ORDER BY 1") == [
        (uuid(1, 1), 4, 3, 10),
        (uuid(1, 2), 1, 1, 3),
    ]
    assert bench.query("SELECT count(DISTINCT person_id) FROM visitor") == [(3,)]


def test_a_person_counts_once_a_month_and_station(bench: Bench) -> None:
    bench.hear(*(visit(n, person=5, day=date(2021, 5, n)) for n in range(1, 11)), visit(11, person=5, day=date(2021, 6, 1)))
    assert bench.query("SELECT month, count(*) FROM visitor GROUP BY 1 ORDER BY 1") == [
        (date(2021, 5, 1), 1),
        (date(2021, 6, 1), 1),
    ]


def test_a_registration_goes_from_the_queue_to_the_door(bench: Bench) -> None:
    bench.hear(programme("series"), scheduled(1, "series", NOON))
    bench.hear(registration.RegistrationWaitlisted(**ids(1, 1), position=1))
    bench.hear(registration.RegistrationConfirmed(**ids(1, 1), from_waitlist=True))
    bench.hear(registration.ResidentCheckedIn(**ids(1, 1), walk_in=False, way_in="code"))
    assert bench.query("SELECT state, given, waited, moved_up, checked_in, walk_in FROM participation") == [
        ("confirmed", True, True, True, True, False)
    ]


def test_confirmed_and_cancelled_in_one_batch_is_cancelled(bench: Bench) -> None:
    bench.hear(
        registration.RegistrationConfirmed(**ids(1, 1), from_waitlist=False),
        registration.RegistrationCancelled(**ids(1, 1), had_place=True, channel="text"),
    )
    assert bench.query("SELECT state, given FROM participation") == [("cancelled", True)]


def test_a_session_is_scheduled_and_held_in_one_batch(bench: Bench) -> None:
    bench.hear(scheduled(1, "series", NOON), held(1, "series", NOON, confirmed=3, attended=2))
    assert bench.query("SELECT state, confirmed, attended FROM occurrence") == [("held", 3, 2)]


def test_a_text_may_be_unknown_first_and_arrive_after_all(bench: Bench) -> None:
    bench.hear(notify.MessageUnknown(message_id=uuid(9, 1), purpose="reminder_day", carrier="sim"))
    bench.hear(text(1))
    bench.hear(arrived(1))
    assert bench.query("SELECT sent, delivered, failed, unknown FROM message") == [(True, True, False, True)]


def test_a_session_is_where_it_was_moved_to(bench: Bench) -> None:
    later = NOON + timedelta(days=1)
    bench.hear(scheduled(1, "series", NOON), changed(1, "series", later, NOON))
    bench.hear(scheduled(2, "series", NOON))
    bench.hear(changed(2, "series", later, NOON))
    assert bench.query("SELECT starts_at, capacity FROM occurrence") == [(later, 30)] * 2


def test_every_event_of_the_other_services_is_folded() -> None:
    from shared.testing import event_classes

    mechanics = {"notify.person_erased", "registration.erasure_requested", "registration.log_in_ended", "stations.person_erased"}
    for_oneself = {"notify.thread_read"}
    told = {type for type in event_classes() if not type.startswith("reports.")}
    assert {event.type for event in HEARD} == told - mechanics - for_oneself


def one_of_everything() -> list[Event]:
    """A history in which every kind of fact occurs."""
    return [
        opened(1),
        visit(1, person=1),
        critical(1),
        referral(1),
        programme("series"),
        scheduled(1, "series", NOON),
        *attendance(1, "series", NOON, [1, 2, 3], walk_ins=1),
        registration.ResidentRegistered(resident_id=uuid(8, 1), street="310101019", phone="", consents=()),
        registration.ConsentChanged(resident_id=uuid(8, 1), purpose="texts", given=False, channel="web"),
        scheduled(2, "livestream", NOON),
        streamed(2, viewers=30, questions=4),
        scheduled(3, "series", NOON + timedelta(days=7)),
        changed(3, "series", NOON + timedelta(days=8), NOON + timedelta(days=7)),
        registration.SessionCancelled(session_id=uuid(6, 3), programme_id=PROGRAMMES["series"][0], reason="weather"),
        text(1),
        arrived(1),
        notify.MessageSkipped(message_id=uuid(9, 2), resident_id=None, purpose="referral", reason="expired"),
        notify.ReplyReceived(reply_id=uuid(11, 1), resident_id=uuid(8, 1), meaning="stop"),
        notify.OptedOut(resident_id=uuid(8, 1), category="service", channel="text"),
    ]


def hear_by_source(bench: Bench, events: list[Event], sizes: Callable[[], int]) -> None:
    """Hear the facts, each source's in order, in batches of changing size."""
    logs: dict[str, list[Event]] = {}
    for event in events:
        logs.setdefault(event.type.split(".")[0], []).append(event)
    for log in logs.values():
        while log:
            size = sizes()
            bench.hear(*log[:size])
            del log[:size]


def test_the_size_of_batches_makes_no_difference(new_bench: Callable[[str], Bench]) -> None:
    one_by_one, all_at_once = new_bench("reports"), new_bench("reports")
    hear_by_source(one_by_one, one_of_everything(), lambda: 1)
    hear_by_source(all_at_once, one_of_everything(), lambda: 500)
    assert kept(one_by_one) == kept(all_at_once)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.integers(5, 60))
def test_what_is_folded_is_what_a_recount_finds(bench: Bench, seed: int, size: int) -> None:
    chance = random.Random(seed)
    with bench.service.begin() as unit:
        empty(unit.cursor())
    facts = [
        visit(
            n,
            station=chance.randrange(1, 4),
            day=date(2021, 5, 1) + timedelta(days=chance.randrange(40)),
            person=chance.choice([None, *range(8)]),
            items=chance.randrange(6),
        )
        for n in range(chance.randrange(120))
    ]
    hear_by_source(bench, list(facts), lambda: chance.randrange(1, size + 1))
    visits = Counter((fact.station_id, fact.day) for fact in facts)
    known = [fact for fact in facts if fact.person_id is not None]
    found = bench.query("SELECT station_id, day, visits FROM visits_by_station_day")
    assert {(station, day): n for station, day, n in found} == visits
    assert bench.query("SELECT coalesce(sum(items), 0), coalesce(sum(identified), 0) FROM visits_by_station_day") == [
        (sum(fact.items for fact in facts), len(known))
    ]
    people = {(fact.day.replace(day=1), fact.station_id, fact.person_id) for fact in known}
    assert set(bench.query("SELECT month, station_id, person_id FROM visitor")) == people


def test_folding_the_logs_again_gives_the_same_and_tells_the_console_nothing_new(city: City) -> None:
    city.tell(*one_of_everything())
    bench = city.reports
    before, feed = kept(bench), bench.query("SELECT pos, type, count FROM feed ORDER BY pos")
    with bench.service.begin() as unit:
        assert rebuild(unit) == ["/notify", "/registration", "/stations"]
    assert all(rows == [] for rows in kept(bench).values())
    city.settle()
    assert kept(bench) == before
    assert bench.query("SELECT pos, type, count FROM feed ORDER BY pos") == feed
    city.tell(visit(2))
    assert bench.query("SELECT type FROM feed WHERE pos > %s", (feed[-1][0],)) == [("stations.visit_recorded",)]


def test_a_month_of_everything_is_folded_without_a_dead_letter(bench: Bench) -> None:
    in_parcels(bench, history(count=4, days=60))
    may(bench)
    assert bench.query("SELECT count(*) FROM occurrence WHERE state = 'held'") == [(6,)]
