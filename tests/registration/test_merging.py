"""Two records of one person become one, and two again if that was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registration.domain.merging import Held, Resolution, resolve
from services.registration.features import problems
from services.registration.features.belongings import CLASH
from services.registration.features.calendar_feed import MakeFeed, make_feed
from services.registration.features.change_consent import ChangeConsent, change_consent
from services.registration.features.end_authority import EndAuthority, end_authority
from services.registration.features.erase import Erase, erase
from services.registration.features.erasures import AskErasure, ask_erasure
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.features.merge_residents import MergeResidents, merge_residents
from services.registration.features.register_resident import resident_with_phone
from services.registration.features.undo_merge import UndoMerge, undo_merge
from services.registration.projections.duplicates import duplicates
from services.registration.projections.people import find_people
from services.registration.tables import Authority, Merge, Registration, Resident, Session
from shared.contracts.registration import ConsentChanged, MergeUndone, ResidentsMerged
from shared.event import new_id
from shared.testing import Bench
from tests.registration.learned import KEPT, a_taught_course
from tests.registration.people import ANYWHERE, WEDNESDAY, a_resident, a_session, sign_up, state_of
from tests.registration.test_carers import staff

ID = "11010519491231002X"


def merge(bench: Bench, kept: Resident, merged: Resident) -> Merge:
    return bench.run(merge_residents, MergeResidents(kept_id=kept.id, merged_id=merged.id, by=staff()))


def undo(bench: Bench, done: Merge) -> Merge:
    return bench.run(undo_merge, UndoMerge(merge_id=done.id, by=staff()))


def owners(bench: Bench) -> list[UUID]:
    return [row.resident_id for row in sorted(bench.all(Registration), key=lambda row: row.id)]


def test_what_the_merged_record_had_is_the_kept_ones(bench: Bench) -> None:
    kept, merged = (
        a_resident(bench, phone=""),
        a_resident(bench, phone="13800138000", id_number=ID, consents=frozenset({"texts"})),
    )
    place = sign_up(bench, a_session(bench), merged)
    done = merge(bench, kept, merged)
    assert ResidentsMerged(merge_id=done.id, kept=kept.id, merged=merged.id) in bench.said
    assert ConsentChanged(resident_id=kept.id, purpose="texts", given=True, channel="staff") in bench.said
    assert owners(bench) == [kept.id]
    now = bench.get(Resident, kept.id)
    assert (now.phone_mark, now.id_mark, now.birth_year) == (merged.phone_mark, merged.id_mark, 1949)
    assert bench.get(Resident, merged.id).merged_into == kept.id
    undo(bench, done)
    assert MergeUndone(merge_id=done.id, kept=kept.id, merged=merged.id) in bench.said
    assert ConsentChanged(resident_id=kept.id, purpose="texts", given=False, channel="staff") in bench.said
    assert owners(bench) == [merged.id]
    assert bench.get(Registration, place.id) == place
    assert (readable(bench, kept), readable(bench, merged)) == before_of(kept, merged)


def readable(bench: Bench, resident: Resident) -> dict[str, Any]:
    return bench.get(Resident, resident.id).model_dump(exclude={"pinyin"})


def before_of(*residents: Resident) -> tuple[dict[str, Any], ...]:
    return tuple(resident.model_dump(exclude={"pinyin"}) for resident in residents)


def test_a_merged_number_still_leads_to_the_person_who_is_found_once(bench: Bench) -> None:
    kept, merged = a_resident(bench, name="王秀珍"), a_resident(bench, name="王秀珍", phone="13800138000")
    merge(bench, kept, merged)
    with bench.service.begin() as unit:
        found = resident_with_phone(merged.phone_mark or "", unit)
        assert found is not None
        assert found.id == kept.id
        assert [person.id for person in find_people("王", unit, ANYWHERE).people] == [kept.id]
        assert [person.id for person in find_people("13800138000", unit, ANYWHERE).people] == [kept.id]


def test_one_of_two_places_in_a_session_is_given_back_and_comes_again_with_the_undoing(bench: Bench) -> None:
    kept, merged, session = a_resident(bench), a_resident(bench), a_session(bench, capacity=2)
    mine, theirs = sign_up(bench, session, kept), sign_up(bench, session, merged)
    done = merge(bench, kept, merged)
    assert [state_of(bench, each) for each in (mine, theirs)] == ["confirmed", "cancelled"]
    assert bench.get(Session, session.id).taken == 1
    undo(bench, done)
    assert [bench.get(Registration, each.id) for each in (mine, theirs)] == [mine, theirs]
    assert bench.get(Session, session.id).taken == 2


def test_the_better_of_two_stays_whoever_had_it(bench: Bench) -> None:
    kept, merged, session = a_resident(bench), a_resident(bench), a_session(bench, capacity=1)
    theirs, mine = sign_up(bench, session, merged), sign_up(bench, session, kept)
    done = merge(bench, kept, merged)
    assert [state_of(bench, each) for each in (theirs, mine)] == ["confirmed", "cancelled"]
    assert owners(bench) == [kept.id, kept.id]
    undo(bench, done)
    assert [bench.get(Registration, each.id) for each in (theirs, mine)] == [theirs, mine]


def test_a_place_that_went_to_somebody_else_is_waited_for_after_the_undoing(bench: Bench) -> None:
    kept, merged, session = a_resident(bench), a_resident(bench), a_session(bench, capacity=2)
    sign_up(bench, session, kept)
    theirs = sign_up(bench, session, merged)
    done = merge(bench, kept, merged)
    sign_up(bench, session)
    undo(bench, done)
    assert state_of(bench, theirs) == "waitlisted"
    assert bench.get(Session, session.id).taken == 2


def test_what_happened_before_stays_with_each(bench: Bench) -> None:
    kept, merged, session = a_resident(bench), a_resident(bench), a_session(bench)
    mine, theirs = sign_up(bench, session, kept), sign_up(bench, session, merged)
    bench.at(WEDNESDAY)
    merge(bench, kept, merged)
    assert [state_of(bench, each) for each in (mine, theirs)] == ["confirmed", "confirmed"]
    assert sorted(owners(bench)) == sorted([kept.id, merged.id])


@pytest.mark.parametrize(
    ("kept", "merged", "resolution"),
    [
        (Held("waitlisted", 3, False), Held("waitlisted", 2, False), Resolution.GIVE_BACK_KEPT),
        (Held("waitlisted", 2, False), Held("offered", 3, False), Resolution.GIVE_BACK_KEPT),
        (Held("confirmed", None, False), Held("offered", 3, False), Resolution.GIVE_BACK_MERGED),
        (Held("confirmed", None, False), Held("confirmed", None, False), Resolution.GIVE_BACK_MERGED),
        (Held("confirmed", None, True), Held("confirmed", None, False), Resolution.STAYS_APART),
    ],
)
def test_which_of_two_registrations_stays(kept: Held, merged: Held, resolution: Resolution) -> None:
    assert resolve(kept, merged, begun=False) is resolution
    assert resolve(kept, merged, begun=True) is Resolution.STAYS_APART


def test_what_cannot_be_merged_or_undone_says_so(bench: Bench) -> None:
    first, second, third = (a_resident(bench) for _ in range(3))
    done = merge(bench, first, second)
    with pytest.raises(problems.NotForOneself):
        merge(bench, first, first)
    with pytest.raises(problems.MergedAway):
        merge(bench, third, second)
    nobody = MergeResidents(kept_id=first.id, merged_id=new_id(), by=staff())
    with pytest.raises(problems.UnknownResident):
        bench.run(merge_residents, nobody)
    later = merge(bench, third, first)
    with pytest.raises(problems.MergedAgainSince):
        undo(bench, done)
    undo(bench, later)
    undo(bench, done)
    with pytest.raises(problems.UnknownMerge):
        undo(bench, done)


def test_namesakes_with_one_phone_tail_or_birth_year_are_suggested(bench: Bench) -> None:
    old = a_resident(bench, name="王秀珍", phone="13800138000", birth_year=1947)
    again = a_resident(bench, name="王秀珍", phone="", landline="63288000")
    year = a_resident(bench, name="王秀珍", phone="", birth_year=1947)
    a_resident(bench, name="王秀珍", birth_year=1950)
    a_resident(bench, name="李秀珍", phone="", landline="63288000")
    with bench.service.begin() as unit:
        pairs = [(pair.older.id, pair.newer.id, pair.same_tail, pair.same_year) for pair in duplicates(unit, ANYWHERE)]
    assert pairs == [(old.id, again.id, True, False), (old.id, year.id, False, True)]


def test_staff_see_what_a_merge_does_do_it_and_take_it_back(bench: Bench) -> None:
    kept = a_resident(bench, name="王秀珍", phone="13800138000")
    merged = a_resident(bench, name="王秀珍", phone="", landline="63288000")
    session = a_session(bench)
    sign_up(bench, session, kept)
    sign_up(bench, session, merged)
    clerk = bench.client("clerk", browser=True)
    assert "看看怎么合并" in clerk.get("/registration/duplicates").text
    path = f"/registration/duplicates/merge?kept={kept.id}&merged={merged.id}"
    plan = clerk.get(path).text
    assert "退掉另一份的名额" in plan
    assert bench.all(Merge) == []
    assert clerk.post(path).status_code == 303
    assert clerk.get(f"/registration/residents/{merged.id}").headers["location"].endswith(str(kept.id))
    assert "并错了，分开" in clerk.get(f"/registration/residents/{kept.id}").text
    (done,) = bench.all(Merge)
    assert clerk.post("/registration/duplicates/undo", data={"merge_id": str(done.id)}).status_code == 303
    assert bench.get(Resident, merged.id).merged_into is None
    assert clerk.post("/registration/duplicates/undo", data={"merge_id": str(done.id)}).status_code == 404


@pytest.fixture(scope="module")
def street(databases_of_session: Any, keys: Any) -> Iterator[Bench]:
    """Four records of who knows how many people, in a database of its own for all examples."""
    from services.registration.main import service

    made = service(database_url=databases_of_session.fresh("registration"), keys=keys, profile="demo")
    yield Bench(made)
    made.close()


def everything(bench: Bench) -> list[Any]:
    """What a merge may touch, as it is now."""
    registrations = "SELECT id, resident_id, state, queue, party, mode, prefers_room, cancelled_at FROM registration ORDER BY id"
    residents = (
        "SELECT id, phone_mark, id_mark, phone, id_number, landline, birth_year, needs, merged_into FROM resident ORDER BY id"
    )
    return [
        bench.query(registrations),
        bench.query(residents),
        bench.query("SELECT id, resident_id, purpose, withdrawn_at FROM consent ORDER BY id"),
        bench.query("SELECT id, elder_id, carer_id FROM authority ORDER BY id"),
        bench.query("SELECT id, taken FROM session ORDER BY id"),
        *(sorted(bench.query(f"SELECT * FROM {table.__tablename__}"), key=repr) for table in CLASH),
        [sorted(marks) for (marks,) in bench.query("SELECT marks FROM resident_marks ORDER BY resident_id")],
    ]


pairs = st.permutations(range(4)).map(lambda order: (order[0], order[1]))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), unique=True, max_size=6),
    consents=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["texts", "photo_name"])), unique=True, max_size=4),
    carers=st.lists(pairs, unique=True, max_size=3),
    learned=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from(sorted(KEPT))), unique=True, max_size=12),
    merges=st.lists(pairs, min_size=1, max_size=5),
)
def test_any_merges_taken_back_in_turn_leave_everything_as_it_was(
    street: Bench, places: list[Any], consents: list[Any], carers: list[Any], learned: list[Any], merges: list[Any]
) -> None:
    bench = street
    bench.at(WEDNESDAY.replace(day=10))
    people = [
        a_resident(bench),
        a_resident(bench, landline="63281234", birth_year=1947),
        a_resident(bench, needs=frozenset({"wheelchair"})),
        a_resident(bench, phone="", birth_year=1950),
    ]
    sessions = [a_session(bench, capacity=10), a_session(bench, capacity=10)]
    for who, which in places:
        sign_up(bench, sessions[which], people[who])
    for who, purpose in consents:
        bench.run(change_consent, ChangeConsent(resident_id=people[who].id, purpose=purpose, given=True, channel="web"))
    for elder, carer in carers:
        if people[carer].phone:
            wish = GiveAuthority(
                elder_id=people[elder].id, carer_id=people[carer].id, relation="child", ground="written", by=staff()
            )
            bench.run(give_authority, wish)
    lessons = [a_taught_course(bench) for _ in range(2)]
    for who, which, kind in learned:
        bench.add(*KEPT[kind](lessons[which], people[who].id))
    before = everything(bench)
    done = []
    for kept, merged in merges:
        try:
            done.append(merge(bench, people[kept], people[merged]))
        except (problems.MergedAway, problems.TwoSeats):
            continue
    for each in reversed(done):
        undo(bench, each)
    assert everything(bench) == before


def test_staff_merge_and_take_back_through_the_interface_and_nobody_else_does(bench: Bench) -> None:
    kept = a_resident(bench, name="王秀珍", birth_year=1947)
    merged = a_resident(bench, name="王秀珍", birth_year=1947)
    clerk, api = bench.client("clerk"), "/registration/api"
    (pair,) = clerk.get(f"{api}/duplicates").json()
    assert (pair["older"]["id"], pair["newer"]["name"], pair["same_year"]) == (str(kept.id), "王**", True)
    wish = {"kept": str(kept.id), "merged": str(merged.id)}
    assert bench.client("resident", id=kept.id).post(f"{api}/merges", json=wish).status_code == 403
    assert bench.client().get(f"{api}/duplicates").status_code == 401
    made = clerk.post(f"{api}/merges", json=wish)
    assert made.status_code == 201
    again = clerk.post(f"{api}/merges", json=wish)
    assert (again.status_code, again.json()["code"]) == (409, "merged_away")
    undone = [clerk.post(f"{api}/merges/{made.json()['id']}/undo").status_code for _ in range(2)]
    assert undone == [204, 404]


def test_what_was_looked_at_is_read_in_one_log_and_apart_again_after_the_undoing(bench: Bench) -> None:
    kept, merged = a_resident(bench), a_resident(bench)
    api, clerk = "/registration/api", bench.client("clerk")
    clerk.post(f"{api}/residents/{merged.id}/reveal", json={"why": "核对号码"})
    done = merge(bench, kept, merged)
    mine, theirs = (bench.client("resident", id=resident.id) for resident in (kept, merged))
    assert [line["action"] for line in mine.get(f"{api}/residents/me/access-log").json()] == ["merged", "revealed"]
    undo(bench, done)
    assert [line["action"] for line in mine.get(f"{api}/residents/me/access-log").json()] == ["unmerged", "merged"]
    assert [line["action"] for line in theirs.get(f"{api}/residents/me/access-log").json()] == ["unmerged", "revealed"]


def test_ended_authorities_move_too_and_nobody_is_cared_for_twice(bench: Bench) -> None:
    kept, merged, carer = (a_resident(bench) for _ in range(3))

    def cares(elder: Resident) -> Authority:
        wish = GiveAuthority(elder_id=elder.id, carer_id=carer.id, relation="child", ground="own_word", by=staff())
        return bench.run(give_authority, wish)

    ended = cares(merged)
    bench.run(end_authority, EndAuthority(authority_id=ended.id, by=staff()))
    cares(kept)
    cares(merged)
    done = merge(bench, kept, merged)
    assert bench.get(Authority, ended.id).elder_id == kept.id
    shown = bench.client("resident", id=carer.id).get("/registration/api/residents/me").json()["elders"]
    assert [elder["resident_id"] for elder in shown] == [str(kept.id)]
    undo(bench, done)
    assert bench.get(Authority, ended.id).elder_id == merged.id


def test_the_merged_record_s_calendar_address_shows_the_kept_one_s_places_until_it_ends(bench: Bench) -> None:
    kept, merged = a_resident(bench), a_resident(bench)
    session = a_session(bench)
    sign_up(bench, session, kept)
    token = bench.run(make_feed, MakeFeed(resident_id=merged.id))

    def read() -> tuple[int, bool]:
        answer = bench.client().get(f"/registration/api/calendars/{token}.ics")
        return answer.status_code, str(session.id) in answer.text

    assert read() == (200, False)
    done = merge(bench, kept, merged)
    assert read() == (200, True)
    undo(bench, done)
    assert read() == (200, False)
    merge(bench, kept, merged)
    bench.run(make_feed, MakeFeed(resident_id=kept.id))
    assert read() == (404, False)


@pytest.mark.parametrize("whose", ["kept", "merged"])
def test_who_asked_to_be_forgotten_is_not_merged(bench: Bench, whose: str) -> None:
    people = {"kept": a_resident(bench), "merged": a_resident(bench)}
    wish = bench.run(ask_erasure, AskErasure(resident_id=people[whose].id, asked_by="resident"))
    clerk, ids = bench.client("clerk"), {name: str(person.id) for name, person in people.items()}
    refused = clerk.post("/registration/api/merges", json=ids)
    assert (refused.status_code, refused.json()["code"]) == (409, "to_be_forgotten")
    assert "正在申请删除" in refused.json()["detail"]
    page = bench.client("clerk", browser=True)
    assert page.get(f"/registration/duplicates/merge?kept={ids['kept']}&merged={ids['merged']}").status_code == 409
    bench.run(erase, Erase(erasure_id=wish.id, sources=()))
    refused = clerk.post("/registration/api/merges", json=ids)
    assert (refused.status_code, refused.json()["code"]) == (409, "to_be_forgotten")
    assert "已经按本人的要求删除" in refused.json()["detail"]
    assert bench.all(Merge) == []


def test_a_merged_record_does_not_ask_to_be_forgotten_alone(bench: Bench) -> None:
    kept, merged = a_resident(bench), a_resident(bench)
    merge(bench, kept, merged)
    with pytest.raises(problems.MergedAway):
        bench.run(ask_erasure, AskErasure(resident_id=merged.id, asked_by="staff"))
