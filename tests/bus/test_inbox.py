"""Every fact is applied once, in order; what cannot be applied is set aside with its subject; another log is noticed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.chaos.checker import violations
from infra.chaos.toy import Counted, Echoed, Folded, Unheard, count, heard, rows
from shared import outbox
from shared.event import Event
from shared.faults import DATABASE_AWAY
from shared.inbox import CursorMoved, Inbox, Outcome
from shared.outbox import Head, Parcel
from shared.service import Service
from shared.testing import World

NewToy = Callable[..., Service]
NewPair = Callable[..., World]


class Trouble:
    """What a consumer does with some numbers; it counts how often each is met."""

    def __init__(self, *numbers: int, error: Exception | None = None) -> None:
        self.numbers, self.error = set(numbers), error or ValueError("this number is unlucky")
        self.met: list[int] = []

    def __call__(self, event: Event) -> None:
        assert isinstance(event, Counted | Folded | Echoed)
        if event.n in self.numbers:
            self.met.append(event.n)
            raise self.error


def parcel(world: World, after: int = 0, limit: int = outbox.PARCEL) -> Parcel:
    """The teller's facts after a number, as the listener wants them."""
    with world.services["teller"].begin() as unit:
        return outbox.read(unit.cursor(), "/teller", after, world.services["listener"].consumers.types, limit)


def with_facts_dropped(whole: Parcel, *numbers: int) -> Parcel:
    kept = [raw for raw in json.loads(whole.events) if int(raw["sequence"]) not in numbers]
    return replace(whole, events=json.dumps(kept))


def pull(world: World) -> None:
    world.pullers["listener"].look("/teller", patient=False)


def now_is_the_time(service: Service) -> None:
    """The wait after a failure is over."""
    with service.begin() as unit:
        unit.cursor().execute("UPDATE inbox SET retry_at = now() WHERE retry_at IS NOT NULL")


def pull_until_settled(world: World) -> int:
    """Pull until the listener is level, waiting out every failure; returns how often that was."""
    for times in range(40):
        pull(world)
        [(cursor, head)] = rows(world.services["listener"].engine, "SELECT seq, head_seen FROM inbox")
        if cursor == head:
            return times
        now_is_the_time(world.services["listener"])
    raise AssertionError("the listener does not come level")


def letters(service: Service) -> list[tuple[Any, ...]]:
    return rows(service.engine, "SELECT seq, subject, state, tries, reason FROM dead_letter ORDER BY seq")


@contextmanager
def busy_elsewhere(service: Service) -> Iterator[None]:
    """Somebody else is applying facts of the teller."""
    with psycopg.connect(service.settings.database_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('inbox:/teller', 0))")
        yield


@pytest.mark.parametrize("kind", [Counted, Folded])
def test_everything_counted_is_heard_once_and_in_order(new_pair: NewPair, kind: type[Counted] | type[Folded]) -> None:
    world = new_pair()
    count(world.services["teller"], *range(30), kind=kind)
    world.settle()
    count(world.services["teller"], *range(30, 40), kind=kind)
    world.settle()
    assert heard(world.services["listener"]) == list(range(40))


def test_the_checker_finds_nothing_wrong_with_a_settled_world(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], *range(20))
    world.settle()
    assert violations(world.services["teller"].engine, world.services["listener"].engine, accepted=range(20)) == []


def test_a_duplicate_costs_nothing(new_pair: NewPair) -> None:
    world = new_pair()
    inbox = world.services["listener"].inbox
    count(world.services["teller"], 1, 2, 3)
    assert [inbox.apply(parcel(world)) for _ in range(3)] == [Outcome.APPLIED] * 3
    assert inbox.apply(parcel(world, limit=2)) is Outcome.APPLIED
    assert heard(world.services["listener"]) == [1, 2, 3]


def test_an_overlap_that_shows_the_fact_at_the_cursor_is_applied_from_there(new_pair: NewPair) -> None:
    world = new_pair()
    inbox = world.services["listener"].inbox
    count(world.services["teller"], 1, 2, 3, 4)
    inbox.apply(parcel(world, limit=2))
    assert inbox.apply(parcel(world)) is Outcome.APPLIED
    assert heard(world.services["listener"]) == [1, 2, 3, 4]


def test_an_overlap_that_does_not_show_it_is_answered_by_a_pull(new_pair: NewPair) -> None:
    world = new_pair()
    inbox = world.services["listener"].inbox
    count(world.services["teller"], 1, 2, 3)
    inbox.apply(parcel(world, limit=2))
    assert inbox.apply(with_facts_dropped(parcel(world), 2)) is Outcome.GAP
    assert heard(world.services["listener"]) == [1, 2]


def test_a_gap_changes_nothing_and_is_filled_by_a_pull(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1, 2, 3)
    assert world.services["listener"].inbox.apply(parcel(world, after=1)) is Outcome.GAP
    assert heard(world.services["listener"]) == []
    world.pullers["listener"].catch_up("/teller")
    assert heard(world.services["listener"]) == [1, 2, 3]


def test_facts_nobody_wants_leave_no_gap(new_pair: NewPair) -> None:
    world = new_pair()
    for n in range(3):
        with world.services["teller"].begin() as unit:
            unit.emit(Unheard(thing="thing"))
        count(world.services["teller"], n)
    world.settle()
    assert heard(world.services["listener"]) == [0, 1, 2]
    assert world.services["listener"].inbox.cursor("/teller") == 6


def test_a_parcel_packed_before_a_new_type_was_wanted_is_not_trusted(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1, kind=Counted)
    count(world.services["teller"], 2, kind=Folded)
    with world.services["teller"].begin() as unit:
        old = outbox.read(unit.cursor(), "/teller", 0, ["teller.folded"])
    assert world.services["listener"].inbox.apply(old) is Outcome.GAP
    pull(world)
    assert heard(world.services["listener"]) == [1, 2]


def test_an_unknown_type_is_ignored(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1)
    with world.services["teller"].begin() as unit:
        unit.emit(Unheard(thing="thing"))
        all_of_it = outbox.read(unit.cursor(), "/teller", 0, [*world.services["listener"].consumers.types, "teller.unheard"])
    count(world.services["teller"], 2)
    with world.services["teller"].begin() as unit:
        all_of_it = outbox.read(unit.cursor(), "/teller", 0, [*world.services["listener"].consumers.types, "teller.unheard"])
    assert len(all_of_it.unpack()) == 3
    assert world.services["listener"].inbox.apply(all_of_it) is Outcome.APPLIED
    assert heard(world.services["listener"]) == [1, 2]
    assert letters(world.services["listener"]) == []


def test_effects_and_what_is_told_because_of_them_stand_or_fall_together(new_pair: NewPair) -> None:
    world = new_pair(fail=Trouble(3))
    count(world.services["teller"], 1, 2, 3)
    world.services["listener"].inbox.apply(parcel(world))
    echoes = rows(world.services["listener"].engine, "SELECT (body::json -> 'data' ->> 'n')::int FROM outbox ORDER BY seq")
    assert [n for (n,) in echoes] == heard(world.services["listener"]) == [1, 2]


def test_what_is_told_because_of_a_fact_names_it_as_its_cause(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1)
    world.settle()
    [(said,)] = rows(world.services["teller"].engine, "SELECT body FROM outbox")
    [(echo,)] = rows(world.services["listener"].engine, "SELECT body FROM outbox")
    assert json.loads(echo)["causationid"] == json.loads(said)["id"]
    assert json.loads(echo)["correlationid"] == json.loads(said)["correlationid"]


def test_a_poisoned_event_is_parked_with_its_subject_and_the_rest_goes_on(new_pair: NewPair) -> None:
    world = new_pair(fail=Trouble(7))
    toy, ears = world.services["teller"], world.services["listener"]
    count(toy, 1, 2)
    count(toy, 7, 8, thing="sevens")
    count(toy, 9)
    count(toy, 10, thing="sevens", kind=Folded)
    assert pull_until_settled(world) == 4
    assert heard(ears) == [1, 2, 9]
    behind = "an earlier event of the same subject is parked"
    assert letters(ears) == [
        (3, "sevens", "parked", 5, "ValueError: this number is unlucky"),
        (4, "sevens", "parked", 0, behind),
        (6, "sevens", "parked", 0, behind),
    ]


@pytest.mark.parametrize("bad", [0, 1, 250, 498, 499])
def test_the_one_bad_event_of_500_is_found_by_halving(new_pair: NewPair, bad: int) -> None:
    trouble = Trouble(bad)
    world = new_pair(fail=trouble)
    with world.services["teller"].begin() as unit:
        for n in range(500):
            unit.emit(Folded(n=n, thing=str(n)))
    pull_until_settled(world)
    assert heard(world.services["listener"]) == [n for n in range(500) if n != bad]
    assert letters(world.services["listener"]) == [(bad + 1, str(bad), "parked", 5, "ValueError: this number is unlucky")]
    assert len(trouble.met) <= 9 + 5


def test_two_bad_events_of_500_are_found_and_the_tally_agrees(new_pair: NewPair) -> None:
    world = new_pair(fail=Trouble(100, 400))
    with world.services["teller"].begin() as unit:
        for n in range(500):
            unit.emit(Folded(n=n, thing=str(n % 50)))
    pull_until_settled(world)
    kept = [n for n in range(500) if n not in (*range(100, 500, 50),)]
    assert heard(world.services["listener"]) == kept
    assert rows(world.services["listener"].engine, "SELECT sum(times), sum(total) FROM tally") == [(len(kept), sum(kept))]


def test_an_event_that_fails_waits_longer_each_time(new_pair: NewPair) -> None:
    trouble = Trouble(1)
    world = new_pair(fail=trouble)
    count(world.services["teller"], 1)
    inbox = world.services["listener"].inbox
    assert inbox.apply(parcel(world)) is Outcome.WAITING
    assert inbox.apply(parcel(world)) is Outcome.WAITING
    assert len(trouble.met) == 1
    waits = []
    for _ in range(3):
        now_is_the_time(world.services["listener"])
        inbox.apply(parcel(world))
        waits += rows(world.services["listener"].engine, "SELECT retry_at - updated_at > '0' FROM inbox WHERE retry_at > now()")
    assert len(trouble.met) == 4
    assert waits == [(True,)] * 3


def test_an_event_that_stops_failing_is_applied_and_forgiven(new_pair: NewPair) -> None:
    trouble = Trouble(1)
    world = new_pair(fail=trouble)
    count(world.services["teller"], 1, 2)
    for _ in range(4):
        pull(world)
        now_is_the_time(world.services["listener"])
    assert letters(world.services["listener"]) == []
    trouble.numbers.clear()
    pull(world)
    assert heard(world.services["listener"]) == [1, 2]
    assert rows(world.services["listener"].engine, "SELECT trying_size, tries, retry_at FROM inbox") == [(0, 0, None)]


def test_an_event_that_ends_the_process_is_found_by_what_was_written_down(new_pair: NewPair, new_toy: NewToy) -> None:
    class Killed(BaseException):
        """Stands for a process that ends without a word."""

    def kill(event: Event) -> None:
        if isinstance(event, Folded) and event.n == 333:
            raise Killed

    world = new_pair(fail=kill)
    with world.services["teller"].begin() as unit:
        for n in range(500):
            unit.emit(Folded(n=n, thing=str(n)))
    ends = 0
    while world.services["listener"].inbox.cursor("/teller") < 500:
        next_life = new_toy("listener", url=world.services["listener"].settings.database_url, fail=kill)
        try:
            next_life.inbox.apply(parcel(world, next_life.inbox.cursor("/teller")))
        except Killed:
            ends += 1
    assert ends <= 9 + 5
    assert heard(world.services["listener"]) == [n for n in range(500) if n != 333]
    assert letters(world.services["listener"]) == [(334, "333", "parked", 5, "it ended the process that applied it")]


@pytest.mark.parametrize(
    "fault",
    [
        psycopg.errors.AdminShutdown("terminating connection"),
        psycopg.errors.DeadlockDetected("deadlock detected"),
        psycopg.OperationalError("the connection is lost"),
        psycopg.InterfaceError("the connection is closed"),
        psycopg.errors.DiskFull("could not extend file"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_faults_of_the_database_are_raised_and_never_counted(new_pair: NewPair, fault: Exception) -> None:
    trouble = Trouble(1, error=fault)
    world = new_pair(fail=trouble)
    inbox = world.services["listener"].inbox
    count(world.services["teller"], 1)
    for _ in range(8):
        with pytest.raises(type(fault)):
            inbox.apply(parcel(world))
    trouble.numbers.clear()
    assert inbox.apply(parcel(world)) is Outcome.APPLIED
    assert (heard(world.services["listener"]), letters(world.services["listener"])) == ([1], [])


def test_forgiveness_outlives_parcels_in_between(new_pair: NewPair) -> None:
    trouble = Trouble(1, error=psycopg.errors.AdminShutdown("terminating connection"))
    world = new_pair(fail=trouble)
    inbox = world.services["listener"].inbox
    count(world.services["teller"], 1, 2)
    for _ in range(8):
        with pytest.raises(psycopg.errors.AdminShutdown):
            inbox.apply(parcel(world, limit=1))
        assert inbox.apply(parcel(world, after=1)) is Outcome.GAP
    assert rows(world.services["listener"].engine, "SELECT trying_size, tries FROM inbox") == [(0, 0)]


def test_a_statement_that_runs_out_of_time_counts_against_the_event(new_pair: NewPair) -> None:
    world = new_pair(fail=Trouble(1, error=psycopg.errors.QueryCanceled("canceling statement due to statement timeout")))
    count(world.services["teller"], 1, thing="slow")
    pull_until_settled(world)
    assert [(subject, tries) for _, subject, _, tries, _ in letters(world.services["listener"])] == [("slow", 5)]


def test_a_connection_really_lost_is_nothing_but_a_delay(new_pair: NewPair) -> None:
    ended: list[int] = []

    def end_all_connections_once(event: Event) -> None:
        if isinstance(event, Counted) and event.n == 2 and not ended:
            with psycopg.connect(world.services["listener"].settings.database_url.replace("+psycopg", "")) as other:
                ended.extend(
                    pid
                    for (pid, _) in other.execute(
                        """SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
                           WHERE datname = current_database() AND pid <> pg_backend_pid()"""
                    )
                )

    world = new_pair(fail=end_all_connections_once)
    ears = world.services["listener"]
    count(world.services["teller"], 1, 2, 3)
    with pytest.raises(DATABASE_AWAY):
        ears.inbox.apply(parcel(world))
    assert ears.inbox.apply(parcel(world)) is Outcome.APPLIED
    assert len(ended) >= 2
    assert heard(ears) == [1, 2, 3]
    assert rows(ears.engine, "SELECT trying_size, tries FROM inbox") == [(0, 0)]


class Older(Event, type="teller.counted", subject="thing", version=1):
    """As the teller once said it, with a name for the number that is no longer used."""

    number: int
    thing: str


class Newer(Event, type="teller.counted", subject="thing", version=2):
    """As some later teller will say it."""

    n: int
    thing: str


class Odd(Event, type="teller.counted", subject="thing"):
    """No number at all."""

    thing: str


@pytest.mark.parametrize(
    ("event", "reason"),
    [(Newer(n=2, thing="odd"), "version 2 is newer than the 1 known here"), (Odd(thing="odd"), "version 1 cannot be read")],
    ids=["newer version", "missing field"],
)
def test_what_cannot_be_read_is_parked_at_once(new_pair: NewPair, event: Event, reason: str) -> None:
    world = new_pair()
    ears = world.services["listener"]
    count(world.services["teller"], 1)
    with world.services["teller"].begin() as unit:
        unit.emit(event)
    count(world.services["teller"], 3)
    pull(world)
    assert heard(ears) == [1, 3]
    [(seq, subject, state, _, why)] = letters(ears)
    assert (seq, subject, state) == (2, "odd", "parked")
    assert reason in why


def test_parked_events_are_replayed_in_order_once_the_fault_is_mended(new_pair: NewPair) -> None:
    trouble = Trouble(1)
    world = new_pair(fail=trouble)
    ears = world.services["listener"]
    count(world.services["teller"], 1, 2, 3)
    pull_until_settled(world)
    count(world.services["teller"], 4, thing="another")
    pull(world)
    assert heard(ears) == [4]
    trouble.numbers.clear()
    assert ears.inbox.replay("/teller", "thing", who="operator", note="mended") == 3
    assert heard(ears) == [4, 1, 2, 3]
    assert {state for _, _, state, _, _ in letters(ears)} == {"replayed"}
    assert rows(ears.engine, "SELECT DISTINCT decided_by, note FROM dead_letter") == [("operator", "mended")]
    assert ears.inbox.replay("/teller", "thing", who="operator", note="again") == 0
    count(world.services["teller"], 5)
    pull(world)
    assert heard(ears) == [4, 1, 2, 3, 5]


def test_a_replay_stops_at_the_first_that_fails_and_keeps_what_it_did(new_pair: NewPair) -> None:
    trouble = Trouble(1, 3)
    world = new_pair(fail=trouble)
    ears = world.services["listener"]
    count(world.services["teller"], 1, 2, 3, 4)
    pull_until_settled(world)
    trouble.numbers.discard(1)
    with pytest.raises(ValueError, match="unlucky"):
        ears.inbox.replay("/teller", "thing", who="operator", note="try")
    assert heard(ears) == [1, 2]
    assert [state for _, _, state, _, _ in letters(ears)] == ["replayed", "replayed", "parked", "parked"]


def test_a_discarded_event_lets_the_later_ones_of_its_subject_through(new_pair: NewPair) -> None:
    world = new_pair(fail=Trouble(1))
    ears = world.services["listener"]
    count(world.services["teller"], 1, 2, 3)
    pull_until_settled(world)
    assert ears.inbox.discard("/teller", 1, who="operator", note="counted by mistake")
    assert not ears.inbox.discard("/teller", 1, who="operator", note="twice")
    assert ears.inbox.replay("/teller", "thing", who="operator", note="go on") == 2
    assert heard(ears) == [2, 3]
    assert [state for _, _, state, _, _ in letters(ears)] == ["discarded", "replayed", "replayed"]


def test_a_replay_and_an_apply_of_one_source_take_turns(new_pair: NewPair) -> None:
    world = new_pair()
    ears = world.services["listener"]
    count(world.services["teller"], 1)
    whole = parcel(world)
    applying = threading.Thread(target=lambda: ears.inbox.apply(whole))
    with busy_elsewhere(ears):
        applying.start()
        applying.join(timeout=0.3)
        assert applying.is_alive()
        assert heard(ears) == []
    applying.join()
    assert heard(ears) == [1]


def test_appliers_at_the_same_time_apply_each_fact_once(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], *range(60))
    parcels = [parcel(world, after, limit=7) for after in range(0, 60, 5)] * 2
    outcomes: list[Outcome] = []

    def work(mine: list[Parcel]) -> None:
        for one in mine:
            while (outcome := world.services["listener"].inbox.apply(one)) is Outcome.GAP:
                world.pullers["listener"].catch_up("/teller")
            outcomes.append(outcome)

    threads = [threading.Thread(target=work, args=(parcels[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Outcome.APPLIED] * len(parcels)
    assert heard(world.services["listener"]) == list(range(60))


def test_a_cursor_moved_by_somebody_else_undoes_the_attempt(new_pair: NewPair) -> None:
    world = new_pair()
    ears = world.services["listener"]

    class Overlapped(Inbox):
        """While it applies, somebody who did not wait for their turn does too."""

        def _apply_together(self, *arguments: Any) -> None:
            with ears.begin() as unit:
                unit.cursor().execute("UPDATE inbox SET seq = seq + 1")
            super()._apply_together(*arguments)

    count(world.services["teller"], 1, 2)
    with pytest.raises(CursorMoved):
        Overlapped(ears.engine, ears.consumers, ears.open).apply(parcel(world))
    assert heard(ears) == []


def stopped(service: Service) -> str:
    [(reason,)] = rows(service.engine, "SELECT stopped FROM inbox")
    return str(reason)


def test_a_replaced_log_stops_the_stream_until_somebody_decides(new_pair: NewPair) -> None:
    world = new_pair()
    ears = world.services["listener"]
    count(world.services["teller"], 1, 2)
    world.settle()
    with world.services["teller"].begin() as unit:
        unit.cursor().execute("UPDATE outbox_head SET log_id = gen_random_uuid()")
    count(world.services["teller"], 3)
    assert ears.inbox.apply(parcel(world, after=2)) is Outcome.STOPPED
    assert "the log was replaced" in stopped(ears)
    pull(world)
    assert heard(ears) == [1, 2]
    now = parcel(world, after=2)
    assert now.after_id is not None
    ears.inbox.accept_new_log("/teller", now.log_id, 2, now.after_id)
    pull(world)
    assert heard(ears) == [1, 2, 3]


def test_comparing_heads_notices_a_replaced_log_before_any_parcel(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1)
    world.settle()
    world.services["listener"].inbox.compare(Head("/teller", uuid4(), 1), 1)
    assert "the log was replaced" in stopped(world.services["listener"])


def test_a_head_seen_before_the_cursor_moved_past_it_is_no_alarm(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1)
    world.settle()
    peers = world.pullers["listener"].peers
    seen = peers.subscribe("/teller", world.services["listener"].consumers.types, 1)
    count(world.services["teller"], 2)
    world.services["listener"].inbox.apply(parcel(world, after=1))
    world.services["listener"].inbox.compare(seen, 1)
    assert stopped(world.services["listener"]) == ""


def go_back(service: Service, seq: int) -> None:
    """Restore the log as a backup had it: the later facts are gone, and its identity is the same."""
    with service.begin() as unit:
        unit.cursor().execute("ALTER TABLE outbox DISABLE TRIGGER ALL")
        unit.cursor().execute("DELETE FROM outbox WHERE seq > %s", (seq,))
        unit.cursor().execute("ALTER TABLE outbox ENABLE TRIGGER ALL")
        unit.cursor().execute("UPDATE outbox_head SET seq = %s", (seq,))


def test_a_log_that_went_back_in_time_stops_the_stream(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1, 2, 3)
    world.settle()
    go_back(world.services["teller"], 2)
    pull(world)
    assert "went back in time" in stopped(world.services["listener"])


def test_a_log_that_went_back_is_noticed_by_a_pull_alone(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1, 2, 3)
    world.settle()
    go_back(world.services["teller"], 2)
    world.pullers["listener"].catch_up("/teller")
    assert "the log was rewritten" in stopped(world.services["listener"])


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("new", [1, 2, 4])
def test_a_log_that_went_back_and_on_again_is_never_taken_for_the_old_one(new_pair: NewPair, after: int, new: int) -> None:
    world = new_pair()
    ears = world.services["listener"]
    count(world.services["teller"], 1, 2, 3)
    world.settle()
    go_back(world.services["teller"], 1)
    with world.services["teller"].begin() as unit:
        unit.cursor().execute("DELETE FROM counted WHERE n > 1")
    count(world.services["teller"], *range(10, 10 + new))
    if ears.inbox.apply(parcel(world, after)) is Outcome.GAP:
        world.pullers["listener"].catch_up("/teller")
    pull(world)
    assert heard(ears) == [1, 2, 3]
    assert "the log" in stopped(ears)


def test_a_fact_parked_from_a_new_log_does_not_hide_behind_an_old_letter(new_pair: NewPair) -> None:
    trouble = Trouble(1)
    world = new_pair(fail=trouble)
    ears = world.services["listener"]
    count(world.services["teller"], 1)
    pull_until_settled(world)
    ears.inbox.discard("/teller", 1, who="operator", note="given up")
    ears.inbox.accept_new_log("/teller", uuid4(), 0, None)
    with ears.begin() as unit:
        unit.cursor().execute("UPDATE inbox SET log_id = NULL")
    pull_until_settled(world)
    assert [state for _, _, state, _, _ in letters(ears)] == ["parked"]


def test_a_parcel_with_nonsense_inside_is_refused_and_nothing_moves(new_pair: NewPair) -> None:
    world = new_pair()
    count(world.services["teller"], 1)
    with pytest.raises(ValueError, match="not an envelope"):
        world.services["listener"].inbox.apply(replace(parcel(world), events='[{"specversion": "1.0"}]'))
    assert world.services["listener"].inbox.cursor("/teller") == 0
