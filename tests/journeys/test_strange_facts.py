"""Facts nobody can read: ignored or parked with the reason, and nothing else disturbed."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import pytest

from shared import clock, outbox
from shared.contracts.registration import RegistrationConfirmed
from shared.event import new_id
from tests.journeys.conftest import Town

FIRST, SECOND = "13800138001", "13800138002"

HEARS = ["notify", "reports"]
"""Who hears of places."""


def tell(town: Town, **changes: Any) -> None:
    """Registration records a fact about a place as some other version of itself would."""
    fact = RegistrationConfirmed(
        registration_id=new_id(), session_id=new_id(), programme_id=new_id(), resident_id=new_id(), from_waitlist=False
    )
    id, type, subject, body = outbox.row(fact, source="/registration", at=clock.now(), correlationid="strange")
    changed = json.loads(body) | changes
    with town.world["registration"].service.begin() as unit:
        outbox.append(unit.cursor(), [(id, changed.get("type", type), changed.get("subject", subject), json.dumps(changed))])


def put_in_queue(town: Town, service: str, type: str) -> None:
    """A parcel with facts of a type that the service never asked for."""
    bench = town.world[service]
    with town.world["registration"].service.begin() as unit:
        at = bench.service.inbox.cursor("/registration")
        parcel = outbox.read(unit.cursor(), "/registration", at, [*bench.service.consumers.types, type])
    assert type in parcel.events
    town.world.bus.queues.setdefault(service, deque()).append(parcel.as_json())


def letters(town: Town, service: str) -> list[tuple[str, str]]:
    """What a service has set aside, and why."""
    return [(row[0], row[1]) for row in town.world[service].query("SELECT type, reason FROM dead_letter WHERE state = 'parked'")]


def test_a_fact_of_an_unknown_type_is_passed_over(town: Town) -> None:
    tell(town, type="registration.levitated")
    for service in HEARS:
        put_in_queue(town, service, "registration.levitated")
    town.world.settle()
    for service in HEARS:
        head = town.world["registration"].query("SELECT seq FROM outbox_head")
        assert town.world[service].query("SELECT seq FROM inbox WHERE source = '/registration'") == head
    town.sign_up(town.session(town.programme()), town.resident(FIRST))
    assert len(town.texts(FIRST)) == 1
    for service in HEARS:
        assert letters(town, service) == []
    assert town.recount().equal


def test_a_fact_of_a_newer_version_is_parked_and_the_rest_goes_on(town: Town) -> None:
    tell(town, dataversion=9)
    with pytest.raises(AssertionError, match="parked"):
        town.world.settle()
    (head,) = town.world["registration"].query("SELECT seq FROM outbox_head")[0]
    for service in HEARS:
        ((type, reason),) = letters(town, service)
        assert type == "registration.confirmed"
        assert "9" in reason
        inbox = town.world[service].service.inbox
        assert inbox.discard("/registration", head, who="a tester", note="from the future")
    town.sign_up(town.session(town.programme()), town.resident(FIRST))
    assert len(town.texts(FIRST)) == 1
    assert town.recount().equal


def test_a_fact_without_what_it_must_say_waits_for_a_person_with_the_later_ones_of_its_subject(town: Town) -> None:
    session = town.session(town.programme())
    resident = town.resident(FIRST)
    subject = str(new_id())
    tell(town, subject=subject, data={"registration_id": subject})
    tell(town, subject=subject)
    with pytest.raises(AssertionError, match="parked"):
        town.world.settle()
    for service in HEARS:
        reasons = [reason for _, reason in letters(town, service)]
        assert reasons[1:] == ["an earlier event of the same subject is parked"]
        assert "session_id" in reasons[0]
        bench = town.world[service]
        for (seq,) in bench.query("SELECT seq FROM dead_letter"):
            bench.service.inbox.discard("/registration", seq, who="a tester", note="never happened")
    assert town.sign_up(session, resident)["state"] == "confirmed"
    assert len(town.texts(FIRST)) == 1
