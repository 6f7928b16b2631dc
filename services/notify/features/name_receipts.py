"""Find out which text a receipt is about, where the carrier names several of ours at once, or only its own number for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from services.notify.domain.out_ids import unpacked
from services.notify.domain.phones import national
from services.notify.features.compose import PHONE
from shared.unit import Unit

if TYPE_CHECKING:
    from services.notify.features.take_receipt import TakeReceipt

_TEXTS = "SELECT id, carrier, reference, phone_fingerprint FROM attempt WHERE phone_fingerprint = ANY(%s)"
_OF_THESE = " AND (id = ANY(%s) OR reference = ANY(%s))"


def name_receipts(receipts: Sequence[TakeReceipt], unit: Unit) -> list[TakeReceipt]:
    """The receipts, each with our one number where that is certain: a number and a phone belong together."""
    open_ones = [(receipt, ids) for receipt in receipts if len(ids := unpacked(receipt.out_id)) != 1]
    if not open_ones:
        return list(receipts)
    marks = {id(receipt): unit.keys.fingerprint(national(receipt.phone), PHONE) for receipt, _ in open_ones}
    named_ids = [each for _, ids in open_ones for each in ids]
    references = [receipt.reference for receipt, _ in open_ones if receipt.reference]
    found = unit.cursor().execute(_TEXTS + _OF_THESE, (list(set(marks.values())), named_ids, references)).fetchall()
    by_id: dict[tuple[UUID, str], UUID] = {(text, mark): text for text, _, _, mark in found}
    by_reference = {(carrier, reference, mark): text for text, carrier, reference, mark in found}

    def named(receipt: TakeReceipt) -> TakeReceipt:
        mark = marks.get(id(receipt))
        if mark is None:
            return receipt
        ours = [by_id[text, mark] for text in unpacked(receipt.out_id) if (text, mark) in by_id]
        text = ours[0] if ours else by_reference.get((receipt.carrier, receipt.reference, mark))
        return receipt if text is None else receipt.model_copy(update={"out_id": str(text)})

    return [named(receipt) for receipt in receipts]
