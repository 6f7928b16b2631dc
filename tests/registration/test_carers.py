"""A carer acts for an elder on recorded authority, and everybody's record says who looked at it."""

from __future__ import annotations

from uuid import UUID

from services.registration.features.access_log import WHY, note
from services.registration.features.acting import may_act_for
from services.registration.tables import AccessNote, Authority
from shared.auth import Principal
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import a_resident


def staff() -> Principal:
    """A clerk."""
    return Principal(id=new_id(), kind="staff", name="小陈", roles=frozenset({"clerk"}))


def may(bench: Bench, actor: UUID, resident: UUID) -> bool:
    with bench.service.begin() as unit:
        return may_act_for(actor, resident, unit)


def test_people_act_for_themselves_and_carers_while_their_authority_is_in_force(bench: Bench) -> None:
    elder, carer, stranger = a_resident(bench), a_resident(bench), a_resident(bench)
    given = bench.add(
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
    assert [may(bench, each.id, elder.id) for each in (elder, carer, stranger)] == [True, True, False]
    assert not may(bench, elder.id, carer.id)
    with bench.service.begin() as unit:
        ended = unit.lock(Authority, given.id)
        ended.ended_at, ended.ended_by = unit.now, elder.id
    assert not may(bench, carer.id, elder.id)


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
