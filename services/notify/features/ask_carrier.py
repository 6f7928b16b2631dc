"""Ask carriers, by our own numbers, what became of attempts that they never answered, or whose receipts are missing."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain import outcomes
from services.notify.features import group, progress
from services.notify.features.compose import PHONE
from services.notify.gateways import Found, NotFound, SmsGateway, Unanswered
from services.notify.tables import Attempt, Message
from shared.jobs import Begin
from shared.unit import Unit

AT_ONCE = 50
THREADS = 10
PATIENCE = timedelta(minutes=2)
"""After which an attempt is asked about again by somebody else, when whoever took it died."""

DOUBTFUL = """
    SELECT (SELECT count(*) FROM (SELECT FROM attempt WHERE ask_at <= %(now)s LIMIT 100) AS due),
    (SELECT min(ask_at) FROM attempt WHERE ask_at > %(now)s)
"""

_TAKE = """
    UPDATE attempt SET ask_at = %(again)s WHERE id IN (
        SELECT id FROM attempt WHERE ask_at <= %(now)s ORDER BY ask_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING id, carrier, started_at, reference
"""

_PHONES = """
    SELECT attempt.id, coalesce(nullif(message.phone, ''), contact.phone, '')
    FROM attempt JOIN message ON message.id = attempt.message_id LEFT JOIN LATERAL (
        SELECT phone FROM contact WHERE phone_fingerprint = attempt.phone_fingerprint AND phone <> '' LIMIT 1) AS contact ON true
    WHERE attempt.id = ANY(%s)
"""


class Nobody:
    """The carrier cannot be asked, or is none of ours any more: only a receipt can tell."""


NOBODY = Nobody()
Heard = Found | NotFound | Nobody | None
"""What was heard of an attempt; None is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a carrier is asked about one attempt."""

    out_id: UUID
    carrier: str
    sent_at: datetime
    reference: str
    phone: str


def ask_carriers(begin: Begin, most: int, carriers: Mapping[str, SmsGateway]) -> int:
    """Ask about the attempts that are due for it; returns how many."""
    with begin() as unit:
        questions = _take(min(most, AT_ONCE), unit)
    if not questions:
        return 0
    with ThreadPoolExecutor(THREADS) as threads:
        heard = threads.map(lambda question: _ask(question, carriers.get(question.carrier)), questions)
        answers = {question.out_id: answer for question, answer in zip(questions, heard, strict=True)}
    with begin() as unit:
        learn(answers, unit)
    return len(questions)


def learn(answers: Mapping[UUID, Heard], unit: Unit) -> None:
    """Write down what the carriers know of the attempts."""
    together = group.pairs(list(answers), unit)
    for out_id, (message, attempt) in together.items():
        if attempt.outcome == "unknown" or (attempt.outcome == "accepted" and message.state == "accepted"):
            _learn(message, attempt, answers[out_id], unit)
        else:
            attempt.ask_at = None
    group.save([message for message, _ in together.values()], [attempt for _, attempt in together.values()], unit)


def _take(most: int, unit: Unit) -> list[Question]:
    taken = unit.cursor().execute(_TAKE, {"now": unit.now, "again": unit.now + PATIENCE, "most": most}).fetchall()
    phones = dict(unit.cursor().execute(_PHONES, ([out_id for out_id, *_ in taken],)).fetchall())
    return [
        Question(out_id, carrier, sent_at, reference, unit.keys.decrypt(phone, PHONE) if (phone := phones[out_id]) else "")
        for out_id, carrier, sent_at, reference in taken
    ]


def _ask(question: Question, carrier: SmsGateway | None) -> Heard:
    """The answer, if there is one."""
    if carrier is None or not carrier.asks:
        return NOBODY
    try:
        return carrier.query(question.out_id, phone=question.phone, sent_at=question.sent_at, reference=question.reference)
    except Unanswered:
        return None


def _learn(message: Message, attempt: Attempt, answer: Heard, unit: Unit) -> None:
    match answer:
        case Found(reference, "accepted", _):
            if attempt.outcome == "unknown":
                progress.accept(message, attempt, reference, unit)
            else:
                _look_again(attempt, unit)
        case Found(reference, status, code):
            progress.report(message, attempt, status == "delivered", code, reference, unit)
        case _ if attempt.outcome == "accepted":
            _look_again(attempt, unit)
        case Nobody() if attempt.asks == len(outcomes.ASK_AFTER) - 1:
            progress.give_up_asking(message, attempt, unit)
        case NotFound() if attempt.asks == len(outcomes.ASK_AFTER) - 1:
            progress.never_sent(message, attempt, unit)
        case _:
            attempt.asks = min(attempt.asks + 1, len(outcomes.ASK_AFTER) - 1)
            attempt.ask_at = unit.now + outcomes.ASK_AFTER[attempt.asks]


def _look_again(attempt: Attempt, unit: Unit) -> None:
    """The receipt is still missing; after the last look the text stays accepted."""
    attempt.asks += 1
    attempt.ask_at = unit.now + outcomes.LOOK_AFTER[attempt.asks] if attempt.asks < len(outcomes.LOOK_AFTER) else None
