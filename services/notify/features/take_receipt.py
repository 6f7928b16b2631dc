"""Take receipts: kept at once, applied in groups. They may come early, late, twice, in any order, or be about nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.notify.domain.phones import national
from services.notify.features import Command, group, progress
from services.notify.features.compose import PHONE
from services.notify.features.name_receipts import name_receipts
from shared.event import new_id
from shared.jobs import Begin
from shared.log import log
from shared.unit import Unit

AT_ONCE = 500

WAITING = """
    SELECT (SELECT count(*) FROM (SELECT FROM receipt WHERE applied_at IS NULL LIMIT 100) AS due), NULL::timestamptz
"""

_KEEP = """
    INSERT INTO receipt (id, dedupe_key, out_id, reference, phone_fingerprint, arrived, code, received_at)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::text[], %s::timestamptz[])
    ON CONFLICT DO NOTHING
"""

_TAKE = """
    SELECT id, out_id, reference, phone_fingerprint, arrived, code FROM receipt
    WHERE applied_at IS NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

_APPLIED = """
    UPDATE receipt SET applied_at = %s, attempt_id = applied.attempt_id, phone_fingerprint = applied.phone_fingerprint
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS applied (id, attempt_id, phone_fingerprint) WHERE receipt.id = applied.id
"""


class TakeReceipt(Command):
    """The carrier says how the text handed over as `out_id` ended."""

    carrier: str
    out_id: str
    reference: str
    phone: str
    arrived: bool
    code: str


def take_receipts(commands: Sequence[TakeReceipt], unit: Unit) -> None:
    """Keep the receipts and have them applied; the same one again changes nothing."""
    if not commands:
        return
    rows = [
        (
            new_id(),
            f"{command.carrier}:{command.out_id}:{command.reference}:{command.arrived}:{command.code}",
            command.out_id,
            command.reference,
            unit.keys.fingerprint(national(command.phone), PHONE),
            command.arrived,
            command.code,
            unit.now,
        )
        for command in name_receipts(commands, unit)
    ]
    in_one_order = sorted(rows, key=lambda row: row[1])  # else two batches with the same receipts could block each other
    unit.cursor().execute(_KEEP, [list(column) for column in zip(*in_one_order, strict=True)])
    unit.wake()


def apply_receipts(begin: Begin, most: int) -> int:
    """Bring the texts to what the waiting receipts say. One for another number than the text's proves nothing."""
    with begin() as unit:
        taken = unit.cursor().execute(_TAKE, (min(most, AT_ONCE),)).fetchall()
        if not taken:
            return 0
        together = group.pairs([out_id for _, named, *_ in taken if (out_id := _uuid(named))], unit)
        applied: list[tuple[UUID, UUID | None, str]] = []
        for id, named, reference, fingerprint, arrived, code in taken:
            message, attempt = together.get(_uuid(named) or id, (None, None))
            if attempt is not None and not attempt.phone_fingerprint:
                fingerprint = ""  # the person was forgotten meanwhile
            if message is None or attempt is None or attempt.phone_fingerprint != fingerprint:
                log.warning("receipt_orphaned", receipt_id=str(id), known=attempt is not None)
                applied.append((id, None, fingerprint))
                continue
            applied.append((id, attempt.id, fingerprint))
            progress.report(message, attempt, arrived, code, reference, unit)
        group.save([message for message, _ in together.values()], [attempt for _, attempt in together.values()], unit)
        unit.cursor().execute(_APPLIED, (unit.now, *(list(column) for column in zip(*applied, strict=True))))
    return len(taken)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
