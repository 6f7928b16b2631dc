"""Take a receipt: kept at once, applied by a job. It may come early, late, twice, in any order, or be about nothing of ours."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.notify.domain.phones import national
from services.notify.features import Command, progress
from services.notify.features.compose import PHONE
from services.notify.tables import Attempt, Message, Receipt
from shared.event import new_id
from shared.jobs import Begin
from shared.log import log
from shared.unit import Unit


class TakeReceipt(Command):
    """The carrier says how the text handed over as `out_id` ended."""

    carrier: str
    out_id: str
    reference: str
    phone: str
    arrived: bool
    code: str


def take_receipt(command: TakeReceipt, unit: Unit) -> None:
    """Keep the receipt and have it applied; the same one again changes nothing."""
    receipt_id = unit.session.scalar(
        insert(Receipt)
        .values(
            id=new_id(),
            dedupe_key=f"{command.carrier}:{command.out_id}:{command.reference}:{command.arrived}:{command.code}",
            out_id=command.out_id,
            reference=command.reference,
            phone_fingerprint=unit.keys.fingerprint(national(command.phone), PHONE),
            arrived=command.arrived,
            code=command.code,
            received_at=unit.now,
        )
        .on_conflict_do_nothing()
        .returning(col(Receipt.id))
    )
    if receipt_id is not None:
        unit.later("receipt", receipt_id)


def apply_receipt(key: str, begin: Begin) -> None:
    """Bring the text to what the receipt with this id says. A receipt for another number than the text's proves nothing."""
    with begin() as unit:
        receipt = unit.lock(Receipt, UUID(key))
        if receipt.applied_at is not None:
            return
        receipt.applied_at = unit.now
        attempt = unit.find(Attempt, _uuid(receipt.out_id))
        if attempt is not None and not attempt.phone_fingerprint:
            receipt.phone_fingerprint = ""  # the person was forgotten meanwhile
        if attempt is None or attempt.phone_fingerprint != receipt.phone_fingerprint:
            log.warning("receipt_orphaned", receipt_id=key, known=attempt is not None)
            return
        message, attempt = unit.lock(Message, attempt.message_id), unit.lock(Attempt, attempt.id)
        receipt.attempt_id = attempt.id
        progress.report(message, attempt, receipt.arrived, receipt.code, receipt.reference, unit)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
