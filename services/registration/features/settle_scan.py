"""Say that a scan that did not fit was looked at, and what was found; it is listed until then."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.registration.features import Command, problems
from services.registration.projections.presence import conflicts_of
from services.registration.tables import Session, Settlement
from shared.unit import Unit
from shared.web import phrase

NOTE = "settlement.note"


class SettleWish(Command):
    """What was found, in a few words, if anything has to be said."""

    note: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), Field(examples=["打电话问过，本人来了"])] = ""


class SettleScan(SettleWish):
    """The scan `nonce` at `session_id`, looked at by `by`."""

    session_id: UUID
    nonce: UUID
    by: UUID


def settle_scan(command: SettleScan, unit: Unit) -> Settlement:
    """Settle it for the reason that it does not fit now; should it not fit for another one day, it is listed again."""
    session = unit.lock(Session, command.session_id)
    found = next((each for each in conflicts_of(session.id, unit) if each.nonce == command.nonce), None)
    if found is None:
        raise problems.NothingToSettle(phrase("没有找到这一条，可能已经有人处理过了，请刷新看看。"))
    settlement = Settlement(
        scan_id=found.scan_id,
        verdict=found.verdict,
        note=unit.keys.encrypt(command.note, NOTE) if command.note else "",
        settled_by=command.by,
        settled_at=unit.now,
    )
    unit.add(settlement)
    return settlement
