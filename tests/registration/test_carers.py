"""A carer acts for an elder on recorded authority, and everybody's record says who looked at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.registration.features import problems
from services.registration.features.access_log import WHY, note
from services.registration.features.acting import may_act_for
from services.registration.features.end_authority import EndAuthority, end_authority
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.features.share_household import ShareHousehold, share_household
from services.registration.tables import AccessNote, Authority, Registration, Resident
from shared.auth import Principal
from shared.contracts.registration import AuthorityEnded, AuthorityGiven
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import a_resident, a_session, sign_up, state_of


def staff() -> Principal:
    """A clerk."""
    return Principal(id=new_id(), kind="staff", name="小陈", roles=frozenset({"clerk"}))


def may(bench: Bench, actor: UUID, resident: UUID) -> bool:
    with bench.service.begin() as unit:
        return may_act_for(actor, resident, unit)


def themselves(resident: Resident) -> Principal:
    """The resident, logged in."""
    return Principal(id=resident.id, kind="resident", name="", roles=frozenset({"resident"}))


def lets_act(bench: Bench, elder: Resident, carer: Resident) -> Authority:
    """The elder's word, written down at the counter."""
    wish = GiveAuthority(elder_id=elder.id, carer_id=carer.id, relation="child", ground="own_word", by=staff())
    return bench.run(give_authority, wish)


def test_people_act_for_themselves_and_carers_while_their_authority_is_in_force(bench: Bench) -> None:
    elder, carer, stranger = a_resident(bench), a_resident(bench), a_resident(bench)
    given = lets_act(bench, elder, carer)
    assert bench.said == [
        AuthorityGiven(authority_id=given.id, elder_id=elder.id, carer_id=carer.id, relation="child", ground="own_word")
    ]
    assert [may(bench, each.id, elder.id) for each in (elder, carer, stranger)] == [True, True, False]
    assert not may(bench, elder.id, carer.id)
    bench.run(end_authority, EndAuthority(authority_id=given.id, by=themselves(elder)))
    assert bench.said == [AuthorityEnded(authority_id=given.id, elder_id=elder.id, carer_id=carer.id)]
    assert not may(bench, carer.id, elder.id)
    bench.run(end_authority, EndAuthority(authority_id=given.id, by=themselves(carer)))
    assert bench.said == []
    assert lets_act(bench, elder, carer).id != given.id


def test_a_stranger_ends_nobodys_authority(bench: Bench) -> None:
    given = lets_act(bench, a_resident(bench), a_resident(bench))
    for id, who in ((given.id, themselves(a_resident(bench))), (new_id(), staff())):
        with pytest.raises(problems.UnknownAuthority):
            bench.run(end_authority, EndAuthority(authority_id=id, by=who))
    assert bench.get(Authority, given.id).ended_at is None


def test_an_authority_needs_two_people_once_and_a_carer_who_can_log_in(bench: Bench) -> None:
    elder, carer, offline = a_resident(bench), a_resident(bench), a_resident(bench, phone="")
    lets_act(bench, elder, carer)
    with pytest.raises(problems.AuthorityInForce):
        lets_act(bench, elder, carer)
    with pytest.raises(problems.NotForOneself):
        lets_act(bench, elder, elder)
    with pytest.raises(problems.CarerCannotLogIn):
        lets_act(bench, elder, offline)
    nobody = GiveAuthority(elder_id=elder.id, carer_id=new_id(), relation="other", ground="written", by=staff())
    with pytest.raises(problems.UnknownResident):
        bench.run(give_authority, nobody)
    assert len(bench.all(Authority)) == 1


def test_an_elder_names_a_carer_by_name_and_number_and_learns_nothing_of_strangers(bench: Bench) -> None:
    elder = a_resident(bench)
    carer = a_resident(bench, name="王小明", phone="13900139000")
    client = browser(bench, elder)
    wish = {"name": "王小明", "phone": "139 0013 9000", "relation": "child"}
    wrong = [client.post("/registration/family", data=wish | other) for other in ({"name": "王大明"}, {"phone": "13900139001"})]
    assert [(answer.status_code, "没有找到这位" in answer.text) for answer in wrong] == [(422, True), (422, True)]
    assert client.post("/registration/family", data=wish).status_code == 303
    (given,) = bench.all(Authority)
    assert (given.elder_id, given.carer_id, given.ground, given.given_by_kind) == (elder.id, carer.id, "own_word", "resident")
    assert "王小明" in client.get("/registration/family").text


def browser(bench: Bench, resident: Resident) -> Any:
    """The resident at their browser."""
    return bench.client("resident", id=resident.id, browser=True)


def test_a_carer_signs_an_elder_up_and_gives_the_place_back_and_the_elder_sees_it(bench: Bench) -> None:
    elder, carer, session = a_resident(bench), a_resident(bench), a_session(bench)
    lets_act(bench, elder, carer)
    client, path = browser(bench, carer), f"/registration/family/{elder.id}"
    assert "可以报名的" in client.get(path).text
    client.post(path, data={"session_id": str(session.id)})
    (place,) = bench.all(Registration)
    assert (place.resident_id, place.state) == (elder.id, "confirmed")
    assert "退掉这个名额" in client.get(path).text
    client.post(f"{path}/give-back", data={"registration_id": str(place.id)})
    assert state_of(bench, place) == "cancelled"
    looked = browser(bench, elder).get("/registration/looked").text
    assert "代为报名" in looked
    assert "代为退了名额" in looked


def test_a_stranger_does_nothing_for_an_elder(bench: Bench) -> None:
    elder, stranger, session = a_resident(bench), a_resident(bench), a_session(bench)
    place = sign_up(bench, session, elder)
    client, path = browser(bench, stranger), f"/registration/family/{elder.id}"
    answers = [
        client.get(path),
        client.post(path, data={"session_id": str(session.id)}),
        client.post(f"{path}/give-back", data={"registration_id": str(place.id)}),
        client.get(f"/registration/family/{new_id()}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.text for answer in (answers[0], answers[3])}) == 1
    assert state_of(bench, place) == "confirmed"


def test_a_household_is_who_lives_together(bench: Bench) -> None:
    mother, son, lodger = a_resident(bench), a_resident(bench), a_resident(bench)
    for one in (son, lodger):
        bench.run(share_household, ShareHousehold(resident_id=one.id, lives_with=mother.id, by=staff()))
    assert len({resident.household_id for resident in bench.all(Resident)}) == 1
    bench.run(share_household, ShareHousehold(resident_id=lodger.id, by=staff()))
    assert bench.get(Resident, lodger.id).household_id is None
    with pytest.raises(problems.UnknownResident):
        bench.run(share_household, ShareHousehold(resident_id=son.id, lives_with=new_id(), by=staff()))
    with pytest.raises(problems.NotForOneself):
        bench.run(share_household, ShareHousehold(resident_id=son.id, lives_with=son.id, by=staff()))


def test_a_look_at_a_record_is_noted_with_its_reason_but_not_ones_own(bench: Bench) -> None:
    me, clerk = a_resident(bench), staff()
    with bench.service.begin() as unit:
        note(unit, who=clerk, resident_id=me.id, action="revealed", why="核对王阿姨的地址")
        note(
            unit,
            who=Principal(id=me.id, kind="resident", name="", roles=frozenset({"resident"})),
            resident_id=me.id,
            action="changed",
        )
    (line,) = bench.all(AccessNote)
    assert (line.who_id, line.role, line.action) == (clerk.id, "clerk", "revealed")
    assert bench.service.keys.decrypt(line.why, WHY) == "核对王阿姨的地址"
    assert "王阿姨" not in repr(bench.query("SELECT * FROM access_note"))
