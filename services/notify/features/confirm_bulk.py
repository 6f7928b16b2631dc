"""Send what a dry run found, once; plan its texts in steps; stop it."""

from __future__ import annotations

import hmac
from uuid import UUID

from sqlmodel import col, select

from services.notify.domain import bulk
from services.notify.domain.approvals import HOUSE
from services.notify.features import Command, progress
from services.notify.features.compose import Compose, compose
from services.notify.features.dry_run import facts_for
from services.notify.features.wordings import wordings
from services.notify.tables import Bulk, BulkRow, Message, Session
from shared.errors import Conflict
from shared.jobs import Begin
from shared.unit import Unit
from shared.web import phrase


class NotThisToken(Conflict):
    """The token is not the dry run's."""

    code = "not_this_token"


class NoLongerTrue(Conflict):
    """The dry run is too old, or the wording has changed since."""

    code = "no_longer_true"


class NotUnderWay(Conflict):
    """It was never sent, or is stopped already."""

    code = "not_under_way"


class ConfirmBulk(Command):
    """Send what the dry run `bulk_id` found; `token` is the one it gave."""

    bulk_id: UUID
    token: str


class StopBulk(Command):
    """Send nothing more of this message."""

    bulk_id: UUID


def confirm_bulk(command: ConfirmBulk, unit: Unit) -> Bulk:
    """Let it go. Confirmed again, it goes on as it is."""
    made = unit.lock(Bulk, command.bulk_id)
    if not hmac.compare_digest(made.token.encode(), command.token.encode()):
        raise NotThisToken(phrase("这不是刚才试算的那一次，请重新试算。"))
    if made.confirmed_at is not None:
        return made
    wording = wordings(unit).of(made.template, HOUSE)
    if unit.now > made.made_at + bulk.FRESH or wording is None or wording.version != made.template_version:
        raise NoLongerTrue(phrase("试算过了半小时，或模板改过了，请重新试算再发。"))
    made.confirmed_at = unit.now
    unit.later("bulk", made.id)
    return made


def plan_bulk(key: str, begin: Begin, helpline: str) -> None:
    """Plan the texts of the message with this id, some in each transaction; begun again, it goes on where it was."""
    planned = bulk.AT_ONCE
    while planned == bulk.AT_ONCE:
        with begin() as unit:
            planned = _plan_some(unit.lock(Bulk, UUID(key)), helpline, unit)


def stop_bulk(command: StopBulk, unit: Unit) -> Bulk:
    """Plan no more of its texts, and take back those that wait."""
    made = unit.lock(Bulk, command.bulk_id)
    if made.confirmed_at is None or made.stopped_at is not None:
        raise NotUnderWay(phrase("这次通知还没有发，或已经停下了。"))
    made.stopped_at = unit.now
    planned = select(Message).where(col(Message.batch_id) == made.id, col(Message.state) == "planned")
    for message in unit.session.exec(planned.order_by(col(Message.id)).with_for_update()):
        progress.skip(message, "stopped", unit)
    return made


def _plan_some(made: Bulk, helpline: str, unit: Unit) -> int:
    """Plan the next texts, and those that become calls when they are due; returns how many."""
    if made.stopped_at is not None:
        return 0
    waiting = (
        select(BulkRow, Session)
        .join(Session, col(Session.id) == col(BulkRow.session_id))
        .where(
            col(BulkRow.bulk_id) == made.id, col(BulkRow.message_id).is_(None), col(BulkRow.skip_reason).in_(("", *bulk.CALLED))
        )
        .order_by(col(BulkRow.place))
        .limit(bulk.AT_ONCE)
    )
    rows = unit.session.exec(waiting).all()
    for row, session in rows:
        message = compose(
            Compose(
                purpose="notice",
                category=made.category,
                subject=made.id,
                slot=str(row.place),
                facts=facts_for(session, made.template, helpline),
                not_after=session.starts_at,
                resident_id=row.resident_id,
                registration_id=row.registration_id,
                session_id=session.id,
                batch_id=made.id,
            ),
            unit,
        )
        row.message_id = message.id
    return len(rows)
