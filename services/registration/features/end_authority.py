"""End a carer's authority: either of the two may, and staff."""

from __future__ import annotations

from uuid import UUID

from services.registration.features import Command, problems
from services.registration.features.access_log import note
from services.registration.tables import Authority
from shared.auth import Principal
from shared.contracts.registration import AuthorityEnded
from shared.unit import Unit
from shared.web import phrase

UNKNOWN = phrase("没有找到这条代办记录，它可能已经结束了。")


class EndAuthority(Command):
    """The authority ends now."""

    authority_id: UUID
    by: Principal


def end_authority(command: EndAuthority, unit: Unit) -> Authority:
    """Write it down and tell both; ended once more, it stays as it was."""
    authority = unit.session.get(Authority, command.authority_id, with_for_update=True, populate_existing=True)
    if authority is None or (command.by.kind != "staff" and command.by.id not in (authority.elder_id, authority.carer_id)):
        raise problems.UnknownAuthority(UNKNOWN)
    if authority.ended_at is not None:
        return authority
    authority.ended_at, authority.ended_by = unit.now, command.by.id
    note(unit, who=command.by, resident_id=authority.elder_id, action="authority_ended")
    unit.emit(AuthorityEnded(authority_id=authority.id, elder_id=authority.elder_id, carer_id=authority.carer_id))
    return authority
