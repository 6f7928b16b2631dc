"""Let a carer act for an elder, on record."""

from __future__ import annotations

from uuid import UUID

from services.registration.domain.people import Ground, Relation
from services.registration.features import Command, problems
from services.registration.features.access_log import note
from services.registration.features.acting import authority_between
from services.registration.features.change_resident import lock_resident
from services.registration.tables import Authority, Resident
from shared.auth import Principal
from shared.contracts.registration import AuthorityGiven
from shared.unit import Unit
from shared.web import phrase

ONESELF = phrase("自己的事自己就能办，不用记成代办。")
NO_ACCOUNT = phrase("代办的人要先登记手机号，才能登录替长辈办事。")
ALREADY = phrase("已经记过了，不用再记。")


class GiveAuthority(Command):
    """`carer_id` may act for `elder_id`. Staff write it down on any ground; elders themselves give their own word."""

    elder_id: UUID
    carer_id: UUID
    relation: Relation
    ground: Ground = "own_word"
    by: Principal


def give_authority(command: GiveAuthority, unit: Unit) -> Authority:
    """Write it down and tell both; refuse a carer who could not log in."""
    if command.elder_id == command.carer_id:
        raise problems.NotForOneself(ONESELF)
    elder, carer = _both(command, unit)
    if not carer.phone:
        raise problems.CarerCannotLogIn(NO_ACCOUNT)
    if authority_between(elder.id, carer.id, unit) is not None:
        raise problems.AuthorityInForce(ALREADY)
    authority = Authority(
        elder_id=elder.id,
        carer_id=carer.id,
        relation=command.relation,
        ground=command.ground if command.by.kind == "staff" else "own_word",
        given_by=command.by.id,
        given_by_kind="staff" if command.by.kind == "staff" else "resident",
        given_at=unit.now,
    )
    unit.add(authority)
    note(unit, who=command.by, resident_id=elder.id, action="authority_given")
    unit.emit(
        AuthorityGiven(
            authority_id=authority.id,
            elder_id=elder.id,
            carer_id=carer.id,
            relation=authority.relation,
            ground=authority.ground,
        )
    )
    return authority


def _both(command: GiveAuthority, unit: Unit) -> tuple[Resident, Resident]:
    """Elder and carer, locked in one order whoever is who, so that two such commands cannot wait for each other."""
    locked = {id: lock_resident(id, unit) for id in sorted((command.elder_id, command.carer_id))}
    return locked[command.elder_id], locked[command.carer_id]
