"""The sentences that staff answer with often: written once, offered in every thread, ended when they are no longer true."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from services.notify.features import Command
from services.notify.features.answer_reply import refuse_unfit
from services.notify.tables import CannedAnswer
from shared.errors import Conflict, NotFound
from shared.unit import Unit
from shared.web import phrase

ALREADY = phrase("这句话已经在常用回复里。")
TOO_MANY = phrase("常用回复已有三十句，请先删去不用的。")
GONE = phrase("这句话已经不在常用回复里。")
MOST = 30


class KeepAnswer(Command):
    """`words` are offered from now on."""

    words: str
    staff_id: UUID


class EndAnswer(Command):
    """The sentence is offered no more."""

    answer_id: UUID


def keep_answer(command: KeepAnswer, unit: Unit) -> CannedAnswer:
    """Keep the sentence, if it may stand in a text."""
    words = " ".join(command.words.split())
    refuse_unfit(words)
    unit.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended('canned_answer', 0))")
    known = list_answers(unit)
    if any(answer.words == words for answer in known):
        raise Conflict(ALREADY)
    if len(known) >= MOST:
        raise Conflict(TOO_MANY)
    answer = CannedAnswer(words=words, made_by=command.staff_id, made_at=unit.now)
    unit.add(answer)
    return answer


def end_answer(command: EndAnswer, unit: Unit) -> None:
    """Take it off the list."""
    answer = unit.session.get(CannedAnswer, command.answer_id, with_for_update=True)
    if answer is None or answer.ended_at is not None:
        raise NotFound(GONE)
    answer.ended_at = unit.now


def list_answers(unit: Unit) -> Sequence[CannedAnswer]:
    """The sentences on offer, the oldest first."""
    offered = select(CannedAnswer).where(col(CannedAnswer.ended_at).is_(None)).order_by(col(CannedAnswer.id))
    return unit.session.exec(offered).all()
