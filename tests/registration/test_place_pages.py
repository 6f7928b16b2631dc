"""Places on the pages and through the interface: offers, family, parties, terms, and why somebody waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.registration.features.cancel import Cancel, cancel
from services.registration.features.register import Register, register
from services.registration.tables import Authority, Registration, Resident, Session
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, state_of, the_noon_half_hour, with_rules

API = "/registration/api"


def browser(bench: Bench, resident: Resident) -> Any:
    return bench.client("resident", id=resident.id, browser=True)


def caller(bench: Bench, resident: Resident) -> Any:
    return bench.client("resident", id=resident.id)


def a_carer_of(bench: Bench, elder: Resident) -> Resident:
    carer = a_resident(bench, "王小明")
    bench.add(
        Authority(
            elder_id=elder.id,
            carer_id=carer.id,
            relation="child",
            ground="own_word",
            given_by=new_id(),
            given_by_kind="staff",
            given_at=elder.registered_at,
        )
    )
    return carer


def on_offer(bench: Bench, me: Resident) -> tuple[Session, Registration]:
    """A session of one place that is kept for `me`, while somebody else waits."""
    session = a_session(bench, capacity=1)
    holder, mine = sign_up(bench, session), sign_up(bench, session, me)
    sign_up(bench, session)
    bench.run(cancel, Cancel(registration_id=holder.id, channel="staff"))
    return session, mine


def test_a_place_on_offer_is_taken_with_one_tap(bench: Bench) -> None:
    me = a_resident(bench)
    _, mine = on_offer(bench, me)
    client, path = browser(bench, me), f"/registration/mine/{mine.id}"
    assert "有名额给您留着，请答复" in client.get("/registration/mine").text
    shown = client.get(path).text
    assert "我要这个名额" in shown
    assert "5月10日" in shown or "今天" in shown
    assert client.post(path, data={"act": "accept"}).status_code == 303
    assert state_of(bench, mine) == "confirmed"
    assert "我要这个名额" not in client.get(path).text


def test_a_place_on_offer_is_let_go_with_another(bench: Bench) -> None:
    me = a_resident(bench)
    _, mine = on_offer(bench, me)
    client, path = browser(bench, me), f"/registration/mine/{mine.id}"
    client.post(path, data={"act": "give_back"})
    assert "这个名额您没有要" in client.get(path).text
    again = client.post(path, data={"act": "accept"})
    assert (again.status_code, "没有给您留着" in again.text) == (409, True)


def test_a_ticket_says_why_one_waits(bench: Bench) -> None:
    session = with_rules(bench, a_session(bench, capacity=2), party_max=2)
    sign_up(bench, session)
    first, me = a_resident(bench), a_resident(bench)
    for resident in (first, me):
        bench.run(register, Register(session_id=session.id, resident_id=resident.id, party=2))
    (mine,) = [each for each in bench.all(Registration) if each.resident_id == me.id]
    shown = browser(bench, me).get(f"/registration/mine/{mine.id}").text
    assert "前面有 1 位更早排队，一共要 2 个名额。" in shown
    assert "再空出 3 个名额，就一定轮到您。" in shown


def test_a_carer_signs_an_elder_up_and_the_record_says_so(bench: Bench) -> None:
    elder = a_resident(bench, "王秀珍")
    carer, session = a_carer_of(bench, elder), with_rules(bench, a_session(bench, capacity=4), party_max=2)
    client = browser(bench, carer)
    page = client.get(f"/registration/sessions/{session.id}").text
    assert "王秀珍" in page
    signed = client.post(f"/registration/sessions/{session.id}", data={"who": str(elder.id), "party": "2"})
    (registration,) = bench.all(Registration)
    assert (registration.resident_id, registration.party, registration.acted_by) == (elder.id, 2, carer.id)
    assert "王秀珍的名额" in client.get(signed.headers["location"]).text
    assert client.post(f"/registration/mine/{registration.id}").status_code == 303
    assert state_of(bench, registration) == "cancelled"
    stranger = browser(bench, a_resident(bench))
    assert stranger.get(f"/registration/mine/{registration.id}").status_code == 404
    assert stranger.post(f"/registration/sessions/{session.id}", data={"who": str(elder.id)}).status_code == 404


def test_who_waits_for_the_room_may_follow_from_home_meanwhile(bench: Bench) -> None:
    session, me = with_rules(bench, a_session(bench, capacity=1), online_capacity=3), a_resident(bench)
    sign_up(bench, session)
    mine = sign_up(bench, session, me)
    client, path = browser(bench, me), f"/registration/mine/{mine.id}"
    assert "先在线上看" in client.get(path).text
    client.post(path, data={"act": "online_meanwhile"})
    shown = client.get(path).text
    assert "现场的候补还留着，第 1 位" in shown
    full = client.post(path, data={"act": "room"})
    assert (full.status_code, "没有空名额" in full.text) == (409, True)


def test_staff_see_who_is_asked_and_why_others_wait_and_note_an_answer(bench: Bench) -> None:
    me = a_resident(bench, phone="")
    session, mine = on_offer(bench, me)
    path = f"/registration/desk/sessions/{session.id}/waitlist"
    clerk = bench.client("clerk", browser=True)
    shown = clerk.get(path).text
    assert "收不到短信，请打电话" in shown
    assert "前面没有人了" in shown
    assert browser(bench, me).get(path).status_code == 403
    assert clerk.post(path, data={"registration_id": str(mine.id), "answer": "accept"}).status_code == 303
    assert state_of(bench, mine) == "confirmed"
    assert clerk.post(path, data={"registration_id": str(new_id()), "answer": "accept"}).status_code == 404


@pytest.mark.parametrize("page", ["mine/{mine}", "desk/sessions/{session}/waitlist", "sessions/{session}"])
def test_pages_of_places_speak_english_too(bench: Bench, page: str) -> None:
    me = a_resident(bench)
    session, mine = on_offer(bench, me)
    client = bench.client("clerk", browser=True) if "desk" in page else browser(bench, me)
    client.cookies.set("view-language", "en")
    assert 'lang="en"' in client.get(f"/registration/{page.format(session=session.id, mine=mine.id)}").text


def test_the_interface_answers_offers_and_explains_the_line(bench: Bench) -> None:
    me = a_resident(bench)
    session, mine = on_offer(bench, me)
    client, clerk = caller(bench, me), bench.client("clerk")
    (line,) = clerk.get(f"{API}/sessions/{session.id}/waitlist").json()
    (waiter,) = line["waiters"]
    assert (line["mode"], line["policy"], waiter["outlook"]["position"]) == ("room", "strict", 1)
    assert waiter["outlook"]["why"] == ["前面没有人了，您排在最前。", "再空出 1 个名额，就一定轮到您。"]
    foreign = f"{API}/registrations/{waiter['registration']['id']}"
    for verb in ("accept", "decline", "cancel"):
        assert client.post(f"{foreign}/{verb}").status_code == 404
    assert client.get(f"{foreign}/outlook").status_code == 404
    path = f"{API}/registrations/{mine.id}"
    assert client.get(f"{path}/outlook").json()["code"] == "not_waiting"
    assert client.post(f"{path}/accept").json()["state"] == "confirmed"
    assert client.post(f"{path}/decline").json()["code"] == "no_offer"
    assert client.post(f"{path}/mode", json={"mode": "online"}).json()["code"] == "no_room"
    assert client.post(f"{path}/mode", json={"mode": "🚀"}).status_code == 422


def test_the_interface_signs_up_for_a_term_and_leaves_it(bench: Bench) -> None:
    programme, me = the_noon_half_hour(bench), a_resident(bench)
    for week in range(3):
        a_session(bench, programme=programme, starts_at=WEDNESDAY + timedelta(days=7 * week))
    client = caller(bench, me)
    wish = {"programme_id": str(programme.id), "since": "2021-05-13"}
    signed = client.post(f"{API}/enrolments", json=wish)
    assert (signed.status_code, [each["registration"]["state"] for each in signed.json()]) == (201, ["confirmed"] * 2)
    backwards = client.post(f"{API}/enrolments", json=wish | {"until": "2021-05-01"})
    assert (backwards.status_code, backwards.json()["code"]) == (422, "invalid")
    foreign = client.post(f"{API}/enrolments", json=wish | {"resident_id": str(a_resident(bench).id)})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_resident")
    left = client.post(f"{API}/enrolments/leave", json=wish)
    assert [each["state"] for each in left.json()] == ["cancelled"] * 2


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"party": 3}, "party_too_large"),
        ({"mode": "online"}, "not_online"),
        ({"party": 0}, "invalid"),
        ({"party": "两个"}, "invalid"),
        ({"mode": "moon"}, "invalid"),
        ({"at_once": "maybe"}, "invalid"),
        ({"nominated": True}, "invalid"),
    ],
)
def test_wishes_that_cannot_be_are_refused_in_words_and_leave_nothing(bench: Bench, wish: dict[str, Any], code: str) -> None:
    session = with_rules(bench, a_session(bench), party_max=2)
    answer = caller(bench, a_resident(bench)).post(f"{API}/registrations", json={"session_id": str(session.id)} | wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert bench.all(Registration) == []
