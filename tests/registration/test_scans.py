"""One scan at the door: what is shown, what is answered, and that asking again changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registration.domain.presence import STEP, Mark, needless, row_code, row_of, stay_of
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.door_codes import been_at_the_wall, ticket_of, wall_code
from services.registration.tables import Registration, Resident, Scan, Session
from shared.contracts.registration import ResidentCheckedIn, ResidentCheckedOut
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, state_of

API = "/registration/api"


def show(bench: Bench, session: Session, **shown: Any) -> tuple[int, dict[str, Any]]:
    """A member of staff scans something; the answer's status and body."""
    wish = {key: str(value) if isinstance(value, UUID) else value for key, value in shown.items()}
    answer = bench.client("clerk").post(f"{API}/sessions/{session.id}/scans", json=wish)
    return answer.status_code, answer.json()


def test_the_same_scan_sent_ten_times_is_answered_the_same_and_counts_once(bench: Bench) -> None:
    registration = sign_up(bench, session := a_session(bench))
    bench.at(WEDNESDAY)
    nonce = uuid4()
    answers = [show(bench, session, nonce=nonce, registration_id=registration.id) for _ in range(10)]
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0][0], answers[0][1]["code"], answers[0][1]["inside"]) == (200, "ok", 1)
    assert len(bench.all(Scan)) == 1
    assert show(bench, session, registration_id=registration.id)[1]["code"] == "again"


def test_a_refused_scan_is_kept_with_its_reason_and_answered_the_same_when_asked_again(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    nonce = uuid4()
    status, early = show(bench, session, nonce=nonce, registration_id=registration.id)
    assert (status, early["code"]) == (409, "not_yet")
    bench.at(WEDNESDAY)
    assert show(bench, session, nonce=nonce, registration_id=registration.id)[1]["code"] == "not_yet"
    assert [(scan.result, scan.registration_id) for scan in bench.all(Scan)] == [("not_yet", registration.id)]


def test_a_ticket_opens_the_door_and_an_altered_one_does_not(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    bench.at(WEDNESDAY)
    ticket = ticket_of(registration.id, bench.service.keys)
    forged = ticket[:-1] + ("A" if ticket[-1] != "A" else "B")
    for bad in (forged, str(registration.id), "不是票", "AAAA", "=" * 5):
        assert show(bench, session, ticket=bad)[1]["code"] == "unknown"
    address = f"http://127.0.0.1:8080/registration/desk/sessions/{session.id}?ticket={ticket}"
    assert show(bench, session, ticket=address)[1]["code"] == "ok"
    assert [event.way_in for event in _told(bench, ResidentCheckedIn)] == ["ticket"]


def test_a_ticket_of_another_session_or_one_given_back_is_said_to_be_that(bench: Bench) -> None:
    first, second = a_session(bench), a_session(bench)
    elsewhere, gone = sign_up(bench, second), sign_up(bench, first)
    bench.run(cancel, Cancel(registration_id=gone.id, channel="web"))
    bench.at(WEDNESDAY)
    assert show(bench, first, ticket=ticket_of(elsewhere.id, bench.service.keys))[1]["code"] == "other_session"
    status, refused = show(bench, first, ticket=ticket_of(gone.id, bench.service.keys))
    assert (status, refused["code"]) == (409, "cancelled")
    assert "现场登记" in refused["detail"]
    assert show(bench, first, ticket=ticket_of(gone.id, bench.service.keys), force=True)[1]["registration"]["walk_in"]


def test_four_digits_find_one_person_and_ask_when_they_fit_two(bench: Bench) -> None:
    session = a_session(bench, capacity=5)
    one = sign_up(bench, session, a_resident(bench, "王秀珍", "13811118000"))
    two = sign_up(bench, session, a_resident(bench, "陈桂芳", "13922228000"))
    sign_up(bench, session, a_resident(bench, "李阿姨", "13933337777"))
    bench.at(WEDNESDAY)
    assert show(bench, session, digits="7777")[1]["name"] == "李**"
    assert show(bench, session, digits="1234")[1]["code"] == "unknown"
    status, asked = show(bench, session, digits="8000")
    assert (status, asked["code"]) == (409, "ambiguous")
    assert asked["candidates"] == [
        {"registration_id": str(one.id), "name": "王**"},
        {"registration_id": str(two.id), "name": "陈**"},
    ]
    assert show(bench, session, registration_id=two.id, way="digits")[1]["code"] == "ok"
    assert [event.way_in for event in _told(bench, ResidentCheckedIn)] == ["digits", "digits"]


def test_the_code_on_the_wall_lets_many_in_once_each_and_dies_after_a_step(bench: Bench) -> None:
    session = a_session(bench, capacity=5)
    people = [a_resident(bench) for _ in range(2)]
    for person in people:
        sign_up(bench, session, person)
    bench.at(WEDNESDAY)
    code = wall_code(session.id, WEDNESDAY, bench.service.keys)

    def scan(person: Resident, shown: str) -> str:
        client = bench.client("resident", id=person.id)
        return str(client.post(f"{API}/sessions/{session.id}/door", json={"code": shown}).json()["code"])

    assert [scan(person, code) for person in people] == ["ok", "ok"]
    assert scan(people[0], code) == "ok", "the same scan again is answered the same"
    assert scan(people[0], wall_code(session.id, WEDNESDAY + STEP, bench.service.keys)) == "again"
    assert len(_told(bench, ResidentCheckedIn)) == 2
    third = a_resident(bench)
    sign_up_late = wall_code(session.id, WEDNESDAY - 2 * STEP, bench.service.keys)
    assert scan(third, sign_up_late) == "wrong_code"
    assert scan(
        third, wall_code(a_session(bench, starts_at=WEDNESDAY + timedelta(days=1)).id, WEDNESDAY, bench.service.keys)
    ) == ("wrong_code")
    assert scan(third, wall_code(session.id, WEDNESDAY - STEP, bench.service.keys)) == "ok"


def test_who_saw_the_wall_may_log_in_first_but_not_for_ever(bench: Bench) -> None:
    session = a_session(bench)
    bench.at(WEDNESDAY)
    note = been_at_the_wall(session.id, WEDNESDAY, bench.service.keys)
    first, second = a_resident(bench), a_resident(bench)
    bench.at(timedelta(minutes=9))
    assert bench.run(check_in, CheckIn(session_id=session.id, resident_id=first.id, wall=note)).verdict == "ok"
    bench.at(timedelta(minutes=2))
    assert bench.run(check_in, CheckIn(session_id=session.id, resident_id=second.id, wall=note)).verdict == "wrong_code"
    longer = f"99999999999.{note.partition('.')[2]}"
    assert bench.run(check_in, CheckIn(session_id=session.id, resident_id=second.id, wall=longer)).verdict == "wrong_code"


def test_who_leaves_is_outside_and_may_come_back(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    bench.at(WEDNESDAY)
    assert show(bench, session, registration_id=registration.id, direction="exit")[1]["code"] == "not_inside"
    assert show(bench, session, registration_id=registration.id)[1]["inside"] == 1
    bench.at(timedelta(minutes=10))
    assert show(bench, session, registration_id=registration.id, direction="exit")[1]["inside"] == 0
    assert bench.get(Registration, registration.id).left_at == WEDNESDAY + timedelta(minutes=10)
    assert show(bench, session, registration_id=registration.id, direction="exit")[1]["code"] == "not_inside"
    bench.at(timedelta(minutes=5))
    assert show(bench, session, registration_id=registration.id)[1]["inside"] == 1
    back = bench.get(Registration, registration.id)
    assert (back.checked_in_at, back.left_at) == (WEDNESDAY, None)
    assert len(_told(bench, ResidentCheckedIn)) == 1
    (left,) = _told(bench, ResidentCheckedOut)
    assert left.at == WEDNESDAY + timedelta(minutes=10)


def test_a_scan_is_not_from_the_future(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    later = (WEDNESDAY + timedelta(hours=5)).isoformat()
    assert show(bench, session, registration_id=registration.id, at=later)[1]["code"] == "not_yet"
    bench.at(WEDNESDAY)
    show(bench, session, registration_id=registration.id, at=later)
    assert bench.get(Registration, registration.id).checked_in_at == WEDNESDAY


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"digits": "12345"},
        {"digits": "１２３４"},
        {"ticket": ""},
        {"registration_id": "nobody"},
        {"row": "011"},
        {"digits": "1234", "ticket": "x"},
        {"digits": "1234", "at": "2021-05-12T12:00:00"},
        {"digits": "1234", "nonce": "once"},
        {"digits": "1234", "device": "门口的平板"},
    ],
)
def test_a_scan_that_shows_nothing_or_too_much_is_refused_in_words(bench: Bench, wish: dict[str, Any]) -> None:
    status, problem = show(bench, a_session(bench), **wish)
    assert (status, problem["code"]) == (422, "invalid")
    assert bench.all(Scan) == []


def test_unknown_people_and_sessions_are_told_apart(bench: Bench) -> None:
    session = a_session(bench)
    bench.at(WEDNESDAY)
    assert show(bench, session, registration_id=new_id())[1]["code"] == "unknown"
    assert show(bench, session, resident_id=new_id())[1]["code"] == "unknown"
    assert show(bench, session, row="011", sheet_id=new_id())[1]["code"] == "unknown"
    nowhere = bench.client("clerk").post(f"{API}/sessions/{new_id()}/scans", json={"digits": "1234"})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")


def test_somebody_with_a_place_online_takes_one_in_the_room_instead(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    bench.query("UPDATE session SET online_capacity = 5, online_taken = 1 WHERE id = %s RETURNING 1", (session.id,))
    registration = sign_up(bench, session)
    bench.query("UPDATE registration SET mode = 'online' WHERE id = %s RETURNING 1", (registration.id,))
    bench.query("UPDATE session SET taken = 0 WHERE id = %s RETURNING 1", (session.id,))
    bench.at(WEDNESDAY)
    assert show(bench, session, registration_id=registration.id)[1]["code"] == "ok"
    after = bench.get(Session, session.id)
    assert (after.taken, after.online_taken, bench.get(Registration, registration.id).mode) == (1, 0, "room")


def test_who_was_offered_a_place_and_comes_has_taken_it(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    registration = sign_up(bench, session)
    offered = "UPDATE registration SET state = 'offered', offered_at = now(), offer_expires_at = now() WHERE id = %s RETURNING 1"
    bench.query(offered, (registration.id,))
    bench.at(WEDNESDAY)
    assert show(bench, session, registration_id=registration.id)[1]["code"] == "ok"
    assert (state_of(bench, registration), bench.get(Session, session.id).taken) == ("confirmed", 1)


def test_stays_do_not_depend_on_the_order_in_which_scans_become_known() -> None:
    came = Mark(WEDNESDAY, UUID(int=1), "entry")
    left = Mark(WEDNESDAY + timedelta(minutes=9), UUID(int=2), "exit")
    back = Mark(WEDNESDAY + timedelta(minutes=12), UUID(int=3), "entry")
    assert stay_of([back, left, came]) == (came.at, None)
    assert stay_of([left, came]) == (came.at, left.at)
    assert stay_of([left]) is None
    assert needless([back, came]) == {back.nonce: "again"}
    assert needless([left, came]) == {}


def test_a_row_code_with_a_slip_or_from_another_sheet_means_nobody() -> None:
    code = row_code(1, 7)
    assert row_of(code, 1, 20) == 7
    wrong = {code[:place] + digit + code[place + 1 :] for place in range(3) for digit in "0123456789"} - {code}
    swapped = {code[1] + code[0] + code[2], code[0] + code[2] + code[1]} - {code}
    assert [row_of(typed, 1, 99) for typed in sorted(wrong | swapped)] == [None] * len(wrong | swapped)
    assert row_of(code, 2, 20) is None
    assert [row_of(typed, 1, 20) for typed in ("", "7", "٠٧١", row_code(1, 21), "abc")] == [None] * 5


def _told(bench: Bench, event: type[Any]) -> list[Any]:
    """Every fact of a type so far."""
    return [event.decode(json.loads(body)["data"], 1) for (body,) in _bodies(bench, event.type)]


def _bodies(bench: Bench, type: str) -> list[tuple[Any, ...]]:
    return bench.query("SELECT body FROM outbox WHERE type = %s ORDER BY seq", (type,))
