"""Jobs: claimed by one desk at a time, tried again, given up in the end, and moved even while they are done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra.chaos.toy import rows
from shared import clock
from shared.jobs import TRIES, Begin, Desk, Jobs, Later
from shared.service import Service
from shared.testing import START

WithJobs = Callable[[Jobs], Service]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def standing_clock() -> None:
    clock.freeze(START)


def doing(do: Callable[[str, Begin], None], **options: Any) -> Jobs:
    jobs = Jobs()
    jobs.on("toy", **options)(do)
    return jobs


def ask(service: Service, *keys: str, kind: str = "toy", due_in: timedelta = timedelta()) -> None:
    with service.begin() as unit:
        for key in keys:
            unit.later(kind, key, clock.now() + due_in)


def work(service: Service, lane: str = "jobs") -> int:
    return Desk(service.engine, service.jobs, service.begin).work([lane])


def states(service: Service) -> dict[str, tuple[str, int]]:
    return {key: (state, tries) for key, state, tries in rows(service.engine, "SELECT key, state, tries FROM job")}


def end_leases(service: Service) -> None:
    with service.begin() as unit:
        unit.cursor().execute("UPDATE job SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL")


def test_due_jobs_are_done_oldest_first_and_others_not_yet(with_jobs: WithJobs) -> None:
    done: list[str] = []
    service = with_jobs(doing(lambda key, _: done.append(key)))
    ask(service, "second")
    ask(service, "first", due_in=-HOUR)
    ask(service, "tomorrow", due_in=HOUR)
    assert work(service) == 2
    assert done == ["first", "second"]
    clock.freeze(START + 2 * HOUR)
    assert work(service) == 1
    assert states(service)["tomorrow"] == ("done", 1)


def test_a_job_whose_unit_was_undone_was_never_asked_for(with_jobs: WithJobs) -> None:
    service = with_jobs(doing(lambda _key, _begin: None))
    with pytest.raises(RuntimeError):
        _ask_and_give_up(service)
    assert states(service) == {}


def _ask_and_give_up(service: Service) -> None:
    with service.begin() as unit:
        unit.later("toy", "a")
        raise RuntimeError


def test_asked_again_it_moves_and_once_done_it_stays_done(with_jobs: WithJobs) -> None:
    done: list[str] = []
    service = with_jobs(doing(lambda key, _: done.append(key)))
    ask(service, "a", due_in=HOUR)
    ask(service, "a")
    assert work(service) == 1
    ask(service, "a")
    assert work(service) == 0
    assert done == ["a"]


def test_a_job_taken_back_is_not_done_unless_asked_for_anew(with_jobs: WithJobs) -> None:
    service = with_jobs(doing(lambda _key, _begin: None))
    ask(service, "a")
    with service.begin() as unit:
        unit.forget("toy", "a")
    assert work(service) == 0
    ask(service, "a")
    assert work(service) == 1


def test_desks_at_the_same_time_never_do_the_same_job(with_jobs: WithJobs) -> None:
    done: list[str] = []
    service = with_jobs(doing(lambda key, _: done.append(key)))
    keys = [f"{n:03}" for n in range(120)]
    ask(service, *keys)
    threads = [threading.Thread(target=work, args=(service,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == keys


def test_a_job_being_done_is_not_done_by_another_desk(with_jobs: WithJobs) -> None:
    def do(_key: str, _begin: Begin) -> None:
        others.append(work(service))

    others: list[int] = []
    service = with_jobs(doing(do))
    ask(service, "a")
    assert work(service) == 1
    assert others == [0]


def test_a_job_whose_worker_died_is_claimed_again_when_its_lease_is_over(with_jobs: WithJobs) -> None:
    class Killed(BaseException):
        """Stands for a process that ends without a word."""

    def do(_key: str, _begin: Begin) -> None:
        lives.append(len(lives))
        if len(lives) == 1:
            raise Killed

    lives: list[int] = []
    service = with_jobs(doing(do))
    ask(service, "a")
    with pytest.raises(Killed):
        work(service)
    assert work(service) == 0
    end_leases(service)
    assert work(service) == 1
    assert states(service) == {"a": ("done", 2)}


def test_a_job_that_ends_its_worker_every_time_is_given_up(with_jobs: WithJobs) -> None:
    class Killed(BaseException):
        """Stands for a process that ends without a word."""

    def do(key: str, _begin: Begin) -> None:
        if key == "deadly":
            raise Killed

    service = with_jobs(doing(do))
    ask(service, "deadly", due_in=-HOUR)
    ask(service, "harmless")
    for _ in range(TRIES):
        with pytest.raises(Killed):
            work(service)
        end_leases(service)
    work(service)
    assert states(service) == {"deadly": ("failed", TRIES), "harmless": ("done", 1)}


def test_a_worker_that_outlived_its_lease_has_no_say(with_jobs: WithJobs) -> None:
    def do(_key: str, _begin: Begin) -> None:
        calls.append(1)
        if len(calls) == 1:
            end_leases(service)
            assert work(service) == 1
            raise RuntimeError("the slow one fails in the end")

    calls: list[int] = []
    service = with_jobs(doing(do))
    ask(service, "a")
    work(service)
    assert states(service) == {"a": ("done", 2)}


def test_a_worker_that_outlived_its_lease_does_not_close_the_job_of_its_successor(with_jobs: WithJobs) -> None:
    def do(_key: str, _begin: Begin) -> None:
        calls.append(1)
        if len(calls) == 1:
            end_leases(service)
            slow_successor.start()
            in_hand.wait()
        elif len(calls) == 2:
            in_hand.set()
            first_is_back.wait()
            raise Later(HOUR)

    calls: list[int] = []
    in_hand, first_is_back = threading.Event(), threading.Event()
    service = with_jobs(doing(do))
    slow_successor = threading.Thread(target=work, args=(service,))
    ask(service, "a")
    work(service)
    first_is_back.set()
    slow_successor.join()
    assert rows(service.engine, "SELECT state, due_at FROM job") == [("waiting", START + HOUR)]


def test_a_job_that_cannot_be_done_yet_comes_back_uncounted(with_jobs: WithJobs) -> None:
    def do(_key: str, _begin: Begin) -> None:
        raise Later(HOUR)

    service = with_jobs(doing(do))
    ask(service, "a")
    for round in range(TRIES + 3):
        clock.freeze(START + (round + 1) * HOUR)
        assert work(service) == 1
    assert states(service) == {"a": ("waiting", 0)}


def test_a_failing_job_is_tried_five_times_with_growing_pauses_and_then_left(with_jobs: WithJobs) -> None:
    def do(_key: str, _begin: Begin) -> None:
        raise ValueError("it does not work\nnot at all")

    service = with_jobs(doing(do))
    ask(service, "a")
    pauses = []
    for _ in range(TRIES):
        assert work(service) == 1
        assert work(service) == 0
        [(due_at,)] = rows(service.engine, "SELECT due_at FROM job")
        pauses.append((due_at - clock.now()).total_seconds())
        clock.freeze(due_at)
    assert work(service) == 0
    assert pauses[:-1] == [2, 4, 8, 16]
    assert rows(service.engine, "SELECT state, tries, error FROM job") == [("failed", TRIES, "ValueError: it does not work")]


def test_faults_of_the_database_are_not_counted_against_a_job(with_jobs: WithJobs) -> None:
    def do(_key: str, _begin: Begin) -> None:
        raise psycopg.errors.AdminShutdown("terminating connection")

    service = with_jobs(doing(do))
    ask(service, "a")
    for _ in range(TRIES + 2):
        assert work(service) == 1
        clock.freeze(clock.now() + timedelta(seconds=2))
    assert states(service) == {"a": ("waiting", 0)}


@pytest.mark.parametrize("outcome", [None, Later(HOUR), ValueError("no")], ids=["done", "later", "failed"])
def test_a_job_asked_for_again_while_it_is_done_is_done_once_more(with_jobs: WithJobs, outcome: Exception | None) -> None:
    def do(_key: str, _begin: Begin) -> None:
        calls.append(1)
        if len(calls) == 1:
            ask(service, "a")
            assert work(service) == 0
            if outcome:
                raise outcome

    calls: list[int] = []
    service = with_jobs(doing(do))
    ask(service, "a")
    assert work(service) == 2
    assert states(service) == {"a": ("done", 1)}


def test_a_job_that_asks_for_itself_at_a_later_time_is_done_then(with_jobs: WithJobs) -> None:
    def do(key: str, begin: Begin) -> None:
        calls.append(1)
        if len(calls) == 1:
            with begin() as unit:
                unit.later("toy", key, clock.now() + HOUR)

    calls: list[int] = []
    service = with_jobs(doing(do))
    ask(service, "a")
    assert work(service) == 1
    clock.freeze(START + HOUR)
    assert work(service) == 1
    assert states(service) == {"a": ("done", 1)}


def test_a_job_taken_back_while_it_is_done_stays_taken_back(with_jobs: WithJobs) -> None:
    def do(key: str, begin: Begin) -> None:
        with begin() as unit:
            unit.forget("toy", key)

    service = with_jobs(doing(do))
    ask(service, "a")
    assert work(service) == 1
    assert rows(service.engine, "SELECT state, lease_until FROM job") == [("cancelled", None)]


def test_lanes_are_worked_apart_and_the_outlook_counts_each(with_jobs: WithJobs) -> None:
    jobs = Jobs()
    jobs.on("quick", lane="urgent")(lambda _key, _begin: None)
    jobs.on("slow")(lambda _key, _begin: None)
    service = with_jobs(jobs)
    ask(service, "a", "b", kind="slow")
    ask(service, "c", kind="quick")
    ask(service, "d", kind="quick", due_in=HOUR)
    ask(service, "e", kind="of an older version")
    desk = Desk(service.engine, jobs, service.begin)
    assert jobs.lanes == ["jobs", "urgent"]
    assert desk.outlook() == ({"jobs": 2, "urgent": 1}, START + HOUR)
    assert desk.work(["urgent"]) == 1
    assert desk.outlook() == ({"jobs": 2}, START + HOUR)
    assert desk.work(["jobs"], at_most=1) == 1
    assert desk.work(["jobs"]) == 1
    assert desk.outlook() == ({}, START + HOUR)
