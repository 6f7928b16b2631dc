"""Let somebody act for oneself: an elder names a carer by name and number."""

from __future__ import annotations

from services.registration.domain.names import tidy_name
from services.registration.domain.people import Relation
from services.registration.features import Command, problems
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.features.mobile import SomeMobile
from services.registration.features.register_resident import phone_mark_of, resident_with_phone
from services.registration.tables import Authority
from shared.auth import Principal
from shared.unit import Unit
from shared.web import phrase

NOBODY = phrase("没有找到这位：请核对姓名和手机号；还没登记的，请先到居委会登记。")


class NameCarer(Command):
    """`by` lets the resident registered as `name` with `phone` act for them."""

    name: str
    phone: SomeMobile
    relation: Relation
    by: Principal


def name_carer(command: NameCarer, unit: Unit) -> Authority:
    """Find the carer and give the authority; a number without its right name is answered like an unknown one."""
    mark = phone_mark_of(command.phone, unit)
    carer = resident_with_phone(mark, unit) if mark else None
    if carer is None or unit.keys.decrypt(carer.name, "resident.name") != tidy_name(command.name):
        raise problems.UnknownResident(NOBODY)
    return give_authority(
        GiveAuthority(elder_id=command.by.id, carer_id=carer.id, relation=command.relation, by=command.by), unit
    )
