"""Devices without network: nothing they did is lost, and the order in which they come back changes nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from services.registration.features.cancel import Cancel, cancel
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.merge_scans import MergeScans, OfflineScan, merge_scans
from services.registration.projections.presence import conflicts_of, list_for_device
from services.registration.tables import Registration, Resident, Scan, Session
from shared.contracts.registration import ResidentCheckedIn
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, state_of

API = "/registration/api"
STAFF = UUID(int=7)


def take_list(bench: Bench, session: Session, device: str = "tablet") -> dict[str, Any]:
    """A device takes the list of a session along, an hour before noon on Wednesday."""
    bench.at(WEDNESDAY - timedelta(hours=1))
    with bench.service.begin() as unit:
        content: dict[str, Any] = json.loads(list_for_device(session, device, STAFF, unit).text)
    return content


def bring(bench: Bench, session: Session, door_pass: str, *scans: OfflineScan) -> dict[UUID, str]:
    """The device comes back."""
    return dict(bench.run(merge_scans, MergeScans(session_id=session.id, door_pass=door_pass, scans=scans)))


def conflicts(bench: Bench, session: Session) -> list[tuple[UUID, str]]:
    """What staff have to look at."""
    with bench.service.begin() as unit:
        return [(conflict.nonce, conflict.verdict) for conflict in conflicts_of(session.id, unit)]


def entry(minute: int, **shown: Any) -> OfflineScan:
    """Somebody comes in, so many minutes after twelve."""
    return OfflineScan(**{"nonce": uuid4(), "at": WEDNESDAY + timedelta(minutes=minute), **shown})


def test_a_list_is_signed_and_shows_no_name_number_or_ticket_in_clear(bench: Bench) -> None:
    session = a_session(bench)
    sign_up(bench, session, a_resident(bench, "王秀珍", "13800138000"))
    bench.at(WEDNESDAY)
    answer = bench.client("clerk", id=STAFF).get(f"{API}/sessions/{session.id}/door-list", params={"device": "tablet"}).json()
    key = Ed25519PublicKey.from_public_bytes(_raw(answer["key"]))
    key.verify(_raw(answer["signature"]), answer["text"].encode())
    with pytest.raises(InvalidSignature):
        key.verify(_raw(answer["signature"]), answer["text"].replace('"capacity":2', '"capacity":9').encode())
    assert "秀珍" not in answer["text"]
    assert "13800138000" not in answer["text"]
    assert json.loads(answer["text"])["people"][0]["name"] == "王**"


def test_what_a_device_did_counts_at_the_time_it_saw(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    door_pass = take_list(bench, session)["pass"]
    bench.at(WEDNESDAY + timedelta(hours=2))
    came, left = entry(3, registration_id=registration.id), entry(25, registration_id=registration.id, direction="exit")
    assert set(bring(bench, session, door_pass, left, came).values()) == {"ok"}
    kept = bench.get(Registration, registration.id)
    assert (kept.checked_in_at, kept.left_at) == (came.at, left.at)
    assert [event.at for event in bench.said if isinstance(event, ResidentCheckedIn)] == [came.at]
    assert conflicts(bench, session) == []
    bring(bench, session, door_pass, came, left)
    assert bench.said == []
    assert len(bench.all(Scan)) == 2


def test_one_person_on_two_devices_is_inside_once_and_listed(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    first, second = take_list(bench, session, "left")["pass"], take_list(bench, session, "right")["pass"]
    bench.at(WEDNESDAY + timedelta(hours=1))
    later, earlier = entry(5, registration_id=registration.id), entry(2, registration_id=registration.id)
    bring(bench, session, first, later)
    assert conflicts(bench, session) == []
    bring(bench, session, second, earlier)
    assert bench.said == []
    assert conflicts(bench, session) == [(later.nonce, "again")]
    assert bench.get(Registration, registration.id).checked_in_at == earlier.at


def test_a_place_given_back_meanwhile_is_listed_and_the_person_is_in(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    registration = sign_up(bench, session)
    door_pass = take_list(bench, session)["pass"]
    bench.run(cancel, Cancel(registration_id=registration.id, channel="web"))
    bench.at(WEDNESDAY + timedelta(hours=1))
    came = entry(1, registration_id=registration.id)
    assert bring(bench, session, door_pass, came) == {came.nonce: "ok"}
    assert conflicts(bench, session) == [(came.nonce, "cancelled")]
    walked_in = [each for each in bench.all(Registration) if each.id != registration.id]
    assert [(each.resident_id, each.state, each.walk_in) for each in walked_in] == [(registration.resident_id, "confirmed", True)]
    assert state_of(bench, registration) == "cancelled"


def test_more_people_than_places_are_all_in_and_the_last_is_listed(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    first, second = take_list(bench, session, "left")["pass"], take_list(bench, session, "right")["pass"]
    bench.at(WEDNESDAY + timedelta(hours=1))
    late = entry(9, newcomer={"name": "赵𠮷", "phone": "13811112222"})
    early = entry(4, newcomer={"name": "钱多多", "phone": ""})
    bring(bench, session, first, late)
    assert conflicts(bench, session) == []
    bring(bench, session, second, early)
    assert conflicts(bench, session) == [(late.nonce, "no_room")]
    assert sorted(each.state for each in bench.all(Registration)) == ["confirmed", "extra"]
    assert bench.get(Session, session.id).taken == 1


def test_what_cannot_be_placed_is_kept_and_listed(bench: Bench) -> None:
    session, other = a_session(bench), a_session(bench, starts_at=WEDNESDAY + timedelta(days=1))
    elsewhere, mine = sign_up(bench, other), sign_up(bench, session)
    good, foreign = take_list(bench, session)["pass"], take_list(bench, other)["pass"]
    bench.at(WEDNESDAY + timedelta(hours=1))
    lost = entry(1, registration_id=uuid4())
    wrong = entry(2, registration_id=elsewhere.id)
    torn = entry(3, ticket="不是票")
    stale = entry(60 * 18, registration_id=mine.id)
    bring(bench, session, good, lost, wrong, torn, stale)
    unsigned = entry(4, registration_id=mine.id)
    bring(bench, session, foreign, unsigned)
    newcomer = entry(5, newcomer={"name": "孙悟", "phone": "13811113333"})
    bring(bench, session, f"{good.partition('.')[0]}.{foreign.partition('.')[2]}", newcomer)
    assert conflicts(bench, session) == [
        (lost.nonce, "unknown"),
        (wrong.nonce, "other_session"),
        (torn.nonce, "unknown"),
        (unsigned.nonce, "revoked"),
        (newcomer.nonce, "revoked"),
        (stale.nonce, "revoked"),
    ]
    with bench.service.begin() as unit:
        assert [each.name for each in conflicts_of(session.id, unit) if each.nonce == newcomer.nonce] == ["孙**"]
    assert bench.get(Registration, mine.id).checked_in_at is None
    assert len(bench.all(Resident)) == 2, "who is not let in by a valid list is not written down as a resident"


def test_scans_that_come_after_the_session_was_closed_are_listed_and_change_no_count(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    door_pass = take_list(bench, session)["pass"]
    bench.at(WEDNESDAY + timedelta(hours=1))
    bench.run(hold_session, HoldSession(session_id=session.id))
    came = entry(1, registration_id=registration.id)
    assert bring(bench, session, door_pass, came) == {came.nonce: "over"}
    assert conflicts(bench, session) == [(came.nonce, "over")]
    assert bench.said == []


def test_a_queue_that_cannot_be_read_is_refused_whole(bench: Bench) -> None:
    session = a_session(bench)
    clerk = bench.client("clerk")
    path = f"{API}/sessions/{session.id}/offline-scans"
    scan = {"nonce": str(uuid4()), "at": WEDNESDAY.isoformat()}
    wrong: list[dict[str, Any]] = [
        {},
        {"ticket": "x", "registration_id": str(uuid4())},
        {"newcomer": {}},
        {"ticket": "x", "way": "window"},
    ]
    for each in wrong:
        assert clerk.post(path, json={"door_pass": "", "scans": [scan | each]}).status_code == 422
    assert clerk.post(path, json={"door_pass": "", "scans": [scan | {"ticket": "x"}] * 501}).status_code in (413, 422)
    assert bench.all(Scan) == []


def test_a_number_mistyped_without_network_holds_up_nobody_and_is_listed(bench: Bench) -> None:
    session = a_session(bench)
    door_pass = take_list(bench, session)["pass"]
    bench.at(WEDNESDAY + timedelta(hours=1))
    typed, right = entry(1, newcomer={"name": "周末", "phone": "1380"}), entry(2, newcomer={"name": "吴用", "phone": ""})
    assert bring(bench, session, door_pass, typed, right) == {typed.nonce: "unknown", right.nonce: "ok"}
    with bench.service.begin() as unit:
        assert [(each.name, each.verdict) for each in conflicts_of(session.id, unit)] == [("周**", "unknown")]


class World(NamedTuple):
    """One session with a history, and the registrations in it by resident."""

    session: Session
    passes: tuple[str, str]
    registrations: dict[int, UUID]


class Step(NamedTuple):
    """Somebody passes a device: who, when, which way, which device."""

    person: int
    minute: int
    direction: str
    device: int


STEPS = some.lists(
    some.builds(
        Step,
        some.integers(0, 5),
        some.integers(0, 6),
        some.sampled_from(["entry", "entry", "entry", "exit"]),
        some.integers(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)
@given(
    steps=STEPS, orders=some.tuples(some.lists(some.integers(0, 1), max_size=16), some.lists(some.integers(0, 1), max_size=16))
)
def test_two_devices_in_any_order_give_one_result(bench: Bench, steps: list[Step], orders: tuple[list[int], list[int]]) -> None:
    bench.at(WEDNESDAY - timedelta(days=1))
    people = [a_resident(bench) for _ in range(6)]
    outcomes = [_play(bench, people, steps, order) for order in orders]
    assert outcomes[0] == outcomes[1]


def _play(bench: Bench, people: Sequence[Resident], steps: list[Step], order: list[int]) -> tuple[Any, ...]:
    """Let both devices come back, a scan at a time as `order` says and then what is left; state and conflicts after it."""
    bench.at(WEDNESDAY - timedelta(days=1))
    world = _history(bench, people)
    base = uuid4().int & ~0xFFFF
    queues: tuple[list[OfflineScan], list[OfflineScan]] = ([], [])
    for number, step in enumerate(steps):
        shown: dict[str, Any] = {"registration_id": world.registrations.get(step.person)}
        if shown["registration_id"] is None:
            with bench.service.begin() as unit:
                phone = unit.keys.decrypt(people[step.person].phone, "resident.phone")
            shown = {"newcomer": {"name": "某某", "phone": phone}}
        at = WEDNESDAY + timedelta(minutes=step.minute)
        queues[step.device].append(OfflineScan(nonce=UUID(int=base + number), at=at, direction=step.direction, **shown))
    bench.at(WEDNESDAY + timedelta(hours=1))
    for device in order:
        if queues[device]:
            bring(bench, world.session, world.passes[device], queues[device].pop(0))
    for device in (0, 1) if not order or order[0] else (1, 0):
        bring(bench, world.session, world.passes[device], *queues[device])
    states = sorted(
        (people.index(next(each for each in people if each.id == row[0])), *row[1:])
        for row in bench.query(
            "SELECT resident_id, state, walk_in, mode, checked_in_at, left_at FROM registration WHERE session_id = %s",
            (world.session.id,),
        )
    )
    listed = [(nonce.int - base, verdict) for nonce, verdict in conflicts(bench, world.session)]
    scans = bench.query("SELECT count(*) FROM scan WHERE session_id = %s AND offline", (world.session.id,))
    assert scans == [(len(steps),)], "a scan was lost"
    session = bench.get(Session, world.session.id)
    held = "SELECT coalesce(sum(party), 0) FROM registration WHERE session_id = %s AND state IN ('confirmed', 'offered')"
    assert bench.query(held, (session.id,)) == [(session.taken,)]
    return states, listed, session.taken


def _history(bench: Bench, people: Sequence[Resident]) -> World:
    """Two places, both given; one waits, one gave back, one is inside already; nobody knows the last two."""
    session = a_session(bench, capacity=3)
    known = {number: sign_up(bench, session, people[number]).id for number in range(4)}
    passes = (take_list(bench, session, "left")["pass"], take_list(bench, session, "right")["pass"])
    bench.run(cancel, Cancel(registration_id=known[1], channel="web"))
    bench.run(check_in, CheckIn(registration_id=known[2]))
    return World(session, passes, known)


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
